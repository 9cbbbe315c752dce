/** Journeys at work: who is in them, single runs, entering, versions, simulations. Topics: journeys (documents), runs. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Journey } from "../journey/document";
import { api, body, once, Problem, type Schemas } from "./client";
import type { operations } from "./schema";

export type JourneyItem = Schemas["JourneyItem"];
export type StepView = Schemas["StepView"];
export type RunItem = Schemas["RunItem"];
export type RunView = Schemas["RunView"];
export type Simulation = Schemas["SimulationShape"];
export type Walk = Schemas["WalkShape"];
export type Assumptions = Schemas["AssumptionsAsk"];
export type Version = Schemas["DocumentShape"];
export type RunFilter = NonNullable<operations["runs.list_runs"]["parameters"]["query"]>;

const of = (key: string) => ({ params: { path: { key } } });

export const journeyList = queryOptions({ queryKey: ["journeys", "list"], queryFn: () => body(api.GET("/api/journeys")) });
export const stepCounts = (key: string) => queryOptions({ queryKey: ["runs", "steps", key], queryFn: () => body(api.GET("/api/journeys/{key}/steps", of(key))) });
export const versionsOf = (key: string) => queryOptions({ queryKey: ["journeys", key, "versions"], queryFn: () => body(api.GET("/api/journeys/{key}/versions", of(key))) });
export const testsOf = (key: string) => queryOptions({ queryKey: ["runs", "tests", key], queryFn: () => body(api.GET("/api/journeys/{key}/tests", of(key))) });
export const groundOf = (key: string) => queryOptions({ queryKey: ["journeys", key, "ground"], queryFn: () => body(api.GET("/api/journeys/{key}/simulate", of(key))), staleTime: 300_000 });

export const runs = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", "list", filter],
    queryFn: ({ pageParam }) => body(api.GET("/api/runs", { params: { query: { limit: 50, ...filter, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const run = (id: number) => queryOptions({ queryKey: ["runs", "one", id], queryFn: () => body(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } } })) });
export const aside = queryOptions({ queryKey: ["runs", "aside"], queryFn: () => body(api.GET("/api/runs/aside")) });
export const sweep = queryOptions({ queryKey: ["runs", "sweep"], queryFn: () => body(api.GET("/api/runs/sweep")) });

export const pauseJourney = (key: string) => body(api.POST("/api/journeys/{key}/pause", of(key)));
export const resumeJourney = (key: string) => body(api.POST("/api/journeys/{key}/resume", of(key)));
export const stopJourney = (key: string) => body(api.POST("/api/journeys/{key}/stop", of(key)));
export const rollBack = (key: string, version: number) => body(api.POST("/api/journeys/{key}/roll-back", { ...of(key), body: { version } }));
export const repair = () => body(api.POST("/api/runs/repair"));
export const takeUpAgain = () => body(api.POST("/api/runs/aside", { body: { rows: null } }));

export const migrate = (key: string, ask: Schemas["MigrateAsk"], preview: boolean) =>
  body(api.POST("/api/journeys/{key}/migrate", { params: { path: { key }, query: { preview } }, body: ask }));
export const review = (journey: string, decision: "release" | "skip", preview: boolean) =>
  body(api.POST("/api/runs/review", { params: { query: { preview } }, body: { decision, journey } }));
export const enter = (key: string, ask: Schemas["EnterAsk"]) =>
  body(api.POST("/api/journeys/{key}/enter", { params: { path: { key }, header: once() as never }, body: ask }));
export const enterMatching = (key: string, preview: boolean) =>
  body(api.POST("/api/journeys/{key}/enter-matching", { params: { path: { key }, query: { preview } }, body: {} }));

/** What a person may do to a run. step: where to start again, or which one to skip. */
export type RunAct = { what: "pause" | "resume" | "retry" | "cancel" } | { what: "skip"; step: string; port: string } | { what: "start-again"; step: string };

export function actOnRun(id: number, act: RunAct, preview: boolean): Promise<Schemas["PreviewShape"]> {
  const params = { path: { run_id: id }, query: { preview } };
  if (act.what === "skip") return body(api.POST("/api/runs/{run_id}/skip", { params, body: { step: act.step, port: act.port } }));
  if (act.what === "start-again") return body(api.POST("/api/runs/{run_id}/start-again", { params, body: { step: act.step } }));
  if (act.what === "cancel") return body(api.POST("/api/runs/{run_id}/cancel", { params, body: { reason: "cancelled" } }));
  if (act.what === "retry") return body(api.POST("/api/runs/{run_id}/retry", { params }));
  return act.what === "pause" ? body(api.POST("/api/runs/{run_id}/pause", { params })) : body(api.POST("/api/runs/{run_id}/resume", { params }));
}

/** How far a simulation is: 0 to 1, null while it waits for its turn. */
export type Progress = { job: number; share: number | null };
type Job = Schemas["JobShape"];
const isJob = (told: unknown): told is Job => typeof told === "object" && told !== null && "progress" in told && "attempts" in told;
const rest = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until a job is done, telling how far it is. A signal that aborts ends the job, too. */
async function finished<T>(first: unknown, tell: (progress: Progress) => void, signal: AbortSignal): Promise<T> {
  if (!isJob(first)) return first as T;
  for (let job = first; ; ) {
    if (job.status === "done") return job.result as T;
    if (job.status === "failed" || job.status === "cancelled") throw new Problem(422, "simulation_failed", job.error ?? "cancelled", null);
    if (signal.aborted) {
      await api.POST("/api/jobs/{job_id}/cancel", { params: { path: { job_id: job.id } } });
      throw signal.reason;
    }
    const { done, total } = job.progress as { done?: number; total?: number };
    tell({ job: job.id, share: job.status === "running" && total ? (done ?? 0) / total : null });
    await rest(100);
    job = await body(api.GET("/api/jobs/{job_id}", { params: { path: { job_id: job.id } } }));
  }
}

export type SimulationAsk = { journey: Journey; days: number; others: string[]; assumptions: Assumptions };

export async function simulate(key: string, ask: SimulationAsk, tell: (progress: Progress) => void, signal: AbortSignal): Promise<Simulation> {
  const asked = { days: ask.days, others: ask.others, assumptions: ask.assumptions, document: ask.journey as never };
  return finished(await body<unknown>(api.POST("/api/journeys/{key}/simulate", { params: { path: { key }, query: { wait: 0.5 } }, body: asked })), tell, signal);
}

export async function walk(key: string, account: string, ask: SimulationAsk, tell: (progress: Progress) => void, signal: AbortSignal): Promise<Walk> {
  const asked = { account, days: ask.days, assumptions: ask.assumptions, document: ask.journey as never };
  return finished(await body<unknown>(api.POST("/api/journeys/{key}/walk", { params: { path: { key }, query: { wait: 0.5 } }, body: asked })), tell, signal);
}
