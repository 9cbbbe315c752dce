/** What the settings pages ask for. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body, type Schemas } from "./client";

export type Member = Schemas["MemberShape"];
export type Key = Schemas["KeyShape"];
export type Job = Schemas["JobShape"];
export type Quarantined = Schemas["QuarantineShape"];
export type Calendar = Schemas["CalendarDocument"];
export type ImportKind = Schemas["ImportKind"];

export const allMembers = queryOptions({ queryKey: ["members", "all"], queryFn: () => body(api.GET("/api/members", { params: { query: { limit: 200 } } })) });
export const roles = queryOptions({ queryKey: ["members", "roles"], queryFn: () => body(api.GET("/api/roles")), staleTime: Infinity });
export const keys = queryOptions({ queryKey: ["keys"], queryFn: () => body(api.GET("/api/keys", { params: { query: { limit: 200 } } })) });
export const workspace = queryOptions({ queryKey: ["workspace"], queryFn: () => body(api.GET("/api/workspace")) });
export const about = queryOptions({ queryKey: ["status", "about"], queryFn: () => body(api.GET("/api/about")) });
export const calendars = queryOptions({ queryKey: ["calendars"], queryFn: () => body(api.GET("/api/calendars")) });

export const openings = (calendar: Calendar) =>
  queryOptions({ queryKey: ["calendars", "preview", calendar], queryFn: () => body(api.POST("/api/calendars/preview", { body: calendar })), staleTime: 60_000, retry: false });

const following = <Shown extends { next?: string | null | undefined }>(page: Shown): string | null => page.next ?? null;

export const jobs = (filter: { kind?: string; status?: string }) =>
  infiniteQueryOptions({
    queryKey: ["jobs", filter],
    queryFn: ({ pageParam }) => body(api.GET("/api/jobs", { params: { query: { limit: 30, ...filter, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: following,
  });

/** A job that somebody waits for; each of its moves is told by the stream. */
export const job = (id: number) =>
  queryOptions({
    queryKey: ["jobs", "one", id],
    queryFn: () => body(api.GET("/api/jobs/{job_id}", { params: { path: { job_id: id } } })),
  });

export const reasons = queryOptions({ queryKey: ["quarantine", "reasons"], queryFn: () => body(api.GET("/api/quarantine/reasons")) });
export const quarantined = (reason: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["quarantine", reason ?? ""],
    queryFn: ({ pageParam }) => body(api.GET("/api/quarantine", { params: { query: { limit: 30, ...(reason ? { reason_code: reason } : {}), cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: following,
  });
