/** What a journey is for: who answers, which consent, how one comes in, a goal that can be met. */
import { isFields, same, type Fields, type Json } from "../../forms/schema";
import type { Journey, Step } from "../document";
import { spelled } from "./conditions";
import { finding, type Finding, type Known } from "./finding";

const RANGES: [string, number, number][] = [["health.", 0, 100], ["churn.probability", 0, 1], ["expansion.readiness", 0, 100]];
const UNBOUNDED = ["health.change_", "health.ratio_", "health.band", "health.confidence"];
const TRANSACTIONAL = "transactional messages pass over consent, caps and quiet hours: publishing them needs a permission";
const BRINGING: Record<string, string[]> = { event: ["event", "api"], signal: ["signal"], run: ["manual", "api"] };
const FORMS = ["schedule", "of", "signal", "event", "condition", "segment", "manual", "api"];

export const aimFindings = (journey: Journey, known: Known): Finding[] => [...owner(journey, known), ...consent(journey, known), ...entries(journey), ...goal(journey)];

export const entriesOf = (journey: Journey): Fields[] => (Array.isArray(journey.entry) ? journey.entry.filter(isFields) : []);
/** Which way in an entry is: the first of the telling keys that it has. */
export const formOfEntry = (entry: Fields): string => FORMS.find((form) => form in entry) ?? "";
export const classesSaid = (known: Known) => [...(known.purposes ?? [])].sort().join(", ");

function owner(journey: Journey, { people }: Known): Finding[] {
  const who = journey["owner"];
  if (typeof who !== "string" || !who) return [finding("no_owner", "owner", "say who answers for it: a member's e-mail")];
  return people && !people.includes(who.toLowerCase()) ? [finding("unknown_person", "owner", `'${who}' is no member of this workspace`)] : [];
}

const writesWithoutClass = (step: Step) => step.disabled !== true && (step.kind === "message" || step.kind === "draft") && (step["purpose"] ?? null) === null;

function consent(journey: Journey, known: Known): Finding[] {
  const writes = Object.entries(journey.steps).find(([, step]) => writesWithoutClass(step))?.[0];
  const named = journey["consent"] ?? null;
  if (named === null) return writes === undefined ? [] : [finding("missing_consent_class", "consent", `'${writes}' writes to people: say with 'consent' which consent class that needs`)];
  const isUnknown = known.purposes && !known.purposes.includes(String(named));
  return [
    ...(isUnknown ? [finding("unknown_purpose", "consent", `'${String(named)}' is no consent class; there are ${classesSaid(known)}`)] : []),
    ...(named === "transactional" && writes !== undefined ? [finding("transactional", "consent", TRANSACTIONAL, false)] : []),
  ];
}

function entries(journey: Journey): Finding[] {
  const all = entriesOf(journey);
  const found = all.length ? [] : [finding("no_entry", "entry", "nobody comes in by itself; only another journey can start it", false)];
  const rule = isFields(journey["re_entry"]) ? journey["re_entry"] : {};
  const key = rule["key"];
  if (rule["rule"] !== "by_key" || typeof key !== "string") return found;
  const bringing = BRINGING[key.split(".")[0]!] ?? [];
  return [...found, ...all.flatMap((entry, at) => (bringing.includes(formOfEntry(entry)) ? [] : [finding("no_entry_key", `entry[${at}]`, `who comes in this way brings no '${key}', the key of 're_entry'`)]))];
}

function goal(journey: Journey): Finding[] {
  const asked = isFields(journey["goal"]) ? spelled(journey["goal"]["condition"]) : undefined;
  if (!asked) return [];
  const exit = isFields(journey["exit"]) ? spelled(journey["exit"]["condition"]) : undefined;
  const why = never(asked);
  return [
    ...(why ? [finding("goal_never_met", "goal.condition", why, false)] : []),
    ...(exit && same(exit, asked) ? [finding("goal_is_exit", "exit.condition", "the same as the goal, which is looked at first", false)] : []),
    ...entriesOf(journey).flatMap((entry, at) => (formOfEntry(entry) === "condition" && same(spelled(entry["condition"]), asked) ? [finding("goal_at_entry", `entry[${at}].condition`, "who comes in this way has met the goal already")] : [])),
  ];
}

/** Why a conjunction cannot come true, where its comparisons of one column leave no value; null when they may. */
function never(condition: Fields): string | null {
  const spans = new Map<string, [number, number]>();
  for (const part of Array.isArray(condition["all"]) ? condition["all"] : [condition]) {
    if (!isFields(part)) continue;
    const inner = Array.isArray(part["all"]) ? never(part) : null;
    if (inner) return inner;
    const column = part["column"];
    if (typeof column !== "string") continue;
    const [low, high] = spans.get(column) ?? range(column);
    const [least, most] = span(String(part["is"]), part["value"] ?? null);
    spans.set(column, [Math.max(low, least), Math.min(high, most)]);
    if (Math.max(low, least) > Math.min(high, most)) return `no value of ${column} fits: it can never be met`;
  }
  return null;
}

function range(column: string): [number, number] {
  const found = UNBOUNDED.some((one) => column.startsWith(one)) ? undefined : RANGES.find(([name]) => column.startsWith(name));
  return found ? [found[1], found[2]] : [-Infinity, Infinity];
}

/** Lowest and highest value that a comparison allows. */
function span(is: string, value: Json): [number, number] {
  if (Array.isArray(value)) {
    const numbers = value.filter((one) => typeof one === "number");
    return numbers.length === value.length && (is === "between" || is === "in") ? [Math.min(...numbers), Math.max(...numbers)] : [-Infinity, Infinity];
  }
  if (typeof value !== "number") return [-Infinity, Infinity];
  const bit = 1e-9 * Math.max(Math.abs(value), 1);
  const spans: Record<string, [number, number]> = { below: [-Infinity, value - bit], at_most: [-Infinity, value], above: [value + bit, Infinity], at_least: [value, Infinity], equal: [value, value] };
  return spans[is] ?? [-Infinity, Infinity];
}
