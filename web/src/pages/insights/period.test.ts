import * as check from "fast-check";
import { expect, test } from "vitest";

import { before, comparison, periodOf } from "./period";

const NOW = Date.parse("2026-11-22T14:20:00Z");
const length = ({ since, until }: { since: string; until: string }): number => Date.parse(until) - Date.parse(since);

test("so many days end with the hour that runs", () => {
  expect(periodOf({ days: 7 }, NOW)).toEqual({ since: "2026-11-15T15:00:00.000Z", until: "2026-11-22T15:00:00.000Z" });
});

test("a last day counts to its end, and what makes no sense is the usual period", () => {
  expect(periodOf({ since: "2026-10-01", until: "2026-10-31" }, NOW)).toEqual({ since: "2026-10-01T00:00:00.000Z", until: "2026-11-01T00:00:00.000Z" });
  for (const odd of [{ since: "2026-10-31", until: "2026-10-01" }, { since: "tomorrow" }, { since: "2027-01-01" }, { days: -3 }]) expect(length(periodOf(odd, NOW))).toBe(90 * 86_400_000);
});

test("the period before is as long, and ends where this one begins", () => {
  check.assert(check.property(check.integer({ min: 1, max: 3650 }), (days) => {
    const period = periodOf({ days }, NOW);
    expect(before(period).until).toBe(period.since);
    expect(length(before(period))).toBe(length(period));
  }));
});

test("less is better where the number says so", () => {
  expect([comparison(2, 3, false), comparison(2, 3, true), comparison(2, 2.0001, true), comparison(null, 3, true)]).toEqual(["better", "worse", "same", null]);
});
