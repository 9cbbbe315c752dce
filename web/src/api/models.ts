/** What the page Models asks for, and what one may do with a version. */
import { queryOptions } from "@tanstack/react-query";

import { api, body, once, type Schemas } from "./client";

export type ModelItem = Schemas["ModelItem"];
export type ModelCard = Schemas["ModelCard"];
export type Purpose = NonNullable<Schemas["TrainAsk"]["purpose"]>;

export const modelList = queryOptions({ queryKey: ["models", "list"], queryFn: () => body(api.GET("/api/models")) });
export const modelCard = (id: number) => queryOptions({ queryKey: ["models", id], queryFn: () => body(api.GET("/api/models/{model_id}", { params: { path: { model_id: id } } })) });
export const driftOf = (id: number) => queryOptions({ queryKey: ["models", id, "drift"], queryFn: () => body(api.GET("/api/models/{model_id}/drift", { params: { path: { model_id: id }, query: { limit: 90 } } })) });
/** Trainings that wait or run; the stream of events renews them. */
export const trainings = queryOptions({
  queryKey: ["jobs", "train"],
  queryFn: async () => (await body(api.GET("/api/jobs", { params: { query: { kind: "train", limit: 20 } } }))).items,
});

export const train = (purpose: Purpose, until: string | null) => body(api.POST("/api/models/train", { body: { purpose, until }, params: { header: once() } }));
export const lookAtDrift = (id: number) => body(api.POST("/api/models/{model_id}/drift", { params: { path: { model_id: id }, header: once() } }));
export const cancelJob = (id: number) => body(api.POST("/api/jobs/{job_id}/cancel", { params: { path: { job_id: id } } }));
export type Deed = "promote" | "approve" | "shadow" | "retire";
/** Those that are asked why: the reason stays in the history and in the audit trail. */
const DEEDS = { promote: "/api/models/{model_id}/promote", approve: "/api/models/{model_id}/approve", retire: "/api/models/{model_id}/retire" } as const;
export const act = (deed: Deed, id: number, note: string | null) => {
  const params = { path: { model_id: id }, header: once() };
  return deed === "shadow" ? body(api.POST("/api/models/{model_id}/shadow", { params })) : body(api.POST(DEEDS[deed], { params, body: { note } }));
};
export const rollBack = (purpose: Purpose, note: string | null) => body(api.POST("/api/models/roll-back", { body: { purpose, note }, params: { header: once() } }));
export const modelDocument = (id: number) => body(api.GET("/api/models/{model_id}/document", { params: { path: { model_id: id } } }));
