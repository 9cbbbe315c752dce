/** What can be done to a journey in the builder: pure functions from a journey to a journey. Ids stay what they are and are
 * never given twice; ways never lead to a step that is gone; putting something in never cuts anything off. What would is
 * refused with a reason, and the journey stays the very same object. */
import { behind, stepOf, waysOf, withWays, type Journey, type Out, type Step, type Steps } from "./document";
import type { Fields } from "../forms/schema";
import { branchOf, outsOf, reach } from "./graph";
import { canBeOff, kindOf, mainPort, portSources, portsOf } from "./kinds";
import { amid, freshId, isOut, rewired, setOut, without, withStep } from "./wiring";

export type Refusal = "no_such_place" | "would_orphan" | "no_way_out" | "into_itself" | "nothing_to_paste" | "too_many_steps" | "no_farther" | "fixed_order" | "cannot_switch_off";
/** focus: the step to stand on; removed: steps that went along; refused: why nothing was done. */
export type Change = { journey: Journey; focus: string | null; removed?: string[]; refused?: Refusal };
/** Steps to take elsewhere. start: the first of them. */
export type Clip = { start: string; steps: Steps };
/** taken: ids that must not be given, for example of the version that is live. */
export type Options = { taken?: Iterable<string> };

export const MOST_STEPS = 200;

const refused = (journey: Journey, reason: Refusal): Change => ({ journey, focus: null, refused: reason });

export const newJourney = (key: string, name: string): Journey => ({ key, name, entry: [], steps: {} });

export function newStep(kind: string): Step {
  return { kind, ...structuredClone(kindOf(kind)?.begin ?? {}) };
}

/** Put a new step, or this one, where something comes out; what was behind goes on behind its main way. */
export function insertAt(journey: Journey, out: Out, kindOrStep: string | Step, options: Options = {}): Change {
  const step = typeof kindOrStep === "string" ? newStep(kindOrStep) : kindOrStep;
  const id = freshId(step.kind, new Set([...Object.keys(journey.steps), ...(options.taken ?? [])]));
  return placed(journey, out, { start: id, steps: { [id]: withWays(step, {}) } });
}

/** Put a step behind another: at its first open way, else on its main way. */
export function append(journey: Journey, after: string | null, kindOrStep: string | Step, options: Options = {}): Change {
  const out = after === null ? "start" : freeOut(journey, after);
  return out ? insertAt(journey, out, kindOrStep, options) : refused(journey, "no_way_out");
}

/** The way of a step that takes another step: the first open one, else the main one; undefined where it has none. */
export function freeOut(journey: Journey, id: string): Out | undefined {
  const step = journey.steps[id];
  if (!step) return undefined;
  const outs = portsOf(step).map((port) => ({ step: id, port }));
  const main = mainPort(step);
  return outs.find((out) => behind(journey, out) === undefined) ?? (main === undefined ? undefined : { step: id, port: main });
}

/** Put steps in at a way out; what was behind goes on at the main way of the last of them. */
function placed(journey: Journey, out: Out, clip: Clip): Change {
  if (!isOut(journey, out)) return refused(journey, "no_such_place");
  if (Object.keys(journey.steps).length + Object.keys(clip.steps).length > MOST_STEPS) return refused(journey, "too_many_steps");
  const target = behind(journey, out);
  const end = target === undefined ? undefined : lastOut(clip);
  const steps = end && end !== "start" && target ? { ...clip.steps, [end.step]: rewired(clip.steps[end.step]!, end.port, target) } : clip.steps;
  const after = out === "start" ? undefined : out.step;
  const made = setOut({ ...journey, steps: amid(journey.steps, steps, after) }, out, clip.start);
  return keepsAll(journey, made) ? { journey: made, focus: clip.start } : refused(journey, "would_orphan");
}

/** Where what follows is hung on: down the main ways from the first step to an open one, else any that is open. */
function lastOut(clip: Clip): Out | undefined {
  const seen = new Set<string>();
  for (let id: string | undefined = clip.start; id !== undefined && !seen.has(id);) {
    seen.add(id);
    const step: Step | undefined = clip.steps[id];
    if (!step) break;
    const port: string | undefined = mainPort(step);
    if (port === undefined) break;
    const next: string | undefined = waysOf(step)[port];
    if (next === undefined) return { step: id, port };
    id = next;
  }
  return outsOf({ key: "", name: "", steps: clip.steps }).find((out) => out !== "start" && waysOf(clip.steps[out.step]!)[out.port] === undefined);
}

/** Every step that could be come to still can be. */
function keepsAll(before: Journey, after: Journey): boolean {
  const still = reached(after);
  return [...reached(before)].every((id) => !Object.hasOwn(after.steps, id) || still.has(id));
}

const reached = (journey: Journey) => reach(journey.steps, [journey.start ?? ""]);

/** Take a step away: what led to it leads on to what is behind its main way; steps that only its other ways led to go
 * with it. */
export function removeStep(journey: Journey, id: string): Change {
  const step = journey.steps[id];
  if (!step) return refused(journey, "no_such_place");
  const heir = heirOf(journey, id);
  const before = Object.keys(journey.steps);
  const healed = without(journey, new Set([id]), heir);
  const still = reached(healed);
  const lost = new Set([...reached(journey)].filter((one) => one !== id && !still.has(one)));
  const made = lost.size ? without(healed, lost) : healed;
  const focus = heir ?? sourcesOf(journey, id)[0] ?? before.find((one) => Object.hasOwn(made.steps, one)) ?? null;
  return { journey: made, focus: focus !== null && Object.hasOwn(made.steps, focus) ? focus : null, removed: [id, ...lost] };
}

/** Take a step away with everything that only it leads to. */
export function removeBranch(journey: Journey, id: string): Change {
  if (!Object.hasOwn(journey.steps, id)) return refused(journey, "no_such_place");
  const gone = branchOf(journey, id);
  const focus = sourcesOf(journey, id).find((one) => !gone.has(one)) ?? null;
  return { journey: without(journey, gone), focus, removed: [...gone] };
}

/** The step that follows on: behind the main way, else behind the first that leads somewhere else. */
function heirOf(journey: Journey, id: string): string | undefined {
  const step = journey.steps[id]!;
  const main = mainPort(step);
  const ports = [...(main === undefined ? [] : [main]), ...portsOf(step)];
  return ports.map((port) => behind(journey, { step: id, port })).find((to) => to !== undefined && to !== id);
}

const sourcesOf = (journey: Journey, id: string) => Object.keys(journey.steps).filter((one) => one !== id && Object.values(waysOf(journey.steps[one]!)).includes(id));

/** Take one step elsewhere. */
export function moveStep(journey: Journey, id: string, out: Out): Change {
  const step = journey.steps[id];
  if (!step || !isOut(journey, out)) return refused(journey, "no_such_place");
  if (out !== "start" && out.step === id) return refused(journey, "into_itself");
  if (behind(journey, out) === id) return { journey, focus: id };
  const healed = without(journey, new Set([id]), heirOf(journey, id));
  const made = placed(healed, out, { start: id, steps: { [id]: withWays(step, sideWays(journey, id)) } });
  if (made.refused) return refused(journey, made.refused);
  return keepsAll(journey, made.journey) ? made : refused(journey, "would_orphan");
}

/** The ways of a step but for the one that its heir is behind: they go with it when it is moved. */
function sideWays(journey: Journey, id: string): Record<string, string> {
  const ways = waysOf(journey.steps[id]!);
  const main = mainPort(journey.steps[id]!);
  const heir = heirOf(journey, id);
  return Object.fromEntries(Object.entries(ways).filter(([port, to]) => to !== id && (port !== main || to !== heir)));
}

/** Take a step with everything that only it leads to elsewhere; ways to other steps stay as they are. */
export function moveBranch(journey: Journey, id: string, out: Out): Change {
  if (!Object.hasOwn(journey.steps, id) || !isOut(journey, out)) return refused(journey, "no_such_place");
  const branch = branchOf(journey, id);
  if (out !== "start" && branch.has(out.step)) return refused(journey, "into_itself");
  if (behind(journey, out) === id) return { journey, focus: id };
  const steps = Object.fromEntries(Object.entries(journey.steps).filter(([one]) => branch.has(one)));
  const made = placed(without(journey, branch), out, { start: id, steps });
  if (made.refused) return refused(journey, made.refused);
  return keepsAll(journey, made.journey) ? made : refused(journey, "would_orphan");
}

/** Some steps to take elsewhere; ways out of them are left open. */
export function copySteps(journey: Journey, ids: Iterable<string>): Clip | null {
  const wanted = new Set([...ids].filter((id) => Object.hasOwn(journey.steps, id)));
  const steps = Object.fromEntries(Object.entries(journey.steps).filter(([id]) => wanted.has(id)).map(([id, step]) => {
    const inner = Object.entries(waysOf(step)).filter(([, to]) => wanted.has(to));
    return [id, structuredClone(withWays(step, Object.fromEntries(inner)))];
  }));
  const led = new Set(Object.values(steps).flatMap((step) => Object.values(waysOf(step))));
  const start = Object.keys(steps).find((id) => !led.has(id)) ?? Object.keys(steps)[0];
  return start === undefined ? null : { start, steps };
}

/** Put copied steps in at a way out, under ids of their own where theirs are taken. */
export function pasteAt(journey: Journey, out: Out, clip: Clip | null, options: Options = {}): Change {
  if (!clip || !Object.hasOwn(clip.steps, clip.start)) return refused(journey, "nothing_to_paste");
  const taken = new Set([...Object.keys(journey.steps), ...(options.taken ?? [])]);
  const ids = new Map<string, string>();
  for (const id of Object.keys(clip.steps)) {
    ids.set(id, taken.has(id) ? freshId(id.replace(/-\d+$/, ""), new Set([...taken, ...Object.keys(clip.steps)])) : id);
    taken.add(ids.get(id)!);
  }
  const steps = Object.fromEntries(Object.entries(clip.steps).map(([id, step]) => {
    const ways = Object.entries(waysOf(step)).flatMap(([port, to]) => (ids.has(to) && portsOf(step).includes(port) ? [[port, ids.get(to)!]] : []));
    return [ids.get(id)!, withWays(structuredClone(step), Object.fromEntries(ways) as Record<string, string>)];
  }));
  return placed(journey, out, { start: ids.get(clip.start)!, steps });
}

/** A copy of a step right behind it. */
export function duplicate(journey: Journey, id: string, options: Options = {}): Change {
  const main = journey.steps[id] && mainPort(journey.steps[id]);
  return main === undefined ? refused(journey, "no_way_out") : pasteAt(journey, { step: id, port: main }, copySteps(journey, [id]), options);
}

/** Let a way out lead to a step that is there: by a go-to where it would lead back up. Steps that nothing leads to any
 * more are a reason to refuse, unless they may go. */
export function connect(journey: Journey, out: Out, id: string, andRemove = false, options: Options = {}): Change {
  if (!isOut(journey, out) || !Object.hasOwn(journey.steps, id)) return refused(journey, "no_such_place");
  const before = journey.steps[id]!;
  const from = out === "start" ? undefined : journey.steps[out.step];
  if (behind(journey, out) === id) return { journey, focus: id };
  const isBack = out !== "start" && reach(journey.steps, [id]).has(out.step);
  const jump = isBack && from!.kind !== "go_to" && before.kind !== "go_to";
  const goTo = jump ? freshId("go-to", new Set([...Object.keys(journey.steps), ...(options.taken ?? [])])) : id;
  if (jump && Object.keys(journey.steps).length >= MOST_STEPS) return refused(journey, "too_many_steps");
  const steps = jump ? amid(journey.steps, { [goTo]: { kind: "go_to", ports: { to: id } } }, out.step) : journey.steps;
  return pruned(journey, setOut({ ...journey, steps }, out, goTo), id, andRemove);
}

/** Let a way out lead nowhere. */
export function disconnect(journey: Journey, out: Out, andRemove = false): Change {
  return isOut(journey, out) ? pruned(journey, setOut(journey, out, undefined), out === "start" ? null : out.step, andRemove) : refused(journey, "no_such_place");
}

function pruned(before: Journey, made: Journey, focus: string | null, andRemove: boolean): Change {
  const still = reached(made);
  const lost = new Set([...reached(before)].filter((id) => !still.has(id)));
  if (!lost.size) return { journey: made, focus };
  return andRemove ? { journey: without(made, lost), focus: focus !== null && lost.has(focus) ? null : focus, removed: [...lost] } : refused(before, "would_orphan");
}

/** Give a step other settings. A way out that was renamed keeps its step; one that is no more lets go of it. */
export function setStep(journey: Journey, id: string, settings: Fields): Change {
  const step = journey.steps[id];
  if (!step) return refused(journey, "no_such_place");
  const bare = stepOf(step, settings, {});
  const ways = waysOf(step);
  const old = portSources(step), now = portSources(bare);
  const names = new Set(now.map((one) => one.port)), were = new Set(old.map((one) => one.port));
  const kept: Record<string, string> = {};
  for (const { source, port } of now) {
    const was = were.has(port) ? port : old.find((one) => one.source === source && !names.has(one.port))?.port;
    if (was !== undefined && ways[was] !== undefined) kept[port] ??= ways[was];
  }
  // A step with one main way keeps what is behind it, whatever the way is called now: 'next' becomes 'sent'.
  const [main, before] = [mainPort(bare), mainPort(step)];
  if (main !== undefined && before !== undefined && !names.has(before) && ways[before] !== undefined) kept[main] ??= ways[before];
  return { journey: withStep(journey, id, stepOf(bare, settings, kept)), focus: id };
}

/** What people read; an empty text takes it away. */
export function renameStep(journey: Journey, id: string, name: string): Change {
  return withText(journey, id, "name", name);
}

export function setNote(journey: Journey, id: string, note: string): Change {
  return withText(journey, id, "note", note);
}

/** Switch steps off (runs pass them) or on again; those that lead runs stay on. */
export function switchSteps(journey: Journey, ids: readonly string[], off: boolean): Change {
  const able = ids.filter((id) => journey.steps[id] && (!off || canBeOff(journey.steps[id])));
  if (!able.length) return refused(journey, "cannot_switch_off");
  const made = able.reduce((now, id) => {
    const { disabled: _, kind, name, note, ...rest } = now.steps[id]!;
    return withStep(now, id, { kind, ...(name === undefined ? {} : { name }), ...(note === undefined ? {} : { note }), ...(off ? { disabled: true } : {}), ...rest });
  }, journey);
  return { journey: made, focus: null };
}

function withText(journey: Journey, id: string, field: "name" | "note", text: string): Change {
  const step = journey.steps[id];
  if (!step) return refused(journey, "no_such_place");
  const { kind, name, note, ...rest } = step;
  const told = Object.fromEntries(Object.entries({ name, note, [field]: text }).filter(([, value]) => value !== undefined && value !== ""));
  return { journey: withStep(journey, id, { kind, ...told, ...rest }), focus: id };
}

/** Other words at the head: name, owner, entry, goal, ... Those that are undefined are taken away. */
export function setHead(journey: Journey, fields: Fields): Change {
  const { steps, ...head } = { ...journey, ...fields };
  const kept = Object.fromEntries(Object.entries(head).filter(([, value]) => value !== undefined));
  return { journey: { ...kept, key: journey.key, name: journey.name, ...(typeof fields["name"] === "string" ? { name: fields["name"] } : {}), steps: journey.steps }, focus: null };
}
