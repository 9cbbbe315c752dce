/** What a run waits for, until when, in words on the subject's own clock. */
import type { RunView } from "../../api/runs";
import { isFields } from "../../forms/schema";
import type { Journey } from "../../journey/document";
import { inZone } from "../../format";
import { runs as runWords } from "../../words/en.runs";

const say = runWords.run;
type Standing = RunView["standing"][number];

/** 'Tue 24 Nov 09:00 (Europe/Berlin)'. */
export const onClock = (iso: string, zone: string): string => `${inZone(iso, zone, "day")} ${inZone(iso, zone, "time")}`;

/** "waits for the event “Order Paid”, at the latest Tue 24 Nov 09:00". */
export function waitingWords(one: Standing, journey: Journey, zone: string): string {
  const step = journey.steps[one.step];
  const isAsked = ["event", "condition", "outcome", "arming"].includes(one.state);
  const what = one.state === "event" && typeof step?.["event"] === "string" ? say.waitsFor(say.event(step["event"]))
    : one.state === "condition" && step?.["condition"] !== undefined ? say.waitsFor(say.becomes(conditionWords(step["condition"])))
    : one.state === "outcome" && step && say.answer[step.kind] ? say.waitsFor(say.answer[step.kind] ?? "")
    : (say.waits[one.state] ?? one.state);
  const until = one.due_at === null ? (["ready", "stuck", "join"].includes(one.state) ? "" : say.noEnd) : (isAsked ? say.atLatest : say.until)(onClock(one.due_at, zone));
  return [one.state === "timer" && until ? runWords.sim.what["waits"] : what, until].filter(Boolean).join(one.state === "timer" ? " " : ", ");
}

const SIGNS: Record<string, string> = { below: "<", at_most: "≤", above: ">", at_least: "≥", equal: "=", not_equal: "≠", in: "in", not_in: "not in", between: "between", missing: "is missing", present: "is known" };

/** A condition of the document in few words; text stays as it was written. */
export function conditionWords(condition: unknown): string {
  if (typeof condition === "string") return condition;
  if (!isFields(condition)) return "";
  for (const [list, word] of [["all", " and "], ["any", " or "]] as const) {
    const parts = condition[list];
    if (Array.isArray(parts)) return parts.map(conditionWords).join(word);
  }
  if (condition["not"] !== undefined) return `not (${conditionWords(condition["not"])})`;
  if (typeof condition["column"] === "string") return [condition["column"], SIGNS[String(condition["is"])] ?? String(condition["is"] ?? ""), condition["value"] === undefined ? "" : String(condition["value"])].filter(Boolean).join(" ");
  return Object.entries(condition).map(([name, value]) => `${name.replaceAll("_", " ")} ${isFields(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)}`).join(", ");
}

/** Why a branch was taken: its rule, as the version says it that the run is on; "" where nothing was asked. */
export function whyOf(journey: Journey, step: string | null, port: string | null): string {
  const one = step === null ? undefined : journey.steps[step];
  if (one?.kind !== "condition" || port === null || !Array.isArray(one["branches"])) return "";
  if (port === "else") return say.else;
  return one["branches"].flatMap((branch) => (isFields(branch) && branch["port"] === port ? [conditionWords(branch["if"])] : [])).join(" or ");
}
