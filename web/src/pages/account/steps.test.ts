import fc from "fast-check";
import { expect, test } from "vitest";

import { stepsOf } from "./steps";

test("the steps lead without a gap from the score then to the score now", () => {
  const points = fc.double({ min: -40, max: 40, noNaN: true });
  fc.assert(fc.property(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }), fc.array(points, { maxLength: 6 }), (before, score, changes) => {
    const steps = stepsOf({ score, score_before: before, contributions: changes.map((change, place) => ({ name: `d${place}`, change })) });
    const middle = steps.slice(1, -1);
    middle.forEach((step, place) => expect(step.from).toBeCloseTo(place ? (middle[place - 1]?.to as number) : before, 6));
    expect(Math.abs((middle.at(-1)?.to ?? before) - score)).toBeLessThan(0.1000001);
  }));
});

test("nothing is drawn where no score was kept before that date", () => {
  expect(stepsOf({ score: 50, score_before: null, contributions: [] })).toEqual([]);
});
