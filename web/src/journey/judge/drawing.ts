/** The ways between the steps: ends, circles without a wait, joins of nothing, accounts and contacts on one way. */
import { goesOf, waysOf, type Journey, type Step, type Steps } from "../document";
import { parks, portsOf } from "../kinds";
import { finding, type Finding } from "./finding";

const MOST_STEPS = 200, EACH = "each";

const targets = (step: Step | undefined) => (step ? Object.values(waysOf(step)) : []);
const taken = (step: Step | undefined) => (step ? Object.values(goesOf(step)) : []);
const stepIn = (steps: Steps, id: string) => (Object.hasOwn(steps, id) ? steps[id] : undefined);

/** Steps that can be come to from some others, these included; by every way that is written, or as `by` has them. */
export function reached(steps: Steps, from: Iterable<string>, by = targets): Set<string> {
  const seen = new Set<string>(), waiting = [...from];
  while (waiting.length) {
    const id = waiting.pop()!;
    const step = stepIn(steps, id);
    if (!step || seen.has(id)) continue;
    seen.add(id);
    waiting.push(...by(step));
  }
  return seen;
}

const fansOut = (step: Step) => step.kind === "for_each_contact";

/** Whom each step is about: behind 'each' it is a contact, else the journey's subject. */
export function subjectsOf(journey: Journey): Map<string, string> {
  const branches = Object.values(journey.steps).flatMap((step) => {
    const each = fansOut(step) ? waysOf(step)[EACH] : undefined;
    return each === undefined ? [] : [each];
  });
  const inner = reached(journey.steps, branches);
  return new Map(Object.keys(journey.steps).map((id) => [id, inner.has(id) ? "contact" : subjectOf(journey)]));
}

export const subjectOf = (journey: Journey) => String(journey["subject"] ?? "account");

export function drawingFindings(journey: Journey): Finding[] {
  const ids = Object.keys(journey.steps);
  if (ids.length > MOST_STEPS) return [finding("too_many_steps", "steps", `${ids.length} steps are more than ${MOST_STEPS}; move some into a sub-journey`)];
  const start = journey.start ?? null;
  const ends = endsOfWays(journey);
  if (start === null || !stepIn(journey.steps, start)) return [...ends, finding("no_start", "start", start === null ? "say with 'start' where runs begin" : `there is no step '${start}'`)];
  const there = reached(journey.steps, [start]);
  const own = ownSteps(journey);
  return [
    ...ends, ...ids.filter((id) => !there.has(id)).map((id) => finding("unreachable", `steps.${id}`, "no way leads here")),
    ...joins(journey, there), ...mixed(journey, own), ...circles(journey), ...endings(journey, reached(journey.steps, [start], taken), own),
  ];
}

const endsOfWays = (journey: Journey) => Object.entries(journey.steps).flatMap(([id, step]) => portsOf(step).flatMap((port) => {
  const target = waysOf(step)[port];
  if (target === undefined) return [finding("open_port", `steps.${id}.ports.${port}`, `the way out '${port}' leads nowhere`)];
  return stepIn(journey.steps, target) ? [] : [finding("unknown_target", `steps.${id}.ports.${port}`, `there is no step '${target}'`)];
}));

function joins(journey: Journey, there: ReadonlySet<string>): Finding[] {
  const steps = Object.entries(journey.steps).filter(([id]) => there.has(id));
  const behind = reached(journey.steps, steps.filter(([, step]) => step.kind === "parallel").map(([id]) => id));
  return steps.filter(([id, step]) => step.kind === "join" && !behind.has(id)).map(([id]) => finding("join_without_parallel", `steps.${id}`, "no parallel step leads here: there is nothing to join"));
}

function mixed(journey: Journey, own: ReadonlySet<string>): Finding[] {
  if (subjectOf(journey) !== "account") return [];
  return [...subjectsOf(journey)].filter(([id, subject]) => own.has(id) && subject === "contact").map(([id]) => finding("mixed_subjects", `steps.${id}`, "runs about the account and about its contacts both come here; give the contacts' branch its own steps"));
}

/** Steps that the run itself comes to, without those of its contacts' branches. */
function ownSteps(journey: Journey): Set<string> {
  const own = new Set<string>(), waiting = [journey.start ?? ""];
  while (waiting.length) {
    const id = waiting.pop()!;
    const step = stepIn(journey.steps, id);
    if (!step || own.has(id)) continue;
    own.add(id);
    waiting.push(...Object.entries(waysOf(step)).filter(([port]) => !(fansOut(step) && port === EACH)).map(([, to]) => to));
  }
  return own;
}

function circles(journey: Journey): Finding[] {
  const quick = Object.fromEntries(Object.entries(journey.steps).filter(([, step]) => !parks(step)));
  const behind = new Map(Object.keys(quick).map((id) => [id, reached(quick, taken(quick[id]), taken)]));
  const told = new Set<string>();
  return Object.keys(quick).flatMap((id) => {
    if (!behind.get(id)!.has(id) || told.has(id)) return [];
    for (const other of behind.get(id)!) if (behind.get(other)!.has(id)) told.add(other);
    return [finding("loop_without_wait", `steps.${id}`, "a run could go round here without ever waiting")];
  });
}

function endings(journey: Journey, there: ReadonlySet<string>, own: ReadonlySet<string>): Finding[] {
  const ends = [...there].filter((id) => !portsOf(journey.steps[id]!).length);
  if (!ends.some((id) => own.has(id))) return [finding("no_exit", "steps", "no way leads to an exit or a goal: runs would never end")];
  const back = new Map<string, string[]>();
  for (const [id, step] of Object.entries(journey.steps)) for (const to of taken(step)) back.set(to, [...(back.get(to) ?? []), id]);
  const ending = new Set(ends), waiting = [...ends];
  while (waiting.length) for (const id of back.get(waiting.pop()!) ?? []) if (!ending.has(id)) { ending.add(id); waiting.push(id); }
  const stuck = Object.keys(journey.steps).find((id) => there.has(id) && !ending.has(id));
  const isFree = (journey["goal"] ?? null) === null && (journey["exit"] ?? null) === null;
  return stuck !== undefined && isFree ? [finding("never_ends", `steps.${stuck}`, "from here no way leads to an exit or a goal", false)] : [];
}
