/** A journey as a graph: what the canvas draws. Ways that lead nowhere are edges to a place of their own, so that there is
 * something to drop on. */
import { behind, waysOf, type Journey, type Out, type Step, type Steps } from "./document";
import { grouped } from "./grouped";
import { kindOf, portsOf } from "./kinds";

export { portsOf } from "./kinds";

/** kind: word of the step's kind; "@start" for the entry; "@open" for the end of a way that leads nowhere. */
export type Node = { id: string; kind: string; name: string };
/** to: id of a node. port: the name of the way out ("" from the start). isJump: a go-to, or a way back up. */
export type Edge = { id: string; from: Out; to: string; port: string; isOpen: boolean; isJump: boolean };
export type Graph = { nodes: Node[]; edges: Edge[] };

export const START = "@start", OPEN = "@open";
export const edgeId = (out: Out) => (out === "start" ? START : `${out.step}:${out.port}`);
export const sourceOf = (out: Out) => (out === "start" ? START : out.step);

/** Every way out of the journey in reading order: the beginning, then the ports of each step. */
export function outsOf(journey: Journey): Out[] {
  return ["start", ...Object.entries(journey.steps).flatMap(([step, one]) => portsOf(one).map((port) => ({ step, port })))];
}

/** What a step is called: its name, else its title, else what it is of its kind. */
export function nameOf(step: Step): string {
  const told = [step.name, step["title"]].find((one) => typeof one === "string" && one !== "");
  return typeof told === "string" ? told : kindOf(step.kind)?.label ?? step.kind;
}

export function graphOf(journey: Journey): Graph {
  const nodes: Node[] = [{ id: START, kind: START, name: "" }];
  const order = reading(journey);
  for (const id of order) nodes.push({ id, kind: journey.steps[id]!.kind, name: nameOf(journey.steps[id]!) });
  const outs: Out[] = ["start", ...order.flatMap((step) => portsOf(journey.steps[step]!).map((port): Out => ({ step, port })))];
  const edges = outs.map((from): Edge => {
    const to = behind(journey, from);
    const id = edgeId(from);
    return { id, from, to: to ?? `${OPEN}:${id}`, port: from === "start" ? "" : from.port, isOpen: to === undefined, isJump: false };
  });
  for (const edge of edges) if (edge.isOpen) nodes.push({ id: edge.to, kind: OPEN, name: "" });
  return { nodes, edges: withJumps(journey, edges) };
}

/** A go-to jumps, unless its step is come to in no other way; and so does every way that closes a circle. */
function withJumps(journey: Journey, edges: Edge[]): Edge[] {
  const ways = new Map<string, number>();
  for (const edge of edges) ways.set(edge.to, (ways.get(edge.to) ?? 0) + 1);
  const isGoTo = (edge: Edge) => edge.from !== "start" && journey.steps[edge.from.step]!.kind === "go_to" && ways.get(edge.to)! > 1;
  const told = edges.map((edge) => (isGoTo(edge) ? { ...edge, isJump: true } : edge));
  const back = closing(told.filter((edge) => !edge.isJump));
  return told.map((edge) => (back.has(edge.id) ? { ...edge, isJump: true } : edge));
}

/** Edges that lead back to where a walk by first ways came from; without them there is no circle. */
function closing(edges: readonly Edge[]): Set<string> {
  const from = grouped(edges, (edge) => sourceOf(edge.from));
  const back = new Set<string>(), open = new Set<string>(), done = new Set<string>();
  for (const root of [START, ...from.keys()]) {
    const path: { id: string; left: Edge[] }[] = [];
    const enter = (id: string) => { open.add(id); done.add(id); path.push({ id, left: [...(from.get(id) ?? [])] }); };
    if (!done.has(root)) enter(root);
    while (path.length) {
      const { id, left } = path.at(-1)!;
      const edge = left.shift();
      if (!edge) { open.delete(id); path.pop(); }
      else if (open.has(edge.to)) back.add(edge.id);
      else if (!done.has(edge.to)) enter(edge.to);
    }
  }
  return back;
}

/** Steps in the order of reading: down each way from the start, first ways first; then what nobody reaches. */
export function reading(journey: Journey): string[] {
  const seen = new Set<string>();
  for (const first of [journey.start ?? "", ...Object.keys(journey.steps)]) {
    const waiting = [first];
    while (waiting.length) {
      const id = waiting.pop()!;
      const step = Object.hasOwn(journey.steps, id) ? journey.steps[id] : undefined;
      if (!step || seen.has(id)) continue;
      seen.add(id);
      waiting.push(...targetsOf(step).reverse());
    }
  }
  return [...seen];
}

/** Steps right behind a step, in the order of its ports. */
export function targetsOf(step: Step): string[] {
  const ways = waysOf(step);
  return portsOf(step).flatMap((port) => (ways[port] === undefined ? [] : [ways[port]]));
}

/** Steps that can be come to from some others, these included. */
export function reach(steps: Steps, from: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const waiting = [...from];
  while (waiting.length) {
    const id = waiting.pop()!;
    if (seen.has(id) || !Object.hasOwn(steps, id)) continue;
    seen.add(id);
    waiting.push(...targetsOf(steps[id]!));
  }
  return seen;
}

/** What only this step leads to, itself included: what goes with it when it is taken away with its branch. */
export function branchOf(journey: Journey, id: string): Set<string> {
  const { [id]: gone, ...others } = journey.steps;
  if (!gone) return new Set();
  const reached = reach(journey.steps, [journey.start ?? ""]);
  const still = reach(others, [journey.start ?? ""]);
  const below = reach(journey.steps, [id]);
  return new Set(Object.keys(journey.steps).filter((step) => step === id || (below.has(step) && reached.has(step) && !still.has(step))));
}
