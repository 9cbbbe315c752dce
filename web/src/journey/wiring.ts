/** The joinery below the edits: steps and ways set in place, steps taken out with their ways healed, ids that are free. */
import { waysOf, withWays, type Journey, type Out, type Step, type Steps } from "./document";
import { portsOf } from "./kinds";

export const withStep = (journey: Journey, id: string, step: Step): Journey =>
  ({ ...journey, steps: Object.fromEntries(Object.entries(journey.steps).map(([one, old]) => [one, one === id ? step : old])) });

export const rewired = (step: Step, port: string, to: string): Step => withWays(step, { ...waysOf(step), [port]: to });

export const isOut = (journey: Journey, out: Out) => out === "start" || (Object.hasOwn(journey.steps, out.step) && portsOf(journey.steps[out.step]!).includes(out.port));

export function setOut(journey: Journey, out: Out, to: string | undefined): Journey {
  if (out === "start") return withStart(journey, to);
  const step = journey.steps[out.step]!;
  const { [out.port]: _, ...others } = waysOf(step);
  return withStep(journey, out.step, to === undefined ? withWays(step, others) : rewired(step, out.port, to));
}

export function withStart(journey: Journey, to: string | undefined): Journey {
  const { start: _, steps, ...head } = journey;
  return { ...head, ...(to === undefined ? {} : { start: to }), steps } as Journey;
}

/** Steps with others put in right behind one of them, so that the document reads as it is drawn. */
export function amid(steps: Steps, more: Steps, after: string | undefined): Steps {
  const all = Object.entries(steps);
  const at = after === undefined ? 0 : all.findIndex(([id]) => id === after) + 1;
  return Object.fromEntries([...all.slice(0, at), ...Object.entries(more), ...all.slice(at)]);
}

/** 'task', 'task-2', ...: the first that is free. */
export function freshId(word: string, taken: ReadonlySet<string>): string {
  const stem = word.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 50) || "step";
  const named = /^\d+$/.test(stem) ? `step-${stem}` : stem;
  let id = named;
  for (let count = 2; taken.has(id); count++) id = `${named}-${count}`;
  return id;
}

/** The journey without some steps; ways to them lead to the heir, or nowhere. */
export function without(journey: Journey, gone: ReadonlySet<string>, heir?: string): Journey {
  const kept = Object.entries(journey.steps).filter(([id]) => !gone.has(id)).map(([id, step]) => {
    const ways = waysOf(step);
    if (!Object.values(ways).some((to) => gone.has(to))) return [id, step] as const;
    const healed = Object.entries(ways).flatMap(([port, to]) => (gone.has(to) ? (heir === undefined ? [] : [[port, heir]]) : [[port, to]]));
    return [id, withWays(step, Object.fromEntries(healed) as Record<string, string>)] as const;
  });
  return withStart({ ...journey, steps: Object.fromEntries(kept) }, gone.has(journey.start ?? "") ? heir : journey.start ?? undefined);
}
