/** A journey as the server keeps it: the document itself, order of keys and unknown settings kept. Ways out are read from
 * `ports`, from `next` and from beside the settings; edits write them into `ports`. */
import { isFields, type Fields, type Json } from "../forms/schema";
import { formOf, mainPort, portsOf } from "./kinds";

/** disabled: switched off, runs pass it by its main way. */
export type Step = { kind: string; name?: string; note?: string; disabled?: boolean; ports?: Record<string, string>; next?: string; [setting: string]: Json | undefined };
export type Steps = Record<string, Step>;
export type Journey = { key: string; name: string; start?: string | null; entry?: Fields[]; steps: Steps; [field: string]: Json | undefined };

/** Where something comes out: a port of a step, or the beginning of the journey. */
export type Out = { step: string; port: string } | "start";

export const STEP_FIELDS = ["kind", "name", "note", "disabled", "ports", "next"] as const;
const OWN = new Set<string>(STEP_FIELDS);

/** The journey of a served document; half-drawn ones are filled up as far as drawing them needs. */
export function journeyOf(document: unknown): Journey {
  const given = isFields(document) ? document : {};
  const steps = isFields(given["steps"]) ? given["steps"] : {};
  const readable = Object.entries(steps).filter((pair): pair is [string, Fields] => isFields(pair[1]));
  return { ...given, key: text(given["key"]), name: text(given["name"]), steps: Object.fromEntries(readable.map(([id, step]) => [id, { ...step, kind: text(step["kind"]) }])) } as Journey;
}

const text = (value: Json | undefined) => (typeof value === "string" ? value : "");

const ways = new WeakMap<Step, Record<string, string>>();

/** Name of a way out -> id of the step behind it, wherever it was written; ways to nowhere are not in it. */
export function waysOf(step: Step): Record<string, string> {
  const before = ways.get(step);
  if (before) return before;
  const found = waysNow(step);
  ways.set(step, found);
  return found;
}

/** The ways that runs take: all of them, the main one alone where the step is switched off. */
export function goesOf(step: Step): Record<string, string> {
  const main = mainPort(step);
  return step.disabled === true ? Object.fromEntries(Object.entries(waysOf(step)).filter(([port]) => port === main)) : waysOf(step);
}

function waysNow(step: Step): Record<string, string> {
  const ports: string[] = portsOf(step);
  const settings = formOf(step.kind)?.properties ?? {};
  const beside = Object.entries(step).filter(([key]) => !OWN.has(key) && !(key in settings) && ports.includes(key));
  const shorthand = step.next === undefined || "next" in settings ? [] : [["next", step.next] as const];
  const all = [...Object.entries(isFields(step.ports) ? step.ports : {}), ...shorthand, ...beside];
  return Object.fromEntries(all.filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}

/** The settings of a step: what its form edits, unknown ones among them. */
export function settingsOf(step: Step): Fields {
  const ways = waysOf(step);
  const settings = formOf(step.kind)?.properties ?? {};
  return Object.fromEntries(Object.entries(step).filter(([key]) => !OWN.has(key) && (key in settings || !(key in ways))));
}

/** The step with these settings and ways, its name and note as they were, and off where it was. */
export function stepOf(step: Step, settings: Fields, ways: Record<string, string>): Step {
  const { kind, name, note, disabled } = step;
  return {
    kind, ...(name === undefined ? {} : { name }), ...(note === undefined ? {} : { note }), ...(disabled === undefined ? {} : { disabled }),
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    ...(Object.keys(ways).length ? { ports: ways } : {}),
  };
}

export const withWays = (step: Step, ways: Record<string, string>): Step => stepOf(step, settingsOf(step), ways);

/** The step behind a way out; undefined where it leads nowhere or to a step that there is not. */
export function behind(journey: Journey, out: Out): string | undefined {
  const from = out === "start" ? undefined : journey.steps[out.step];
  const to = out === "start" ? journey.start : from && waysOf(from)[out.port];
  return typeof to === "string" && Object.hasOwn(journey.steps, to) ? to : undefined;
}

