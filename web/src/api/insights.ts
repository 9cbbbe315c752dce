/** What the page Insights asks for; every answer is of one period. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, body, type Schemas } from "./client";

export type Period = { since: string; until: string };
export type Kpi = Schemas["KpiShape"];
export type KpiRow = Schemas["KpiRow"];
export type Side = Schemas["Side"];

export const kpis = (query: Period) => queryOptions({ queryKey: ["kpis", "list", query], queryFn: () => body(api.GET("/api/kpis", { params: { query } })), placeholderData: keepPreviousData });
export const course = (key: string, query: Period, parts: number) =>
  queryOptions({ queryKey: ["kpis", key, "course", query, parts], queryFn: () => body(api.GET("/api/kpis/{key}/course", { params: { path: { key }, query: { ...query, parts } } })), staleTime: 60_000 });
export const kpiPage = (key: string, query: Period & { side: Side; limit: number; cursor: string | null }) => body(api.GET("/api/kpis/{key}/rows", { params: { path: { key }, query } }));
export const kpiRows = (key: string, query: Period, side: Side) =>
  infiniteQueryOptions({
    queryKey: ["kpis", key, "rows", query, side],
    queryFn: ({ pageParam }) => kpiPage(key, { ...query, side, limit: 50, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
export const impact = queryOptions({ queryKey: ["impact"], queryFn: () => body(api.GET("/api/impact")) as Promise<Schemas["ImpactView"]> });
export type Rule = Schemas["Rule"];
export const whatIf = (query: { kind: "trigger" | "journey"; key: string; rule: Rule; by?: string; share: number }) => queryOptions({ queryKey: ["impact", "what-if", query], queryFn: () => body(api.GET("/api/impact/what-if", { params: { query } })), retry: false });
export const attribution = (query: Period) => queryOptions({ queryKey: ["impact", "attribution", query], queryFn: () => body(api.GET("/api/insights/attribution", { params: { query } })) });
export const capacity = (query: Period) => queryOptions({ queryKey: ["tasks", "capacity", query], queryFn: () => body(api.GET("/api/insights/capacity", { params: { query } })) });
export const pipeline = queryOptions({ queryKey: ["kpis", "pipeline"], queryFn: () => body(api.GET("/api/insights/pipeline", { params: { query: { months: 12 } } })) });
export const audit = (query: Period, missed: boolean) => queryOptions({ queryKey: ["kpis", "health-audit", query, missed], queryFn: () => body(api.GET("/api/insights/health-audit", { params: { query: { ...query, missed } } })), placeholderData: keepPreviousData });
