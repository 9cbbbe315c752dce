/** Triggers, what learning says of them, their backtests, what their signals would say. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body, type Schemas } from "./client";

export type TriggerItem = Schemas["TriggerItem"];
export type Learned = Schemas["LearnedShape"];
export type MoveShape = Schemas["MoveShape"];
export type Run = Schemas["BacktestRun"];
export type Report = Schemas["BacktestShape"];
export type BacktestAsk = Schemas["BacktestAsk"];
export type Standing = Schemas["SegmentStanding"];

const of = (key: string) => ({ params: { path: { key } } });

export const triggers = queryOptions({ queryKey: ["triggers"], queryFn: () => body(api.GET("/api/triggers")) });
export const learned = queryOptions({ queryKey: ["learning"], queryFn: () => body(api.GET("/api/learning/triggers")) });
export const moves = (trigger?: string) =>
  queryOptions({ queryKey: ["learning", "moves", trigger], queryFn: () => body(api.GET("/api/learning/moves", { params: { query: trigger ? { trigger } : {} } })) });
export const backtests = (key: string) => queryOptions({ queryKey: ["jobs", "backtests", key], queryFn: () => body(api.GET("/api/triggers/{key}/backtests", of(key))) });
export const triggerSchema = queryOptions({ queryKey: ["triggers", "schema"], queryFn: () => body(api.GET("/api/schemas/{kind}", { params: { path: { kind: "trigger" } } })), staleTime: Infinity });

/** Asked of a document that need not be kept; given up when it is outdated. */
export const evidence = (key: string, document: Record<string, unknown>) =>
  queryOptions({
    queryKey: ["triggers", key, "evidence", document],
    queryFn: ({ signal }) => body(api.POST("/api/triggers/{key}/evidence", { ...of(key), body: { document }, signal })),
    staleTime: 15_000,
  });

export const heldBack = (trigger: string) =>
  infiniteQueryOptions({
    queryKey: ["signals", "held-back", trigger],
    queryFn: ({ pageParam }) => body(api.GET("/api/signals", { params: { query: { trigger, held_back: "holdout", limit: 50, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const startBacktest = async (key: string, draft: boolean, ask: BacktestAsk): Promise<number> => {
  const started = await api.POST("/api/triggers/{key}/backtest", { params: { path: { key }, query: { wait: false, draft } }, body: ask });
  return (started.data as unknown as Schemas["JobShape"]).id;
};

export const standing = queryOptions({ queryKey: ["segments", "standing"], queryFn: () => body(api.GET("/api/conditions/segments")) });
export const segmentDocuments = queryOptions({ queryKey: ["segments"], queryFn: () => body(api.GET("/api/segments")) });

/** Templates that may be named: the workspace's own and those that ship. */
export const templateNames = queryOptions({
  queryKey: ["templates", "names"],
  queryFn: async () => {
    const [own, shipped] = await Promise.all([body(api.GET("/api/templates")), body(api.GET("/api/templates/shipped"))]);
    return { items: [...new Set([...own.items, ...shipped.items].map((one) => one.key))].sort().map((key) => ({ key })) };
  },
  staleTime: 60_000,
});
