import * as check from "fast-check";
import { describe, expect, test } from "vitest";

import { addPoint, bandsOf, effectOf, movePoint, pointsAt, removePoint, resolved, setBands, setFactors, setWeight, withEffect, type Card, type Curve, type Effect, type Shelf } from "./scorecard";

const factor = { measure: "open_tickets", label: "Open tickets", unit: "tickets", weight: 1, curve: [[0, 100], [10, 0]] as [number, number][], feed: "tickets", missing: 100, why: "" };
const shelf: Shelf = {
  dimensions: [{ key: "support", name: "Support", weight: 0.25, factors: [factor] }, { key: "payment", name: "Payment", weight: 0.75, factors: [factor] }],
  measures: [],
};
const curves = check.uniqueArray(check.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 12 }).chain((values) =>
  check.array(check.integer({ min: 0, max: 100 }), { minLength: values.length, maxLength: values.length }).map((points): Curve =>
    values.toSorted((a, b) => a - b).map((value, place) => [value, points[place] ?? 0] as const)));
const rises = (curve: Curve): boolean => curve.every(([value], place) => place === 0 || value > (curve[place - 1]?.[0] ?? Infinity));

describe("a scorecard names only what differs from what ships", () => {
  test("a weight of one's own is named, and one that ships is not", () => {
    const own = setWeight({}, shelf, "support", 0.5);
    expect(own.dimensions).toEqual({ support: { weight: 0.5 } });
    expect(setWeight(own, shelf, "support", 0.25).dimensions).toEqual({});
    expect(resolved(own, shelf).map((one) => one.share)).toEqual([0.4, 0.6]);
  });
  test("curves set back leave the weight alone", () => {
    const own = setFactors(setWeight({}, shelf, "support", 0.5), shelf, "support", [{ ...factor, weight: 2 }]);
    expect(resolved(own, shelf)[0]?.isOwn).toEqual({ weight: true, factors: true });
    expect(setFactors(own, shelf, "support", [factor]).dimensions).toEqual({ support: { weight: 0.5 } });
  });
  test("a weight of nothing is a weight", () => {
    expect(resolved(setWeight({}, shelf, "support", 0), shelf)[0]?.weight).toBe(0);
  });
});

describe("curves", () => {
  test("however a point is moved, values rise and points stay within 0 and 100", () => {
    check.assert(check.property(curves, check.nat(), check.double({ min: -1e4, max: 1e4, noNaN: true }), check.double({ min: -500, max: 500, noNaN: true }), (curve, at, value, points) => {
      const moved = movePoint(curve, at % curve.length, value, points);
      expect(rises(moved)).toBe(true);
      expect(moved.every(([, y]) => y >= 0 && y <= 100)).toBe(true);
    }));
  });
  test("a point that is added changes nothing worth speaking of, and can be taken away again", () => {
    check.assert(check.property(curves, check.double({ min: -1000, max: 1000, noNaN: true }), (curve, value) => {
      const more = addPoint(curve);
      expect(rises(more)).toBe(true);
      const place = more.findIndex((one) => !curve.includes(one));
      expect(place === -1 ? more : removePoint(more, place)).toEqual(curve);
      expect(Math.abs(pointsAt(more, value) - pointsAt(curve, value))).toBeLessThan(1.5);
    }));
  });
  test("level outside, straight between", () => {
    const curve: Curve = [[0, 100], [10, 0]];
    expect([pointsAt(curve, -5), pointsAt(curve, 2.5), pointsAt(curve, 99)]).toEqual([100, 75, 0]);
  });
  test("two points always stay", () => expect(removePoint([[0, 0], [1, 1]], 0)).toHaveLength(2));
});

test("a line of a band that is pushed over the other takes it along", () => {
  const card: Card = {};
  expect(bandsOf(setBands(card, { red_below: 90 }))).toEqual({ red_below: 90, green_from: 90, hysteresis: 3 });
  expect(bandsOf(setBands(card, { green_from: 40 }))).toEqual({ red_below: 40, green_from: 40, hysteresis: 3 });
});

test("an exception does exactly one thing, whatever it did before", () => {
  const effects: Effect[] = ["no_score", "cap", "green", "yellow", "red"];
  for (const one of effects) for (const other of effects) {
    const rule = withEffect(withEffect({ when: { column: "account.arr", is: "above", value: 1 }, reason: "so" }, one), other);
    expect(effectOf(rule)).toBe(other);
    expect([rule.no_score, rule.cap != null, rule.band != null].filter(Boolean)).toHaveLength(1);
  }
});
