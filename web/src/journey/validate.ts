/** What is wrong with a journey, or worth a look, at once and without asking: the same codes, places and words as the server
 * gives (tests/journeys/vectors are run by both). The server stays the authority: it judges again on saving and publishing,
 * and `ONLY_THE_SERVER` lists what it alone can say. */
import type { Json } from "../forms/schema";
import type { Journey } from "./document";
import { waysOf } from "./document";
import { aimFindings } from "./judge/aims";
import { callFindings } from "./judge/calls";
import { drawingFindings, subjectsOf } from "./judge/drawing";
import type { Finding, Known } from "./judge/finding";
import { hourFindings } from "./judge/hours";
import { nameFindings } from "./judge/names";
import { eased, offFindings } from "./judge/off";
import { partOf, readJourney } from "./judge/read";
import { stepFindings } from "./judge/steps";

export { ONLY_THE_SERVER, type Finding, type Known, type Other } from "./judge/finding";

/** Of the whole first, then in the order of the drawing. Errors forbid publishing, warnings (is_error false) do not. */
export function findingsOf(document: Journey | Json | undefined, known: Known = {}): Finding[] {
  const { journey, found, unread } = readJourney(document as Json);
  if (!journey) return found;
  const faulty = new Set(found.map(partOf).filter((part) => part !== "steps"));
  return [...found, ...judged(journey, known).filter((one) => !faulty.has(partOf(one)) && !follows(one, unread, journey))];
}

function judged(journey: Journey, known: Known): Finding[] {
  const subjects = subjectsOf(journey);
  const all = [
    ...aimFindings(journey, known), ...drawingFindings(journey),
    ...Object.entries(journey.steps).flatMap(([id, step]) => stepFindings(step, `steps.${id}`, known, subjects.get(id)!)),
    ...nameFindings(journey, known, subjects), ...callFindings(journey, known, subjects), ...hourFindings(journey, known), ...offFindings(journey),
  ].map((one) => eased(one, journey));
  return [...new Map(all.map((one) => [`${one.code} ${one.place} ${one.message}`, one])).values()];
}

/** Whether it is only there because a step could not be read. */
function follows(one: Finding, unread: ReadonlySet<string>, journey: Journey): boolean {
  if (!unread.size) return false;
  if (["unreachable", "no_exit", "never_ends", "join_without_parallel"].includes(one.code)) return true;
  if (one.code === "no_start") return unread.has(journey.start ?? "");
  const [, id, port] = /^steps\.([^.]+)\.ports\.(.*)$/.exec(one.place) ?? [];
  if (one.code !== "unknown_target" || id === undefined || port === undefined) return false;
  return unread.has(waysOf(journey.steps[id]!)[port] ?? "");
}
