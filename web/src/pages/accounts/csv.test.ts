import fc from "fast-check";
import { expect, test } from "vitest";

import { cell } from "./csv";

/** What a reader of RFC 4180 makes of one cell. */
const read = (written: string): string => (written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written);

test("any text comes back as it was, but for the apostrophe that disarms a formula", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const back = read(cell(text));
    expect(back === text || back === `'${text}`).toBe(true);
    expect(/^[=+\-@\t\r]/.test(back)).toBe(false);
  }));
});

test("a number stays a number, and nothing is written for what is not known", () => {
  expect([cell(-3.5), cell(null), cell(undefined)]).toEqual(["-3.5", "", ""]);
});
