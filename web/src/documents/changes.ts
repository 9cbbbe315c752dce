/** What differs between two bodies of a document, in sentences: names out of its JSON Schema, conditions in words. */
import { describe } from "../conditions/describe";
import type { Condition } from "../conditions/model";
import { number } from "../format";
import { conditions as conditionWords } from "../words/en.conditions";
import { words } from "../words/en";

export type Body = Record<string, unknown>;
export type Schema = { title?: string; properties?: Record<string, Schema>; items?: Schema; $ref?: string; $defs?: Record<string, Schema>; anyOf?: Schema[]; [other: string]: unknown };
export type Change = { name: string; sentence: string; kind: "added" | "changed" | "removed" };

const CONDITIONS = new Set(["condition", "until", "applies_to", "when"]);
const LONGEST = 300;

/** Keys in the order of the newer body, then those that went. schema: gives names; without one keys speak for themselves. */
export function changesOf(before: Body, after: Body, schema?: Schema): Change[] {
  const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])].filter((key) => !same(before[key], after[key]));
  return keys.flatMap((key) => within(nameOf(key, schema), key, before[key], after[key]));
}

function within(name: string, key: string, before: unknown, after: unknown): Change[] {
  if (isBody(before) && isBody(after) && !CONDITIONS.has(key)) return changesOf(before, after).map((one) => ({ ...one, sentence: `${name}: ${one.sentence}` }));
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].every(isBody)) return listed(name, before as Body[], after as Body[]);
  if (before === undefined || before === null) return [{ name, kind: "added", sentence: words.documents.added(name, said(after, key)) }];
  if (after === undefined || after === null) return [{ name, kind: "removed", sentence: words.documents.removed(name, said(before, key)) }];
  return [{ name, kind: "changed", sentence: words.documents.changed(name, said(before, key), said(after, key)) }];
}

/** Parts of a list are known by their key, else by their place. */
function listed(name: string, before: Body[], after: Body[]): Change[] {
  const idOf = (part: Body, place: number) => String(part["key"] ?? part["id"] ?? place + 1);
  const [old, next] = [before, after].map((parts) => new Map(parts.map((part, place) => [idOf(part, place), part]))) as [Map<string, Body>, Map<string, Body>];
  return [...new Set([...next.keys(), ...old.keys()])].flatMap((id) => within(`${name} ${id}`, "", old.get(id), next.get(id)));
}

const isBody = (value: unknown): value is Body => typeof value === "object" && value !== null && !Array.isArray(value);

/** Equal as documents: the order of keys says nothing. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, n) => same(one, b[n]));
  if (!isBody(a) || !isBody(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
}

function nameOf(key: string, schema?: Schema): string {
  const title = schema?.properties?.[key]?.title ?? key.replaceAll("_", " ");
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function said(value: unknown, key: string): string {
  if (value === undefined || value === null || value === "") return words.documents.nothing;
  if (typeof value === "boolean") return value ? conditionWords.yes : conditionWords.no;
  if (typeof value === "number") return number(value);
  const text = CONDITIONS.has(key) && isBody(value) ? describe(value as Condition)
    : Array.isArray(value) && value.every((one) => typeof one !== "object") ? value.join(", ") || words.documents.nothing
    : typeof value === "string" ? value : summary(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A part by the field that people know it by. */
function summary(value: unknown): string {
  if (Array.isArray(value)) return value.map(summary).join("; ") || words.documents.nothing;
  if (!isBody(value)) return String(value);
  const known = value["title"] ?? value["name"] ?? value["template"] ?? value["endpoint"];
  return [value["kind"], known].filter(Boolean).join(" ") || JSON.stringify(value);
}
