/** What Today, Inbox, Accounts and Account ask for beyond lists; the first word of a key is its topic. */
import { queryOptions } from "@tanstack/react-query";

import { api, body, once, type Schemas } from "./client";
import type { AccountFilter } from "./queries";
import type { operations } from "./schema";

export type GroupBy = NonNullable<NonNullable<operations["accounts.count_accounts"]["parameters"]["query"]>["by"]>;
export type View = Schemas["ViewShape"];
export type Note = Schemas["NoteShape"];
export type Bulk = Schemas["BulkShape"];
export type Selection = Schemas["Selection"];
export type Usage = Schemas["UsageView"];
export type Ahead = Schemas["HealthAheadView"];

const of = (id: string) => ({ params: { path: { external_id: id } } });

export const counts = (filter: AccountFilter, by?: GroupBy) => {
  const { sort: _sort, limit: _limit, cursor: _cursor, fields: _fields, ...asked } = filter;
  return queryOptions({ queryKey: ["accounts", "counts", asked, by ?? null], queryFn: () => body(api.GET("/api/account-groups", { params: { query: { ...asked, ...(by ? { by } : {}) } } })) });
};

export const views = queryOptions({ queryKey: ["views", "accounts"], queryFn: () => body(api.GET("/api/views", { params: { query: { page: "accounts" } } })) });
export const notes = (id: string) => queryOptions({ queryKey: ["notes", id], queryFn: () => body(api.GET("/api/accounts/{external_id}/notes", of(id))) });
export const ahead = (id: string) => queryOptions({ queryKey: ["account", id, "trajectory"], queryFn: () => body(api.GET("/api/accounts/{external_id}/trajectory", of(id))) });
export const ready = (id: string) => queryOptions({ queryKey: ["account", id, "prediction"], queryFn: () => body(api.GET("/api/accounts/{external_id}/prediction", of(id))) });
export const people = (id: string) => queryOptions({ queryKey: ["account", id, "people"], queryFn: () => body(api.GET("/api/accounts/{external_id}/people", of(id))) });
export const usage = (id: string, days: number) => queryOptions({ queryKey: ["account", id, "usage", days], staleTime: 60_000, queryFn: () => body(api.GET("/api/accounts/{external_id}/usage", { params: { path: { external_id: id }, query: { days } } })) });
export const tickets = (id: string, onlyOpen: boolean) =>
  queryOptions({ queryKey: ["account", id, "tickets", onlyOpen], queryFn: () => body(api.GET("/api/accounts/{external_id}/tickets", { params: { path: { external_id: id }, query: { limit: 200, ...(onlyOpen ? { is_open: true } : {}) } } })) });
export const invoices = (id: string) => queryOptions({ queryKey: ["account", id, "invoices"], queryFn: () => body(api.GET("/api/accounts/{external_id}/invoices", { params: { path: { external_id: id }, query: { limit: 200 } } })) });
export const movedSince = (id: string, since: string) =>
  queryOptions({ queryKey: ["account", id, "explanation", since], queryFn: () => body(api.GET("/api/accounts/{external_id}/health/explanation", { params: { path: { external_id: id }, query: { since } } })) });

const task = (id: number) => ({ params: { path: { task_id: id } } });
export const similar = (id: number) => queryOptions({ queryKey: ["tasks", "similar", id], queryFn: () => body(api.GET("/api/tasks/{task_id}/similar", task(id))) });
export const sendings = (id: number) => queryOptions({ queryKey: ["effects", "sendings", id], queryFn: () => body(api.GET("/api/tasks/{task_id}/sendings", task(id))) });

export type Movers = NonNullable<operations["today.movers"]["parameters"]["query"]>;
export const movers = (asked: Movers) => queryOptions({ queryKey: ["accounts", "movers", asked], queryFn: () => body(api.GET("/api/today/movers", { params: { query: asked } })) });
export const wins = (owner: string | undefined) => queryOptions({ queryKey: ["tasks", "wins", owner ?? null], queryFn: () => body(api.GET("/api/today/wins", { params: { query: owner ? { owner } : {} } })) });
export const team = queryOptions({ queryKey: ["tasks", "team"], queryFn: () => body(api.GET("/api/today/team")) });

/** Work on many accounts: prepared first, so that what was counted is what is done. */
export const prepare = {
  assign: (accounts: Selection, owner: string | null) => body(api.POST("/api/bulk/assign", { body: { accounts, owner }, params: { header: once() } })),
  task: (asked: Schemas["TaskForEach"]) => body(api.POST("/api/bulk/tasks", { body: asked, params: { header: once() } })),
  journey: (accounts: Selection, journey: string) => body(api.POST("/api/bulk/journeys", { body: { accounts, journey }, params: { header: once() } })),
};

/** Every portion of it, one after the other; `told` hears how far it is. */
export async function carryOut(bulk: Bulk, verb: "run" | "undo", told: (bulk: Bulk) => void): Promise<Bulk> {
  let now = bulk;
  do {
    const call = { params: { path: { bulk_id: bulk.id }, header: once() } };
    now = await body(verb === "run" ? api.POST("/api/bulk/{bulk_id}/run", call) : api.POST("/api/bulk/{bulk_id}/undo", call));
    told(now);
  } while (now.waiting > 0);
  return now;
}
export const bulkItems = (id: number) => queryOptions({ queryKey: ["accounts", "bulk", id], queryFn: () => body(api.GET("/api/bulk/{bulk_id}/items", { params: { path: { bulk_id: id }, query: { limit: 200 } } })) });

/** The selection as a file of the server's. */
export async function exportCsv(chosen: Selection, sort: string): Promise<void> {
  const { data } = await api.POST("/api/account-export", { body: { ...chosen, sort }, parseAs: "blob" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data as unknown as Blob);
  link.download = "accounts.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
