/** The same examples that the server's tests read: what it says of each is what is said here. */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

import type { Json } from "../forms/schema";
import { findingsOf, ONLY_THE_SERVER, type Finding, type Known } from "./validate";

type Vector = { name: string; document: Json; workspace?: Known; findings: Finding[] };
const folder = new URL("../../../tests/journeys/vectors/", import.meta.url);
const VECTORS = readdirSync(folder).filter((file) => file !== "changed.json").flatMap((file) => (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Vector[]).map((vector) => ({ ...vector, name: `${file}: ${vector.name}` })));
const told = (findings: readonly Finding[]) => findings.map(({ code, place, message, is_error }) => `${is_error ? "error" : "warning"} ${code} | ${place} | ${message}`).sort();

describe("as the server says", () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))("%s", (_, { document, workspace, findings }) => {
    expect(told(findingsOf(document, workspace))).toEqual(told(findings.filter((one) => !(one.code in ONLY_THE_SERVER))));
  });
});

it("only the server says what it alone can know", () => {
  const manual = readFileSync(new URL("../../../docs/journeys.md", import.meta.url), "utf8");
  const codes = [...manual.matchAll(/^\| `([a-z0-9_]+)` \| /gm)].map((one) => one[1]!);
  const said = new Set(VECTORS.flatMap(({ document, workspace }) => findingsOf(document, workspace).map((one) => one.code)));
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !said.has(code)).sort()).toEqual(Object.keys(ONLY_THE_SERVER).sort());
});

type Change = { base: string; at: (string | number)[]; value?: Json; knows: boolean; more: Finding[]; less: Finding[] };
type Changed = { bases: Record<string, Json>; workspace: Known; findings: Record<string, [Finding[], Finding[]]>; changes: Change[] };
const CHANGED = JSON.parse(readFileSync(new URL("changed.json", folder), "utf8")) as Changed;

/** The document with another value at a path, or without what stands there. */
function changed(document: Json | undefined, [key, ...way]: (string | number)[], change: Change): Json {
  if (key === undefined) return change.value ?? null;
  const isLast = !way.length && !("value" in change);
  if (Array.isArray(document)) return isLast ? document.filter((_, at) => at !== key) : document.map((part, at) => (at === key ? changed(part, way, change) : part));
  const entries = Object.entries(document as Record<string, Json>);
  return Object.fromEntries(isLast ? entries.filter(([name]) => name !== key) : entries.map(([name, part]) => [name, name === key ? changed(part, way, change) : part]));
}

describe.each(Object.keys(CHANGED.bases))("a change of one part of %s is told as the server tells it", (base) => {
  it.each(CHANGED.changes.filter((one) => one.base === base).map((one) => [`${one.at.join(".")} ${"value" in one ? `= ${JSON.stringify(one.value).slice(0, 40)}` : "taken away"}`, one] as const))("%s", (_, change) => {
    const expected = [...CHANGED.findings[base]![change.knows ? 1 : 0].filter((one) => !told(change.less).includes(told([one])[0]!)), ...change.more];
    expect(told(findingsOf(changed(CHANGED.bases[base], change.at, change), change.knows ? CHANGED.workspace : {}))).toEqual(told(expected.filter((one) => !(one.code in ONLY_THE_SERVER))));
  });
});
