/** Steps up and down their way, and ways out before and behind each other: what dragging does, without dragging. */
import { behind, settingsOf, type Journey, type Out, type Step } from "./document";
import { moveStep, setStep, type Change, type Refusal } from "./edit";
import { graphOf } from "./graph";
import { mainPort, portSources, settingAt } from "./kinds";

const refused = (journey: Journey, reason: Refusal): Change => ({ journey, focus: null, refused: reason });

/** The way that leads to a step: from above rather than back up to it. */
export function wayTo(journey: Journey, id: string): Out | undefined {
  const ways = graphOf(journey).edges.filter((edge) => edge.to === id);
  return (ways.find((edge) => !edge.isJump) ?? ways[0])?.from;
}

/** A step before the one that it comes after. */
export function moveUp(journey: Journey, id: string): Change {
  const from = wayTo(journey, id);
  const into = from === undefined || from === "start" ? undefined : wayTo(journey, from.step);
  return into === undefined ? refused(journey, "no_farther") : moveStep(journey, id, into);
}

/** A step behind the one that follows it on its main way. */
export function moveDown(journey: Journey, id: string): Change {
  const port = journey.steps[id] && mainPort(journey.steps[id]);
  const next = port === undefined ? undefined : behind(journey, { step: id, port });
  const after = next === undefined ? undefined : mainPort(journey.steps[next]!);
  return next === undefined || after === undefined ? refused(journey, "no_farther") : moveStep(journey, id, { step: next, port: after });
}

/** Where a way out stands among those that a person may order; null where its place is fixed. */
function placeOf(step: Step, port: string): { list: string; at: number } | null {
  const found = /^([a-z_]+)\[(\d+)\]$/.exec(portSources(step).find((one) => one.port === port)?.source ?? "");
  return found ? { list: found[1]!, at: Number(found[2]) } : null;
}

/** Whether a way out can stand one place earlier (-1) or later (1). */
export function canShift(step: Step, port: string, by: -1 | 1): boolean {
  const place = placeOf(step, port);
  const list = place && settingAt(step, place.list);
  return place !== null && Array.isArray(list) && place.at + by >= 0 && place.at + by < list.length;
}

/** A way out one place earlier or later among its own; of a branch the first condition that holds is taken, so that its place counts. */
export function shiftWay(journey: Journey, id: string, port: string, by: -1 | 1): Change {
  const step = journey.steps[id];
  if (!step) return refused(journey, "no_such_place");
  const place = placeOf(step, port);
  const list = place && settingAt(step, place.list);
  if (!place || !Array.isArray(list)) return refused(journey, "fixed_order");
  if (!canShift(step, port, by)) return refused(journey, "no_farther");
  const moved = list.toSpliced(place.at, 1).toSpliced(place.at + by, 0, list[place.at]!);
  return setStep(journey, id, { ...settingsOf(step), [place.list]: moved });
}

/** The branch that a step begins, one place earlier or later beside the others. */
export function shiftBranch(journey: Journey, id: string, by: -1 | 1): Change {
  const from = wayTo(journey, id);
  if (from === undefined || from === "start") return refused(journey, "fixed_order");
  const made = shiftWay(journey, from.step, from.port, by);
  return made.refused ? made : { ...made, focus: id };
}
