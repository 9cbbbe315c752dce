import { expect, test } from "vitest";

import { rolling, wrongOf, type Week } from "./rolling";

const week = (n: number, decided: number, right: number, outcomes: number, foreseen: number, undecided = 0): Week => ({ week: `2026-01-${String(n).padStart(2, "0")}`, firings: decided + undecided, accounts: 1, decided, right, outcomes, foreseen });

test("rates are those of the four weeks up to each, and unknown where there is nothing to divide by", () => {
  const told = rolling([week(5, 0, 0, 0, 0), week(12, 4, 1, 2, 1), week(19, 0, 0, 0, 0), week(26, 4, 3, 0, 0), week(27, 0, 0, 2, 2), week(28, 0, 0, 0, 0)]);
  expect(told.map((one) => one.precision)).toEqual([null, 0.25, 0.25, 0.5, 0.5, 0.75]);
  expect(told.map((one) => one.recall)).toEqual([null, 0.5, 0.5, 0.5, 0.75, 1]);
});

test("a stretch with firings that are not decided says nothing of how right it is", () => {
  expect(rolling([week(5, 4, 1, 0, 0), week(12, 1, 1, 0, 0, 3)]).map((one) => one.precision)).toEqual([0.25, null]);
});

test("what is decided and not right was wrong; what is not decided is neither", () => {
  expect(wrongOf(week(5, 4, 1, 0, 0))).toBe(3);
});
