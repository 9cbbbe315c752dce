/** What a part of a schema looks like in a form, and what a new one begins with. Pure; knows shapes and marks, no kinds. */
import { isFields, resolved, withoutNull, type Fields, type Json, type Schema } from "./schema";

export type Shape =
  | { is: "condition" | "flag" | "moment" | "anything" | "fixed" }
  | { is: "text"; names: string | undefined; long: boolean; suggestions: string[] }
  | { is: "number"; whole: boolean }
  | { is: "choice"; options: Json[]; orNumber: Schema | null }
  | { is: "choices"; options: Json[] }
  | { is: "list"; item: Schema }
  | { is: "map"; key: Schema; value: Schema }
  | { is: "measures" | "group" }
  | { is: "oneOf"; forms: Schema[]; telling: string | null }
  | { is: "anyOf"; forms: Schema[] };

const LIST_TO_TICK = 8;

/** schema: resolved, and without "or nothing". */
export function shapeOf(schema: Schema, root: Schema): Shape {
  if (schema["x-names"] === "condition") return { is: "condition" };
  if (schema.const !== undefined) return { is: "fixed" };
  if (schema.oneOf) return { is: "oneOf", forms: schema.oneOf.map((one) => resolved(one, root)), telling: schema.discriminator?.propertyName ?? null };
  if (schema.anyOf) return unionShape(schema.anyOf.map((one) => resolved(one, root)), root);
  if (schema.enum) return { is: "choice", options: schema.enum, orNumber: null };
  if (schema.type === "boolean") return { is: "flag" };
  if (schema.type === "number" || schema.type === "integer") return { is: "number", whole: schema.type === "integer" };
  if (schema.type === "array") return listShape(schema, root);
  if (schema.type === "object") return objectShape(schema, root);
  if (schema.type !== "string") return { is: "anything" };
  if (schema.format === "date-time") return { is: "moment" };
  return { is: "text", names: schema["x-names"], long: (schema.maxLength ?? 0) > 1000, suggestions: [] };
}

function unionShape(forms: Schema[], root: Schema): Shape {
  const words = forms.filter((one) => one.enum), texts = forms.filter((one) => one.type === "string" && !one.enum), numbers = forms.filter((one) => one.type === "integer" || one.type === "number");
  const options = words[0]?.enum ?? [];
  if (words.length === 1 && texts.length === 1 && forms.length === 2) return { is: "text", names: texts[0]!["x-names"], long: false, suggestions: options.map(String) };
  if (words.length === 1 && numbers.length === 1 && forms.length === 2) return { is: "choice", options, orNumber: numbers[0]! };
  // The first of several spellings is the one that is kept: 'mon' before 'monday', a list before a single text.
  if (words.length === forms.length) return { is: "choice", options, orNumber: null };
  const list = forms.find((one) => one.type === "array");
  if (list && forms.every((one) => one === list || same(one, resolved(list.items ?? {}, root)))) return shapeOf(list, root);
  return { is: "anyOf", forms };
}

const same = (one: Schema, other: Schema) => one.type === other.type && one.pattern === other.pattern;

function listShape(schema: Schema, root: Schema): Shape {
  const item = resolved(schema.items ?? {}, root);
  const inner = shapeOf(item, root);
  return inner.is === "choice" && !inner.orNumber && inner.options.length <= LIST_TO_TICK ? { is: "choices", options: inner.options } : { is: "list", item };
}

function objectShape(schema: Schema, root: Schema): Shape {
  const parts = Object.values(schema.properties ?? {}).map((one) => resolved(one, root));
  if (!parts.length) {
    const value = Object.values(schema.patternProperties ?? {})[0] ?? schema.additionalProperties;
    return typeof value === "object" ? { is: "map", key: keySchema(schema), value: resolved(value, root) } : { is: "anything" };
  }
  const measured = parts.length > 1 && !schema.required?.length && parts.every((one) => (one.type === "number" || one.type === "integer") && one.default === 0);
  return { is: measured ? "measures" : "group" };
}

const keySchema = (schema: Schema): Schema => {
  const [pattern] = Object.keys(schema.patternProperties ?? {});
  return { type: "string", ...schema.propertyNames, ...(pattern === undefined ? {} : { pattern }) };
};

/** What a part begins with when somebody adds it; undefined where only they can say. */
export function beginningOf(schema: Schema, root: Schema): Json | undefined {
  const { schema: here, nullable } = withoutNull(resolved(schema, root), root);
  if (here.const !== undefined) return here.const;
  if (here.default !== undefined && here.default !== null) return structuredClone(here.default);
  const shape = shapeOf(here, root);
  switch (shape.is) {
    case "group": return fieldsOf(here, root);
    case "measures": return { [Object.keys(here.properties ?? {})[1] ?? ""]: 1 };
    case "map": return {};
    case "list": case "choices": return Array.from({ length: here.minItems ?? 0 }, () => (shape.is === "list" ? beginningOf(shape.item, root) : shape.options[0]) ?? "");
    case "oneOf": return shape.forms[0] && beginningOf(shape.forms[0], root);
    case "flag": return nullable ? undefined : false;
    case "choice": return nullable ? undefined : shape.options[0];
    default: return undefined;
  }
}

function fieldsOf(schema: Schema, root: Schema): Fields {
  return Object.fromEntries((schema.required ?? []).flatMap((name) => {
    const begin = beginningOf(schema.properties?.[name] ?? {}, root);
    return begin === undefined ? [] : [[name, begin]];
  }));
}

/** Which form of several a value has: by the word that tells them apart, else by the keys that each must have. */
export function formIn(forms: readonly Schema[], telling: string | null, value: Json | undefined): number {
  if (!isFields(value)) return -1;
  if (telling !== null) return forms.findIndex((form) => form.properties?.[telling]?.const === value[telling]);
  return forms.findIndex((form) => (form.required ?? []).every((name) => name in value) && Boolean(form.required?.length));
}

/** Which form of a union of simple types a value has. */
export function typeIn(forms: readonly Schema[], value: Json | undefined): number {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "object" ? "object" : typeof value;
  const at = forms.findIndex((form) => form.type === type || (type === "number" && form.type === "integer"));
  return value === undefined ? 0 : at;
}

/** The fields of a group as they are shown: what must be given first, the others in the order of the schema. */
export function orderOf(schema: Schema): string[] {
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {}).filter((name) => schema.properties![name]!.const === undefined);
  return [...names.filter((name) => required.has(name)), ...names.filter((name) => !required.has(name))];
}

/** 'risk_level' → 'Risk level', where a schema gives no title. */
export const titleOf = (schema: Schema, name: string): string => schema.title ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " ");

/** A value as a form keeps it: defaults and what is empty are left out. */
export function kept(value: Json | undefined, schema: Schema): Json | undefined {
  if (value === "" || value === undefined) return undefined;
  if (value === null && !("type" in schema && schema.type === "null")) return undefined;
  return JSON.stringify(value) === JSON.stringify(schema.default) ? undefined : value;
}
