/** The readable parts of a journey's document, and what is wrong with its shape. */
import { isFields, type Fields, type Json } from "../../forms/schema";
import { STEP_FIELDS, waysOf, type Journey, type Step } from "../document";
import { formOf, JOURNEY_SCHEMA, kindOf, KINDS, portsOf } from "../kinds";
import { finding, type Finding } from "./finding";
import { distinct, objectFaults } from "./shape";

const DEEPEST = 40, MOST_PARTS = 20_000;
const STEPS = JOURNEY_SCHEMA.properties?.["steps"] ?? {};

export type Read = { journey: Journey | null; found: Finding[]; unread: ReadonlySet<string> };

export function readJourney(document: Json | undefined): Read {
  const refused = tooLarge(document);
  if (refused) return { journey: null, found: [refused], unread: new Set() };
  if (!isFields(document)) return { journey: null, found: [finding("bad_shape", "", "a journey is an object with key, name, entry, start and steps")], unread: new Set() };
  const raw = document["steps"];
  const inSteps: Finding[] = [];
  const steps: Record<string, Step> = {};
  for (const [id, part] of Object.entries(isFields(raw) ? raw : {})) {
    const step = stepAt(part, id);
    if (Array.isArray(step)) inSteps.push(...step);
    else steps[id] = step;
  }
  const inHead = distinct([...headFaults(document, isFields(raw) ? steps : raw)]);
  const faulty = new Set(inHead.map((one) => partOf(one)));
  const kept = Object.fromEntries(Object.entries(document).filter(([name]) => !faulty.has(name) && name !== "steps"));
  const journey = { key: "unnamed", name: "Unnamed", ...kept, steps: faulty.has("steps") ? {} : steps } as Journey;
  const unread = new Set(Object.keys(isFields(raw) ? raw : {}).filter((id) => !Object.hasOwn(journey.steps, id)));
  return { journey, found: [...inHead, ...inSteps], unread };
}

/** Fields in the order of the server's model: the steps stand where they stand there. */
function headFaults(document: Fields, steps: Json | undefined): Finding[] {
  const ids = isFields(steps) ? Object.fromEntries(Object.keys(steps).map((id) => [id, {}])) : steps;
  const form = { ...STEPS, patternProperties: Object.fromEntries(Object.keys(STEPS.patternProperties ?? {}).map((pattern) => [pattern, {}])) };
  const properties = { ...JOURNEY_SCHEMA.properties, steps: form };
  return objectFaults({ ...document, ...(steps === undefined ? {} : { steps: ids }) }, { ...JOURNEY_SCHEMA, properties }, "", "Journey");
}

export const partOf = (one: Finding) => one.place.split(".")[0]!.split("[")[0]!;

const known = new WeakMap<object, { id: string; found: Step | Finding[] }>();

/** Of a step that was not touched since it was read last, the same is said. */
function stepAt(raw: Json | undefined, id: string): Step | Finding[] {
  if (!isFields(raw)) return readStep(raw, `steps.${id}`);
  const before = known.get(raw);
  if (before?.id === id) return before.found;
  const found = readStep(raw, `steps.${id}`);
  known.set(raw, { id, found });
  return found;
}

/** A step with its ways in `ports`, or what is wrong with it. */
function readStep(raw: Json | undefined, place: string): Step | Finding[] {
  if (!isFields(raw)) return [finding("bad_shape", place, "a step is an object with a kind")];
  const word = raw["kind"];
  const kind = typeof word === "string" ? kindOf(word) : undefined;
  if (!kind) return [finding("unknown_step", `${place}.kind`, `there is no kind of step '${typeof word === "string" ? word : ""}'; kinds are ${KINDS.map((one) => one.kind).join(", ")}`)];
  const form = formOf(kind.kind)!;
  const names = form.properties ?? {};
  const settings = Object.fromEntries(Object.entries(raw).filter(([key]) => key in names));
  const inSettings = distinct(objectFaults(settings, form, place, kind.settings));
  if (inSettings.length) return inSettings;
  const step = { ...settings, kind: kind.kind } as Step;
  const beside = Object.fromEntries(Object.entries(raw).filter(([key]) => !(key in names) && !(STEP_FIELDS as readonly string[]).includes(key)));
  const found = besideFaults(step, raw, beside, place);
  return found.length ? found : { ...raw, kind: kind.kind, ports: waysOf({ ...raw, kind: kind.kind } as Step) };
}

function besideFaults(step: Step, raw: Fields, beside: Fields, place: string): Finding[] {
  const ports = portsOf(step);
  const found = Object.keys(beside).filter((key) => !ports.includes(key)).map((key) => finding("unknown_field", `${place}.${key}`, `a step of the kind '${step.kind}' has no setting and no way out '${key}'`));
  const written = "ports" in raw ? raw["ports"] : {};
  if (!isFields(written)) found.push(finding("bad_shape", `${place}.ports`, "ports is an object: name of a way out -> step"));
  const wired: Fields = { ...(isFields(written) ? written : {}), ...("next" in raw ? { next: raw["next"] } : {}) };
  for (const key of Object.keys(wired)) {
    const at = key === "next" && "next" in raw ? "next" : `ports.${key}`;
    if (!ports.includes(key)) found.push(finding("unknown_port", `${place}.${at}`, `this step has no way out '${key}'; it has ${ports.join(", ") || "none"}`));
  }
  const all = { ...wired, ...Object.fromEntries(Object.entries(beside).filter(([key]) => ports.includes(key))) };
  for (const [key, to] of Object.entries(all)) if (typeof to !== "string") found.push(finding("bad_shape", `${place}.${key}`, "a way out leads to the id of a step"));
  for (const key of ["name", "note"]) {
    const text = key in raw ? raw[key] : "";
    if (typeof text !== "string" || [...text].length > 2000) found.push(finding("bad_shape", `${place}.${key}`, "text of at most 2000 characters"));
  }
  if ("disabled" in raw && typeof raw["disabled"] !== "boolean") found.push(finding("bad_shape", `${place}.disabled`, "a step is switched off by 'disabled: true'"));
  return found;
}

function tooLarge(document: Json | undefined): Finding | null {
  const waiting: [Json | undefined, number][] = [[document, 0]];
  let parts = 0;
  while (waiting.length) {
    const [part, depth] = waiting.pop()!;
    parts++;
    if (depth > DEEPEST) return finding("too_large", "", `nested deeper than ${DEEPEST} levels`);
    if (parts > MOST_PARTS) return finding("too_large", "", `larger than ${MOST_PARTS} parts; move some of it into a sub-journey`);
    for (const inner of Array.isArray(part) ? part : isFields(part) ? Object.values(part) : []) waiting.push([inner, depth + 1]);
  }
  return null;
}
