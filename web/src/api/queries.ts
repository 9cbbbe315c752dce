/**
 * What pages ask for. The first word of a key is its topic: when the server tells that it changed (api/stream.ts), it is
 * asked again; nothing asks by the clock. Lists are pages of the server's, never everything.
 */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body, type Schemas } from "./client";
import type { operations } from "./schema";

export type Task = Schemas["TaskShape"];
export type AccountRow = Schemas["AccountItem"];
export type AccountFilter = NonNullable<operations["accounts.list_accounts"]["parameters"]["query"]>;
export type TaskFilter = NonNullable<operations["tasks.list_tasks"]["parameters"]["query"]>;

export const status = queryOptions({ queryKey: ["status"], queryFn: () => body(api.GET("/api/status")) });

export const accounts = (filter: AccountFilter) =>
  infiniteQueryOptions({
    queryKey: ["accounts", filter],
    queryFn: ({ pageParam }) => body(api.GET("/api/accounts", { params: { query: { limit: 100, ...filter, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const someAccounts = (filter: AccountFilter) =>
  queryOptions({
    queryKey: ["accounts", "few", filter],
    queryFn: () => body(api.GET("/api/accounts", { params: { query: filter } })),
  });

export const account = (id: string) =>
  queryOptions({
    queryKey: ["account", id],
    queryFn: () => body(api.GET("/api/accounts/{external_id}", { params: { path: { external_id: id } } })),
  });

export const healthHistory = (id: string, since: string) =>
  queryOptions({
    queryKey: ["account", id, "health", since],
    queryFn: () => body(api.GET("/api/accounts/{external_id}/health/history", { params: { path: { external_id: id }, query: { since } } })),
  });

export const explanation = (id: string) =>
  queryOptions({
    queryKey: ["account", id, "explanation"],
    queryFn: () => body(api.GET("/api/accounts/{external_id}/health/explanation", { params: { path: { external_id: id } } })),
  });

export const prediction = (id: string) =>
  queryOptions({
    queryKey: ["account", id, "prediction"],
    queryFn: () => body(api.GET("/api/accounts/{external_id}/prediction", { params: { path: { external_id: id } } })),
  });

export const nextBest = (id: string) =>
  queryOptions({
    queryKey: ["account", id, "next-best"],
    queryFn: () => body(api.GET("/api/accounts/{external_id}/next-best-action", { params: { path: { external_id: id } } })),
  });

export const timeline = (id: string, kind: string[] = []) =>
  infiniteQueryOptions({
    queryKey: ["account", id, "timeline", kind],
    queryFn: ({ pageParam }) =>
      body(api.GET("/api/accounts/{external_id}/timeline", { params: { path: { external_id: id }, query: { limit: 50, cursor: pageParam, ...(kind.length ? { kind } : {}) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const journeysOf = (id: string) =>
  queryOptions({
    queryKey: ["account", id, "journeys"],
    queryFn: () => body(api.GET("/api/accounts/{external_id}/journeys", { params: { path: { external_id: id } } })),
  });

export const tasks = (filter: TaskFilter) =>
  infiniteQueryOptions({
    queryKey: ["tasks", filter],
    queryFn: ({ pageParam }) => body(api.GET("/api/tasks", { params: { query: { limit: 50, ...filter, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const members = queryOptions({ queryKey: ["members"], queryFn: () => body(api.GET("/api/members")), staleTime: 300_000 });
export const journeys = queryOptions({ queryKey: ["journeys"], queryFn: () => body(api.GET("/api/journeys")) });
export const kpis = (since: string) =>
  queryOptions({ queryKey: ["kpis", since], queryFn: () => body(api.GET("/api/kpis", { params: { query: { since } } })) });
