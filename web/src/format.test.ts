import { expect, test } from "vitest";

import { ago, day, span } from "./format";

test("a span is told by its two largest parts", () => {
  expect([span(30), span(5400), span(-86_400 * 2 - 3600 * 5 - 60)]).toEqual(["0 min", "1 h 30 min", "2 d 5 h"]);
});

test("a day of the workspace stays that day wherever it is read", () => {
  expect(day("2026-03-01")).toContain("1");
  expect(day(null)).toBe("–");
});

test("moments are told from now", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect([ago("2026-03-01T15:00:00Z", now), ago("2026-02-28T12:00:00Z", now)]).toEqual(["in 3 hours", "yesterday"]);
});
