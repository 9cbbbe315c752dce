/** What the messages pages ask for: texts, what left and what did not, who may not be written to. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body, type Schemas } from "./client";
import type { operations } from "./schema";

export type Template = Schemas["TemplateDocument"];
export type Effect = operations["effects.list_effects"]["responses"]["200"]["content"]["application/json"]["items"][number];
export type EffectFilter = Omit<NonNullable<operations["effects.list_effects"]["parameters"]["query"]>, "limit" | "cursor">;
export type Channel = Schemas["ChannelKind"];
export type Status = Schemas["EffectStatus"];
export type Contact = Schemas["ContactShape"];

export const templates = queryOptions({ queryKey: ["templates"], queryFn: () => body(api.GET("/api/templates")) });
export const shipped = queryOptions({ queryKey: ["templates", "shipped"], queryFn: () => body(api.GET("/api/templates/shipped")), staleTime: Infinity });

export const rendered = (key: string, ask: Schemas["RenderAsk"]) =>
  queryOptions({
    queryKey: ["templates", key, "rendered", ask],
    queryFn: () => body(api.POST("/api/templates/{key}/render", { params: { path: { key } }, body: ask })),
    retry: false,
    placeholderData: (before: Schemas["Rendered"] | undefined) => before,
  });

export const effects = (filter: EffectFilter) =>
  infiniteQueryOptions({
    queryKey: ["effects", filter],
    queryFn: ({ pageParam }) => body(api.GET("/api/effects", { params: { query: { limit: 50, ...filter, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
export const effectCounts = queryOptions({ queryKey: ["effects", "counts"], queryFn: () => body(api.GET("/api/effects/counts")) });
export const effectReasons = (query: { status: Status; journey?: string; channel?: Channel }) =>
  queryOptions({ queryKey: ["effects", "reasons", query], queryFn: () => body(api.GET("/api/effects/reasons", { params: { query } })) });
export const effect = (id: number) => queryOptions({ queryKey: ["effects", "one", id], queryFn: () => body(api.GET("/api/effects/{effect_id}", { params: { path: { effect_id: id } } })) });
export const textOf = (id: number) => queryOptions({ queryKey: ["messages", "of", id], queryFn: () => body(api.GET("/api/messages", { params: { query: { effect: id, limit: 1 } } })) });

export const suppressions = (channel: Channel | undefined, address: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["suppressions", channel ?? "", address ?? ""],
    queryFn: ({ pageParam }) => body(api.GET("/api/suppressions", { params: { query: { limit: 50, ...(channel ? { channel } : {}), ...(address ? { address } : {}), cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
export const contacts = (q: string) => queryOptions({ queryKey: ["accounts", "contacts", q], queryFn: () => body(api.GET("/api/contacts", { params: { query: { q, limit: 12 } } })), enabled: q.length > 1 });
export const consents = (id: string) => queryOptions({ queryKey: ["suppressions", "consents", id], queryFn: () => body(api.GET("/api/contacts/{external_id}/consents", { params: { path: { external_id: id } } })) });
