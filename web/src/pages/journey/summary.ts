/** What a step does, in one line, from its settings. A kind that is not known here tells its first plain settings, so a new
 * kind of step needs nothing here. */
import { isFields, type Fields, type Json } from "../../forms/schema";
import { settingsOf, type Journey, type Step } from "../../journey/document";
import { builder as builderWords } from "../../words/en.builder";

const say = builderWords.says;
export const portLabel = (port: string): string => port.replaceAll("_", " ");
const text = (value: Json | undefined): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** {days: 3, hours: 2} -> '3 d 2 h'. */
export function lasting(value: Json | undefined): string {
  if (!isFields(value)) return text(value);
  return Object.entries(value).filter(([, size]) => typeof size === "number").map(([unit, size]) => `${String(size)} ${say.units[unit] ?? unit}`).join(" ");
}

/** A condition in a few words: the text as it was written, or the document's main parts. */
export function conditionLine(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (!isFields(value)) return "";
  const parts = (key: string, by: string): string => list(value[key]).map(conditionLine).join(by);
  if ("all" in value) return parts("all", ` ${say.and} `);
  if ("any" in value) return parts("any", ` ${say.or} `);
  if ("not" in value) return `${say.not} (${conditionLine(value["not"])})`;
  if ("column" in value) return `${text(value["column"])} ${say.is[text(value["is"])] ?? text(value["is"])} ${Array.isArray(value["value"]) ? value["value"].map(text).join(", ") : text(value["value"])}`.trim();
  if ("no_event" in value) return say.noEvent(text(value["no_event"]), text(value["within_days"]));
  if ("event" in value) return say.event(text(value["event"]), text(value["within_days"]));
  if ("sequence" in value) return list(value["sequence"]).map(text).join(" → ");
  if ("segment" in value) return say.inSegment(text(value["segment"]));
  return "";
}

const TOLD: Record<string, (own: Fields) => string> = {
  message: (own) => [text(own["channel"] ?? "email"), text(own["template"]) || say.noTemplate, own["to"] ? `→ ${portLabel(text(own["to"]))}` : ""].filter(Boolean).join(" · "),
  draft: (own) => [text(own["template"]) || say.noTemplate, `→ ${portLabel(text(own["to"] ?? "sponsor"))}`].join(" · "),
  task: (own) => [say.to(text(own["assignee"] ?? "owner")), own["due"] ? say.within(lasting(own["due"])) : text(own["risk_level"]), list(own["escalation"]).length ? say.escalates : ""].filter(Boolean).join(" · "),
  approval: (own) => [say.by(text(own["approver"] ?? "manager")), own["within"] ? say.within(lasting(own["within"])) : ""].filter(Boolean).join(" · "),
  wait: (own) => [own["for"] ? lasting(own["for"]) : "", isFields(own["until"]) || own["until"] ? say.until : "", isFields(own["date"]) ? dateLine(own["date"]) : "", own["business"] ? say.business(lasting(own["business"])) : "", own["window"] ? say.window : ""].filter(Boolean).join(" · "),
  wait_for: (own) => [own["event"] ? text(own["event"]) : conditionLine(own["condition"]), own["timeout"] ? say.atMost(lasting(own["timeout"])) : ""].filter(Boolean).join(" · "),
  condition: (own) => {
    const branches = list(own["branches"]).filter(isFields);
    return branches.length === 1 ? conditionLine(branches[0]?.["if"]) : say.branches(branches.length);
  },
  split: (own) => [...list(own["arms"]).filter(isFields).map((arm) => `${text(arm["port"])} ${text(arm["share"])} %`), own["holdout"] ? say.holdout(text(own["holdout"])) : ""].filter(Boolean).join(" · "),
  parallel: (own) => list(own["branches"]).map(text).join(" · "),
  join: (own) => say.joins(text(own["wait_for"] ?? "all")),
};

export function summaryOf(step: Step): string {
  const own = settingsOf(step);
  const told = TOLD[step.kind]?.(own);
  if (told !== undefined) return told;
  return Object.entries(own).filter(([key]) => key !== "title").map(([, value]) => text(value)).filter(Boolean).slice(0, 2).join(" · ");
}

const dateLine = (date: Fields): string => [date["days_before"] ? say.before(text(date["days_before"])) : date["days_after"] ? say.after(text(date["days_after"])) : "", text(date["of"]), text(date["at"])].filter(Boolean).join(" ");

/** One way in, in words. */
export function entryLine(entry: Fields): string {
  if ("signal" in entry) return say.signal(text(entry["signal"]));
  if ("schedule" in entry) return say.schedule(isFields(entry["schedule"]) ? text(entry["schedule"]["every"]) : "");
  if ("of" in entry) return dateLine(entry);
  if ("event" in entry) return say.onEvent(text(entry["event"]));
  if ("condition" in entry) return conditionLine(entry["condition"]);
  if ("segment" in entry) return say.segment(text(entry["segment"]), text(entry["when"] ?? "enters"));
  return "manual" in entry ? say.manual : "api" in entry ? say.api : "";
}

export function entrySummary(journey: Journey): string {
  const lines = list(journey.entry).filter(isFields).map(entryLine).filter(Boolean);
  return lines.length === 0 ? say.noEntry : lines.length === 1 ? (lines[0] ?? "") : say.entries(lines.length, lines[0] ?? "");
}
