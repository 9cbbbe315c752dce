/** Whether a value has the shape that its schema asks for, told at the places and in the words of the server (Pydantic). */
import { isFields, type Json, type Schema } from "../../forms/schema";
import { JOURNEY_SCHEMA } from "../kinds";
import { conditionOf, Unreadable } from "./conditionText";
import { finding, type Finding } from "./finding";
import { RULES, TEXTS } from "./rules";
import { characters, either, items } from "./said";

const MODEL = "#/$defs/";
/** The forms of a condition, as they stand within others. */
const isCondition = (one: Schema) => Boolean(one.oneOf?.some((form) => form.$ref === `${MODEL}Compare`));
const NO_CONDITION = "a condition is an object with one of: all, any, not, column, event, no_event, sequence, segment";
const NO_ENTRY = "an entry has one of: signal, event, segment, condition, of, schedule, manual, api";
const bad = (place: string, said: string) => [finding("bad_value", place, said)];

/** at: the model and field that the value stands in, for rules. */
export function faults(value: Json | undefined, schema: Schema, place: string, at = ""): Finding[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(MODEL.length);
    const model = JOURNEY_SCHEMA.$defs[name] ?? {};
    return model.type === "object" && model.properties ? objectFaults(value, model, place, name) : faults(value, model, place, at);
  }
  if (schema["x-names"] === "condition") return conditionFaults(value, place);
  if (schema.oneOf) return formFaults(value, schema, place);
  if (schema.anyOf?.some(isCondition)) return conditionFaults(value, place);
  if (schema.anyOf) return unionFaults(value, schema.anyOf, place, at);
  if (schema.const !== undefined) return value === schema.const ? [] : bad(place, `Input should be ${either([schema.const])}`);
  if (schema.enum) return schema.enum.includes(value ?? null) ? [] : bad(place, `Input should be ${either(schema.enum)}`);
  if (schema.type === "string") return textFaults(value, schema, place, at);
  if (schema.type === "number" || schema.type === "integer") return numberFaults(value, schema, place);
  if (schema.type === "boolean") return flagFaults(value, place);
  if (schema.type === "array") return listFaults(value, schema, place, at);
  return schema.type === "object" ? mapFaults(value, schema, place) : [];
}

function conditionFaults(value: Json | undefined, place: string): Finding[] {
  if (typeof value !== "string") return spelledFaults(value, place);
  try {
    return spelledFaults(conditionOf(value), place);
  } catch (reason) {
    if (reason instanceof Unreadable) return bad(place, reason.message);
    throw reason;
  }
}

/** A text inside is refused for the whole: it is spelled out before anything else is looked at. */
function spelledFaults(value: Json | undefined, place: string): Finding[] {
  const inner = isFields(value) ? [value["all"], value["any"]].flatMap((parts) => (Array.isArray(parts) ? parts : [])).concat(value["not"] === undefined ? [] : [value["not"]]) : [];
  const unread = inner.flatMap((part) => (typeof part === "string" ? conditionFaults(part, place) : []));
  return unread.length ? unread.slice(0, 1) : faults(value, CONDITION, place);
}

const CONDITION: Schema = JOURNEY_SCHEMA.$defs["Exit"]?.properties?.["condition"]?.anyOf?.find(isCondition) ?? {};

/** One of several forms: by the word in a field, or by the key that each must have. */
function formFaults(value: Json | undefined, { oneOf = [], discriminator }: Schema, place: string): Finding[] {
  if (discriminator) {
    const [field, tags] = [discriminator.propertyName, Object.values(oneOf).map((one) => nameOf(discriminator.mapping, one))];
    if (!isFields(value)) return bad(place, "Input should be a valid dictionary or object to extract fields from");
    if (value[field] === undefined) return bad(place, `Unable to extract tag using discriminator '${field}'`);
    const form = discriminator.mapping?.[String(value[field])];
    if (form === undefined) return bad(place, `Input tag '${String(value[field])}' found using '${field}' does not match any of the expected tags: ${tags.map((tag) => `'${tag}'`).join(", ")}`);
    return faults(value, { $ref: form }, `${place}.${String(value[field])}`);
  }
  const form = isFields(value) ? oneOf.find((one) => (telling(one) ?? "") in value) : undefined;
  if (form) return faults(value, form, place);
  return bad(place, isCondition({ oneOf }) ? NO_CONDITION : NO_ENTRY);
}

const telling = (one: Schema) => JOURNEY_SCHEMA.$defs[one.$ref?.slice(MODEL.length) ?? ""]?.required?.[0];
const nameOf = (mapping: Record<string, string> | undefined, one: Schema) => Object.entries(mapping ?? {}).find(([, ref]) => ref === one.$ref)?.[0] ?? "";

/** Nothing is wrong where one member takes it; else what the first that is of its making says. */
function unionFaults(value: Json | undefined, members: Schema[], place: string, at: string): Finding[] {
  if (value === null && members.some((one) => one.type === "null")) return [];
  const real = members.filter((one) => one.type !== "null");
  const told = real.map((one) => faults(value, one, place, at));
  if (told.some((one) => !one.length)) return [];
  return place.endsWith(".schedule.at") || at === "Schedule.at" ? told[Array.isArray(value) ? 1 : 0]! : merged(told);
}

function merged(told: Finding[][]): Finding[] {
  const places = new Map<string, Finding>();
  for (const one of told.flat()) if (!places.has(one.place)) places.set(one.place, one);
  return [...places.values()];
}

function textFaults(value: Json | undefined, schema: Schema, place: string, at: string): Finding[] {
  if (typeof value !== "string") return schema.format === "date-time" ? bad(place, "Input should be a valid datetime") : bad(place, "Input should be a valid string");
  if (schema.format === "date-time") return isMoment(value) ? [] : bad(place, `Input should be a valid datetime or date, ${value.length < 10 ? "input is too short" : "invalid character in year"}`);
  const length = [...value].length;
  if (schema.minLength !== undefined && length < schema.minLength) return bad(place, `String should have at least ${characters(schema.minLength)}`);
  if (schema.maxLength !== undefined && length > schema.maxLength) return bad(place, `String should have at most ${characters(schema.maxLength)}`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) return bad(place, `String should match pattern '${schema.pattern}'`);
  const said = TEXTS[at]?.(value);
  return said ? bad(place, said) : [];
}

const isMoment = (text: string) => /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i.test(text) && !Number.isNaN(Date.parse(text.replace(" ", "T")));

function numberFaults(value: Json | undefined, schema: Schema, place: string): Finding[] {
  const whole = schema.type === "integer", kind = whole ? "integer" : "number";
  const read = typeof value === "boolean" ? Number(value) : typeof value === "string" ? (value.trim() === "" ? NaN : Number(value)) : value;
  if (typeof read !== "number") return bad(place, `Input should be a valid ${kind}`);
  if (Number.isNaN(read)) return bad(place, `Input should be a valid ${kind}, unable to parse string as ${whole ? "an integer" : "a number"}`);
  if (whole && !Number.isInteger(read)) return bad(place, typeof value === "string" ? "Input should be a valid integer, unable to parse string as an integer" : "Input should be a valid integer, got a number with a fractional part");
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (maximum !== undefined && read > maximum) return bad(place, `Input should be less than or equal to ${maximum}`);
  if (minimum !== undefined && read < minimum) return bad(place, `Input should be greater than or equal to ${minimum}`);
  if (exclusiveMaximum !== undefined && read >= exclusiveMaximum) return bad(place, `Input should be less than ${exclusiveMaximum}`);
  return exclusiveMinimum !== undefined && read <= exclusiveMinimum ? bad(place, `Input should be greater than ${exclusiveMinimum}`) : [];
}

const FLAGS = new Set(["0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"]);
function flagFaults(value: Json | undefined, place: string): Finding[] {
  if (typeof value === "boolean" || value === 0 || value === 1 || (typeof value === "string" && FLAGS.has(value.toLowerCase()))) return [];
  const isOther = typeof value === "string" || (typeof value === "number" && Number.isInteger(value));
  return bad(place, `Input should be a valid boolean${isOther ? ", unable to interpret input" : ""}`);
}

function listFaults(value: Json | undefined, schema: Schema, place: string, at: string): Finding[] {
  if (!Array.isArray(value)) return bad(place, "Input should be a valid tuple");
  const inner = value.flatMap((part, number) => faults(part, schema.items ?? {}, `${place}[${number}]`, at));
  if (schema.maxItems !== undefined && value.length > schema.maxItems) return [...bad(place, `Tuple should have at most ${items(schema.maxItems)} after validation, not ${value.length > schema.maxItems ? schema.maxItems + 1 : value.length}`)];
  if (inner.length) return inner;
  return schema.minItems !== undefined && value.length < schema.minItems ? bad(place, `Tuple should have at least ${items(schema.minItems)} after validation, not ${value.length}`) : [];
}

/** Names to values. */
function mapFaults(value: Json | undefined, schema: Schema, place: string): Finding[] {
  if (!isFields(value)) return bad(place, "Input should be a valid dictionary");
  const [pattern] = Object.keys(schema.patternProperties ?? {});
  const values = pattern === undefined ? schema.additionalProperties : schema.patternProperties![pattern];
  const names: Schema = { ...schema.propertyNames, type: "string", ...(pattern === undefined ? {} : { pattern }) };
  const inner = Object.entries(value).flatMap(([name, part]) => [...faults(name, names, `${place}.${name}.[key]`), ...(typeof values === "object" ? faults(part, values, `${place}.${name}`) : [])]);
  const count = Object.keys(value).length;
  if (inner.length) return inner;
  if (schema.minProperties !== undefined && count < schema.minProperties) return bad(place, `Dictionary should have at least ${items(schema.minProperties)} after validation, not ${count}`);
  return schema.maxProperties !== undefined && count > schema.maxProperties ? bad(place, `Dictionary should have at most ${items(schema.maxProperties)} after validation, not ${count}`) : [];
}

/** A part with fields of its own. isClosed: unknown fields are faults. */
export function objectFaults(value: Json | undefined, schema: Schema, place: string, name: string): Finding[] {
  if (!isFields(value)) return bad(place, `Input should be a valid dictionary or instance of ${name}`);
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  const found = properties.flatMap(([field, part]) => {
    const inner = joined(place, field);
    if (value[field] !== undefined) return faults(value[field], part, inner, `${name}.${field}`);
    return required.has(field) ? [finding("missing_field", inner, "Field required")] : [];
  });
  const extra = Object.keys(value).filter((field) => value[field] !== undefined && !(field in (schema.properties ?? {})));
  found.push(...extra.map((field) => finding("unknown_field", joined(place, field), "there is no such field")));
  const said = found.length ? null : RULES[name]?.(value);
  return said ? bad(place, said) : found;
}

const joined = (place: string, field: string) => (place ? `${place}.${field}` : field);

/** One finding a place; a whole that is only refused for its part is left out. */
export function distinct(found: Finding[]): Finding[] {
  const places = merged([found]);
  return places.filter((one) => !places.some((other) => other.place.startsWith(`${one.place}[`)));
}
