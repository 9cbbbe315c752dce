/** Journeys that start journeys: in a circle, too deep, about the wrong subject. */
import type { Journey } from "../document";
import { subjectOf } from "./drawing";
import { finding, type Finding, type Known, type Other } from "./finding";

const DEEPEST = 5;
type Others = Readonly<Record<string, Other>>;

export function callsOf(journey: Journey): [string, string][] {
  return Object.entries(journey.steps).flatMap(([id, step]) => (["sub_journey", "for_each_contact"].includes(step.kind) && typeof step["journey"] === "string" ? [[id, step["journey"]] as [string, string]] : []));
}

export function callFindings(journey: Journey, known: Known, subjects: ReadonlyMap<string, string>): Finding[] {
  const calls = callsOf(journey);
  const others: Others = { ...known.journeys, [journey.key]: { subject: subjectOf(journey), calls: calls.map(([, called]) => called) } };
  return calls.flatMap(([id, called]) => {
    const place = `steps.${id}.journey`;
    const way = circle(journey.key, called, others);
    const found = way ? [finding("sub_journey_cycle", place, `journeys start each other in a circle: ${way.join(" → ")}`)]
      : depth(called, others) >= DEEPEST ? [finding("too_deep", place, `more than ${DEEPEST} levels of journeys that start journeys`)] : [];
    const wanted = journey.steps[id]!.kind === "for_each_contact" ? "contact" : subjects.get(id);
    const is = Object.hasOwn(others, called) ? others[called]!.subject ?? "account" : wanted;
    return is === wanted ? found : [...found, finding("wrong_subject", place, `'${called}' is about ${is}s, here it would be a ${wanted}`)];
  });
}

/** The way from a journey through another back to itself. */
function circle(key: string, called: string, others: Others): string[] | null {
  const waiting = [[key, called]], seen = new Set<string>();
  while (waiting.length) {
    const way = waiting.pop()!, last = way.at(-1)!;
    if (last === key) return way;
    if (seen.has(last) || !Object.hasOwn(others, last)) continue;
    seen.add(last);
    waiting.push(...[...new Set(others[last]!.calls ?? [])].sort().map((following) => [...way, following]));
  }
  return null;
}

function depth(key: string, others: Others): number {
  let level = new Set([key]), deep = 0;
  while (level.size && deep <= DEEPEST) {
    deep++;
    level = new Set([...level].flatMap((one) => (Object.hasOwn(others, one) ? others[one]!.calls ?? [] : [])));
  }
  return deep;
}
