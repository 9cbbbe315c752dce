/** Names: every column, date, template, segment, journey, endpoint and person that a journey names must be there. */
import { isFields, resolved, type Fields, type Json, type Schema } from "../../forms/schema";
import type { Journey, Step } from "../document";
import { formOf, JOURNEY_SCHEMA } from "../kinds";
import { entriesOf, formOfEntry } from "./aims";
import { columnsOf, segmentsOf, spelled } from "./conditions";
import { finding, type Finding, type Known } from "./finding";
import { near } from "./said";

const MOMENTS = ["account.renewal_date", "account.renews_on", "account.customer_since", "account.churned_on"];
type Mention = { names: string; value: Json; place: string };
type Setting = { known: Known; values: ReadonlySet<string>; subject: string; hasEvent: boolean; hasSignal: boolean };
const LISTS: Record<string, keyof Known> = { template: "templates", segment: "segments", trigger: "triggers", journey: "journeys", calendar: "calendars", endpoint: "endpoints" };

/** Everything that the marked fields of a part name, in reading order: `x-names` of its schema tells what. */
export function named(value: Json | undefined, schema: Schema, place = ""): Mention[] {
  if (value === undefined || value === null) return [];
  const here = resolved(schema, JOURNEY_SCHEMA);
  if (here["x-names"] === "condition") return [{ names: "condition", value, place }];
  const own = here["x-names"] !== undefined && typeof value === "string" ? [{ names: here["x-names"], value, place }] : [];
  const forms = here.anyOf ?? (here.oneOf && formFor(value, here.oneOf));
  if (forms) return [...own, ...forms.filter((form) => fits(value, resolved(form, JOURNEY_SCHEMA))).flatMap((form) => named(value, form, place))];
  if (Array.isArray(value)) return value.flatMap((part, at) => named(part, here.items ?? {}, `${place}[${at}]`));
  if (!isFields(value)) return own;
  if (here.properties) return Object.entries(here.properties).flatMap(([name, part]) => named(value[name], part, `${place}.${name}`));
  const values = Object.values(here.patternProperties ?? {})[0] ?? here.additionalProperties;
  return Object.entries(value).flatMap(([key, part]) => [...named(key, { type: "string", ...here.propertyNames }, `${place}.${key}`), ...(typeof values === "object" ? named(part, values, `${place}.${key}`) : [])]);
}

function formFor(value: Json, forms: Schema[]): Schema[] {
  const found = isFields(value) ? forms.map((one) => resolved(one, JOURNEY_SCHEMA)).find((one) => (one.required ?? []).length > 0 && one.required![0]! in value) : undefined;
  return found ? [found] : [];
}

/** Markers of texts speak of texts, lists and parts of those that are some. */
function fits(value: Json, { type, enum: words, anyOf }: Schema): boolean {
  if (anyOf || words) return true;
  return type === (Array.isArray(value) ? "array" : isFields(value) ? "object" : typeof value === "string" ? "string" : type);
}

/** Values of the run that some step sets. */
export const setValues = (journey: Journey): Set<string> =>
  new Set(Object.values(journey.steps).filter((step) => step.disabled !== true).flatMap((step) => mentionsOf(step).flatMap((one) => (one.names === "value" ? [String(one.value)] : []))));

const known = new WeakMap<Step, Mention[]>();

function mentionsOf(step: Step): Mention[] {
  const before = known.get(step);
  if (before) return before;
  const found = named(step as Fields, { ...formOf(step.kind), type: "object" });
  known.set(step, found);
  return found;
}

export function nameFindings(journey: Journey, known: Known, subjects: ReadonlyMap<string, string>): Finding[] {
  const entries = entriesOf(journey);
  const hasEvent = entries.some((one) => formOfEntry(one) === "event");
  const setting = { known, values: setValues(journey), subject: String(journey["subject"] ?? "account"), hasEvent, hasSignal: entries.some((one) => formOfEntry(one) === "signal") };
  const { steps: _, layout: __, ...head } = JOURNEY_SCHEMA.properties ?? {};
  const inHead = named(journey as Fields, { type: "object", properties: head }).flatMap((one) => {
    const at = /^\.entry\[(\d+)\]/.exec(one.place)?.[1];
    const inEvent = one.place.startsWith(".goal.if") || (at !== undefined && formOfEntry(entries[Number(at)] ?? {}) === "event");
    return about(one, one.place.slice(1), { ...setting, hasEvent: hasEvent || inEvent });
  });
  const inSteps = Object.entries(journey.steps).flatMap(([id, step]) => mentionsOf(step).flatMap((one) => {
    const isIf = one.place === ".if";
    const subject = step.kind === "for_each_contact" && isIf ? "contact" : subjects.get(id) ?? setting.subject;
    return about(one, `steps.${id}${one.place}`, { ...setting, subject, hasEvent: hasEvent || (step.kind === "wait_for" && isIf) });
  }));
  return [...inHead, ...inSteps];
}

function about({ names, value, place: _ }: Mention, place: string, setting: Setting): Finding[] {
  if (names === "condition") {
    const condition = spelled(value);
    return [...columnsOf(condition).flatMap((one) => column(one, place, setting)), ...segmentsOf(condition).flatMap((one) => among(one, setting.known.segments, "segment", place))];
  }
  const text = String(value);
  if (names === "column") return column(text, place, setting);
  if (names === "moment") return moment(text, place, setting);
  if (names === "person") return person(text, place, setting.known);
  if (names === "event") return among(text, setting.known.events, names, place, false);
  const list = LISTS[names];
  const there = list && setting.known[list];
  return there ? among(text, list === "journeys" ? Object.keys(there) : (there as readonly string[]), names, place) : [];
}

const among = (value: string, there: readonly string[] | null | undefined, what: string, place: string, isError = true): Finding[] =>
  there && !there.includes(value) ? [finding(`unknown_${what}`, place, `there is no ${what} '${value}'${near(value, there)}`, isError)] : [];

function column(name: string, place: string, setting: Setting): Finding[] {
  const at = name.indexOf(".");
  const family = at < 0 ? name : name.slice(0, at), rest = at < 0 ? "" : name.slice(at + 1);
  if (family === "event") return setting.hasEvent ? [] : [finding("no_event", place, `'event.${rest}': no event lets a run in, so there is none to look at`)];
  if (family === "signal") return setting.hasSignal ? [] : [finding("no_signal", place, `'signal.${rest}': no signal lets a run in, so there is no evidence to look at`)];
  if (family === "run") {
    const isSet = ["event", "signal"].includes(rest.split(".")[0]!) || setting.values.has(rest.split(".")[0]!);
    return isSet ? [] : [finding("unset_value", place, `no step sets 'run.${rest}'; it is missing unless it is given at entry`, false)];
  }
  if (family === "contact" && setting.subject === "account") return [finding("no_contact", place, `'${name}': a run about an account has no contact here`)];
  const { columns } = setting.known;
  const isFree = name.startsWith("trait.") || name.startsWith("contact.");
  return isFree || !columns || columns.includes(name) ? [] : [finding("unknown_column", place, `there is no column '${name}'${near(name, columns)}`)];
}

function moment(name: string, place: string, setting: Setting): Finding[] {
  const family = name.split(".")[0]!;
  if (family === "account") return MOMENTS.includes(name) ? [] : [finding("unknown_column", place, `there is no date '${name}'${near(name, MOMENTS)}`)];
  if (["run", "event", "signal", "contact"].includes(family)) return column(name, place, setting);
  return family === "trait" ? [] : [finding("unknown_column", place, `'${name}' is no date; dates are ${MOMENTS.join(", ")}, trait.<key>, run.<value>`)];
}

function person(value: string, place: string, { people }: Known): Finding[] {
  if (value === "owner" || value === "manager" || value.startsWith("role:")) return [];
  if (!value.includes("@")) return [finding("unknown_person", place, `'${value}' is nobody: say owner, manager, role:<role> or an e-mail`)];
  return among(value.toLowerCase(), people, "person", place);
}
