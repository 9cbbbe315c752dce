/** What the audit page asks for. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body, type Schemas } from "./client";
import type { operations } from "./schema";

export type Entry = Schemas["AuditShape"];
export type AuditFilter = Omit<NonNullable<operations["audit.list_entries"]["parameters"]["query"]>, "limit" | "cursor">;

export const entries = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => page(filter, pageParam, 50),
    initialPageParam: null as string | null,
    getNextPageParam: (shown) => shown.next,
  });

export const page = (filter: AuditFilter, cursor: string | null | undefined, limit: number) => body(api.GET("/api/audit", { params: { query: { limit, ...filter, cursor: cursor ?? null } } }));
export const verification = queryOptions({ queryKey: ["audit", "verify"], queryFn: () => body(api.GET("/api/audit/verify")), enabled: false, staleTime: Infinity });
