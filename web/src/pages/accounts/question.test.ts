import fc from "fast-check";
import { expect, test } from "vitest";

import { countOf, FIELDS, filtersOf, inGroup, isPicked, KINDS, NOTHING, questionOf, searchOf, selectionOf, turned, type Picked } from "./question";

const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });

test("whatever stands in an address is read to something that reads back the same", () => {
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...FIELDS, "q", "sort", "group", "cols"), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()))), (given) => {
    const search = searchOf(given);
    expect(searchOf(search)).toEqual(search);
    expect(searchOf(JSON.parse(JSON.stringify(search)) as Record<string, unknown>)).toEqual(search);
  }));
});

test("every filter of the address is asked of the server, and the list has an order", () => {
  const search = searchOf({ band: ["red"], owner: "me", churn_min: "0.5", has_task: "true", renews_before: "2027-01-01", plan: "Growth", nonsense: "x" });
  expect(questionOf(search)).toEqual({ band: ["red"], owner: "me", churn_min: 0.5, has_task: true, renews_before: "2027-01-01", plan: ["Growth"], sort: "score" });
  expect(filtersOf(search).map(([field]) => KINDS[field])).toContain("yes");
});

test("a group's accounts are found by its value, and by its lack", () => {
  expect(inGroup({ sort: "name" }, "renewal_month", "2026-12")).toEqual({ sort: "name", renews_after: "2026-12-01", renews_before: "2027-01-01" });
  expect(inGroup({}, "owner", null)).toEqual({ owner: "none" });
  expect(inGroup({}, "plan", null)).toEqual({ missing: ["plan"] });
  expect(inGroup({ plan: ["A", "B"] }, "plan", "A")).toEqual({ plan: ["A"] });
});

test("turning accounts twice leaves the selection as it was, and all that match can be picked but for some", () => {
  fc.assert(fc.property(ids, fc.boolean(), (some, all) => {
    const start: Picked = { all, ids: new Set() };
    const once = turned(start, some);
    expect(some.every((id) => isPicked(once, id) !== all)).toBe(true);
    expect(turned(once, some)).toEqual(start);
    expect(countOf(once, 100)).toBe(all ? 100 - some.length : some.length);
  }));
  expect(selectionOf({ all: true, ids: new Set(["a"]) }, { band: ["red"], sort: "name" })).toEqual({ matching: { include_churned: true, band: ["red"] }, leave_out: ["a"] });
  expect(selectionOf(turned(NOTHING, ["a"]), {})).toEqual({ accounts: ["a"], leave_out: [] });
});
