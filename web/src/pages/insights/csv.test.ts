import * as check from "fast-check";
import { expect, test } from "vitest";

import type { KpiRow } from "../../api/insights";
import { cell, csvOf, tableCsv } from "./csv";

test("no name of a customer becomes a formula in a spreadsheet", () => {
  check.assert(check.property(check.constantFrom("=", "+", "-", "@"), check.string(), (sign, rest) => {
    expect(cell(`${sign}${rest}`).replace(/^"/, "").startsWith("'")).toBe(true);
  }));
});

test("commas, quotes and line ends stay within their cell", () => {
  expect(tableCsv(["a", "b"], [["x, y", 'say "so"'], [null, 1.5]])).toBe('a,b\r\n"x, y","say ""so"""\r\n,1.5\r\n');
});

test("every row has the same number of cells as the head", () => {
  const row = { kind: "signal", account: "acme", account_name: "Acme", band: "red", arr: 5, currency: "USD", signal: 7 } as KpiRow;
  const [head, line] = csvOf([row]).split("\r\n");
  expect(line?.split(",").length).toBe(head?.split(",").length);
});
