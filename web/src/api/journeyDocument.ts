/** One journey as a document: read with its ETag, kept as a draft, published; the playbooks that ship. */
import { queryOptions } from "@tanstack/react-query";

import { journeyOf, type Journey } from "../journey/document";
import { api, body, type Schemas } from "./client";

/** hasComments: the newest version is kept as its author's own text, whose comments go when it is changed here. */
export type Served = { view: Schemas["JourneyView"]; journey: Journey; etag: string; by: number | null; at: string; hasComments: boolean };

function served(view: Schemas["JourneyView"], etag: string | null): Served {
  const newest = view.draft ?? view.live;
  const kept = newest?.body as { document?: unknown; source?: unknown } | undefined;
  const text = typeof kept?.source === "string" ? kept.source : "";
  return { view, journey: journeyOf(kept?.document), etag: etag ?? "*", by: newest?.author_id ?? null, at: newest?.created_at ?? "", hasComments: /(^|\s)#/.test(text) };
}

export async function readJourney(key: string): Promise<Served> {
  const { data, response } = await api.GET("/api/journeys/{key}", { params: { path: { key } } });
  return served(data as Schemas["JourneyView"], response.headers.get("ETag"));
}

export const journeyDocument = (key: string) => queryOptions({ queryKey: ["journeys", key, "document"], queryFn: () => readJourney(key) });

/** Keep a draft; `etag` is that of what was read, null for a journey that is new. Gives the new one. */
export async function saveJourney(journey: Journey, etag: string | null, note?: string): Promise<{ etag: string; version: number }> {
  const params = { path: { key: journey.key }, ...(note ? { query: { note } } : {}), ...(etag === null ? {} : { header: { "If-Match": etag } }) };
  const { data, response } = await api.PUT("/api/journeys/{key}/draft", { params, body: { document: journey } });
  return { etag: response.headers.get("ETag") ?? "*", version: data?.version ?? 0 };
}

export const publishJourney = (key: string, etag: string) => body(api.POST("/api/journeys/{key}/publish", { params: { path: { key }, header: { "If-Match": etag } } }));

/** What a journey may name here, as the server's checks know it. */
export const journeyNames = queryOptions({ queryKey: ["journeys", "names"], queryFn: () => body(api.GET("/api/schemas/journey/names")), staleTime: 30_000 });

export const judgeJourney = (journey: Journey) => body(api.POST("/api/journeys/{key}/validate", { params: { path: { key: journey.key } }, body: { document: journey } }));
