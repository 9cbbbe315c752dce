/** The kinds of steps, from the schema that the server's settings are written in: forms, shelves of the palette, ways out.
 * schema.json is what GET /api/schemas/journey answers (a test of the server holds it to that), so a new kind of step needs
 * nothing here. */
import { isFields, resolved, type Fields, type Json, type Schema } from "../forms/schema";
import type { Step } from "./document";
import written from "./schema.json";

type Test = { setting: string; is?: string; not?: boolean };
type Way = { name?: string; each?: string; item?: string; when?: Test[] };
export type Kind = {
  kind: string; label: string; about: string; group: string; asks: boolean; settings: string;
  ways: Way[]; parks: Test[][]; begin: Fields;
};

export const JOURNEY_SCHEMA = written as unknown as Schema & { "x-steps": Kind[]; $defs: Record<string, Schema> };
/** In the palette's order. */
export const KINDS: readonly Kind[] = JOURNEY_SCHEMA["x-steps"];
const BY_WORD = new Map(KINDS.map((kind) => [kind.kind, kind]));
const BESIDE = ["kind", "name", "note", "disabled", "ports", "next"];

export const kindOf = (word: string): Kind | undefined => BY_WORD.get(word);

const forms = new Map<string, Schema>();
/** The schema of a kind's settings, with the definitions that it refers to: what SchemaForm draws. */
export function formOf(word: string): Schema | undefined {
  const kind = kindOf(word);
  if (!kind) return undefined;
  if (!forms.has(word)) forms.set(word, settingsForm(JOURNEY_SCHEMA.$defs[kind.settings] ?? {}));
  return forms.get(word);
}

function settingsForm(step: Schema): Schema {
  const properties = Object.fromEntries(Object.entries(step.properties ?? {}).filter(([name]) => !BESIDE.includes(name)));
  return { ...step, properties, required: (step.required ?? []).filter((name) => name !== "kind"), additionalProperties: false, $defs: JOURNEY_SCHEMA.$defs };
}

/** The schema of a part of the journey's head: `entry`, `goal`, `re_entry`, ... */
export const headForm = (names: readonly string[]): Schema => ({
  type: "object", $defs: JOURNEY_SCHEMA.$defs,
  properties: Object.fromEntries(names.map((name) => [name, JOURNEY_SCHEMA.properties?.[name] ?? {}])),
  required: names.filter((name) => JOURNEY_SCHEMA.required?.includes(name)),
});

/** A setting by its dotted name, its default where it was not given. */
export function settingAt(step: Step, path: string): Json | undefined {
  let schema = formOf(step.kind) ?? {};
  let value: Json | undefined = step as Fields;
  for (const name of path.split(".")) {
    const form: Schema = (schema.anyOf ?? [schema]).map((one) => resolved(one, JOURNEY_SCHEMA)).find((one) => one.properties) ?? {};
    schema = resolved(form.properties?.[name] ?? {}, JOURNEY_SCHEMA);
    if (!isFields(value)) return undefined;
    value = value[name] ?? schema.default;
  }
  return value;
}

/** Something was given: not nothing, no, 0, nor empty. */
function isGiven(value: Json | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : isFields(value) || Boolean(value);
}

function holds(step: Step, test: Test): boolean {
  const value = settingAt(step, test.setting);
  return (test.is === undefined ? isGiven(value) : value === test.is) !== Boolean(test.not);
}

/** Steps that lead runs (choose ways, fork, meet, start journeys, end) cannot be switched off: nobody could say where runs go. */
export const canBeOff = (step: Step): boolean => kindOf(step.kind)?.group !== "flow";

/** Whether time passes in it for sure. */
export const parks = (step: Step): boolean => step.disabled !== true && (kindOf(step.kind)?.parks ?? []).some((tests) => tests.every((test) => holds(step, test)));

type PortSource = { source: string; port: string };
const known = new WeakMap<Step, PortSource[]>();

/** Every way out with its source: the name itself, or the place of the list that it stands in. Names may come twice. */
export function portSources(step: Step): PortSource[] {
  const before = known.get(step);
  if (before) return before;
  const found = sourcesNow(step);
  known.set(step, found);
  return found;
}

function sourcesNow(step: Step): PortSource[] {
  return (kindOf(step.kind)?.ways ?? []).filter((way) => (way.when ?? []).every((test) => holds(step, test))).flatMap((way) => {
    if (way.each === undefined) return [{ source: `.${way.name}`, port: way.name ?? "" }];
    const list = settingAt(step, way.each);
    return (Array.isArray(list) ? list : []).flatMap((part, at) => {
      const port = way.item === undefined ? part : isFields(part) ? part[way.item] : undefined;
      return typeof port === "string" && port !== "" ? [{ source: `${way.each}[${at}]`, port }] : [];
    });
  });
}

/** Every way out that the step has with its settings, in the order of its form, each once. */
export const portsOf = (step: Step): string[] => [...new Set(portSources(step).map((one) => one.port))];

/** The way on: where what was behind a step goes on when the step is put before it. */
export function mainPort(step: Step): string | undefined {
  const ports = portsOf(step);
  return ports.includes("next") ? "next" : ports[0];
}
