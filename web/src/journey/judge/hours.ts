/** Messages that are timed into the quiet hours, where they would only be held until morning. */
import { isFields, type Fields, type Json } from "../../forms/schema";
import { goesOf, waysOf, type Journey, type Step } from "../document";
import { parks } from "../kinds";
import { entriesOf, formOfEntry } from "./aims";
import { finding, type Finding, type Known } from "./finding";

const FREE = ["transactional", "internal"], DAY = 24 * 60;
type Quiet = { start: string; end: string };

export function hourFindings(journey: Journey, { quiet_hours = { start: "20:00", end: "08:00" } }: Known): Finding[] {
  if (quiet_hours === null) return [];
  const quiet = { start: quiet_hours.start.slice(0, 5), end: quiet_hours.end.slice(0, 5) };
  const waits = Object.entries(journey.steps).flatMap(([id, step]) => {
    const next = step.kind === "wait" && step.disabled !== true ? waysOf(step)["next"] : undefined;
    return next !== undefined && writes(journey, next) ? ofWait(step, quiet).map(([place, said]) => conflict(`steps.${id}.${place}`, said, quiet)) : [];
  });
  if (typeof journey.start !== "string" || !writes(journey, journey.start)) return waits;
  return [...waits, ...entriesOf(journey).flatMap((entry, at) => {
    const form = formOfEntry(entry);
    if (form === "of") return walls(entry["at"], ["09:00"]).filter((wall) => isQuiet(wall, quiet)).map((wall) => conflict(`entry[${at}].at`, wall, quiet));
    if (form !== "schedule") return [];
    const schedule = isFields(entry["schedule"]) ? entry["schedule"] : {};
    return walls(schedule["at"], ["09:00"]).filter((wall) => isQuiet(wall, quiet)).map((wall) => conflict(`entry[${at}].schedule.at`, wall, quiet));
  })];
}

const conflict = (place: string, said: string, { start, end }: Quiet) =>
  finding("quiet_hours_conflict", place, `${said} lies in the quiet hours (${start} to ${end}): the e-mail behind it would be held until they end`, false);

const walls = (value: Json | undefined, usual: string[]): string[] => (value === undefined ? usual : Array.isArray(value) ? value.map(String) : [String(value)]);

function ofWait(step: Step, quiet: Quiet): [string, string][] {
  const { window, date, until } = step as Fields;
  if (isFields(window)) {
    const hours = Array.isArray(window["hours"]) ? window["hours"] : [{ start: "00:00", end: "24:00" }];
    return hours.every((shift) => isFields(shift) && isAllQuiet(String(shift["start"]), String(shift["end"]), quiet)) ? [["window", "the window"]] : [];
  }
  if (isFields(date)) {
    const at = date["at"];
    return typeof at === "string" && isQuiet(at, quiet) ? [["date.at", at]] : [];
  }
  const wall = typeof until === "string" ? /^\d{4}-\d\d-\d\d[T ](\d\d:\d\d)(:00(\.0+)?)?$|^\d{4}-\d\d-\d\d[T ](\d\d:\d\d):\d\d(\.\d+)?$/.exec(until) : null;
  const shown = wall?.[1] ?? wall?.[4];
  return shown !== undefined && !(wall?.[1] === "00:00") && isQuiet(shown, quiet) ? [["until", shown]] : [];
}

/** Whether a run comes from here to an e-mail without waiting in between. */
function writes(journey: Journey, first: string): boolean {
  const seen = new Set<string>(), waiting = [first];
  while (waiting.length) {
    const id = waiting.pop()!;
    const step = Object.hasOwn(journey.steps, id) ? journey.steps[id] : undefined;
    if (!step || seen.has(id)) continue;
    seen.add(id);
    if (isEmail(step, journey)) return true;
    if (step.disabled === true || (!parks(step) && step.kind !== "wait")) waiting.push(...Object.values(goesOf(step)));
  }
  return false;
}

const isEmail = (step: Step, journey: Journey) => step.kind === "message" && step.disabled !== true && (step["channel"] ?? "email") === "email" && !FREE.includes(String(step["purpose"] ?? journey["consent"] ?? ""));

const minute = (wall: string) => Number(wall.slice(0, 2)) * 60 + Number(wall.slice(3, 5));
function isQuiet(wall: string, quiet: Quiet): boolean {
  const at = minute(wall) % DAY, start = minute(quiet.start), end = minute(quiet.end);
  return end > start ? at >= start && at < end : at >= start || at < end;
}

function isAllQuiet(start: string, end: string, quiet: Quiet): boolean {
  const [from, to] = [minute(start), minute(end)];
  for (let at = from; at < (to > from ? to : to + DAY); at++) {
    const shown = at % DAY;
    if (!isQuiet(`${String(Math.floor(shown / 60)).padStart(2, "0")}:${String(shown % 60).padStart(2, "0")}`, quiet)) return false;
  }
  return true;
}
