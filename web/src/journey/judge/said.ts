/** Texts as the server makes them: lists of choices, numbers, quoted texts, near names. */
import type { Json } from "../../forms/schema";

const literal = (value: Json) => (typeof value === "string" ? `'${value}'` : value === true ? "True" : value === false ? "False" : String(value));

/** 'a', 'b' or 'c' */
export function either(values: readonly Json[]): string {
  const told = values.map(literal);
  return told.length < 2 ? told.join("") : `${told.slice(0, -1).join(", ")} or ${told.at(-1)}`;
}

export const items = (count: number) => `${count} item${count === 1 ? "" : "s"}`;
export const characters = (count: number) => `${count} character${count === 1 ? "" : "s"}`;

/** A text as Python quotes it. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll("\r", "\\r");
  return `${mark}${mark === "'" ? inner.replaceAll("'", "\\'") : inner}${mark}`;
}

/** Six significant digits, as Python's :g. */
export function short(value: number): string {
  const [digits = "", power] = value.toPrecision(6).split("e");
  const trimmed = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  if (power === undefined) return value !== 0 && Math.abs(value) < 1e-4 ? exponential(value) : trimmed;
  return exponential(value);
}

function exponential(value: number): string {
  const [digits = "", power = "0"] = value.toExponential(5).split("e");
  return `${digits.replace(/\.?0+$/, "")}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

/** '; did you mean x or y?', as Python's difflib finds them. */
export function near(name: string, known: Iterable<string>): string {
  const scored = [...known].map((one) => ({ one, ratio: likeness(one, name) })).filter(({ ratio }) => ratio >= 0.6);
  const best = scored.sort((a, b) => b.ratio - a.ratio || (a.one < b.one ? 1 : a.one > b.one ? -1 : 0)).slice(0, 3);
  return best.length ? `; did you mean ${best.map(({ one }) => one).join(" or ")}?` : "";
}

/** Twice the matching characters over all: blocks found longest first (Ratcliff and Obershelp). */
export function likeness(a: string, b: string): number {
  if (!a.length && !b.length) return 1;
  if (2 * Math.min(a.length, b.length) / (a.length + b.length) < 0.6) return 0;
  let matches = 0;
  const waiting: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  while (waiting.length) {
    const [fromA, toA, fromB, toB] = waiting.pop()!;
    const [atA, atB, size] = longest(a, b, fromA, toA, fromB, toB);
    if (!size) continue;
    matches += size;
    waiting.push([fromA, atA, fromB, atB], [atA + size, toA, atB + size, toB]);
  }
  return 2 * matches / (a.length + b.length);
}

function longest(a: string, b: string, fromA: number, toA: number, fromB: number, toB: number): [number, number, number] {
  let best: [number, number, number] = [fromA, fromB, 0];
  let lengths = new Map<number, number>();
  for (let at = fromA; at < toA; at++) {
    const now = new Map<number, number>();
    for (let other = fromB; other < toB; other++) {
      if (a[at] !== b[other]) continue;
      const size = (lengths.get(other - 1) ?? 0) + 1;
      now.set(other, size);
      if (size > best[2]) best = [at - size + 1, other - size + 1, size];
    }
    lengths = now;
  }
  return best;
}
