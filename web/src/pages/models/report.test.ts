import * as check from "fast-check";
import { expect, test } from "vitest";

import type { Schemas } from "../../api/client";
import { candidatesOf, figureOf, metricsOf, reportOf, thresholdsOf } from "./report";

type Card = Schemas["ModelCard"];
const card = (values: Partial<Card>): Card => ({ card: {}, comparison: {}, thresholds: null, metrics: {}, ...values }) as Card;

test("whatever a training left out or wrote otherwise, a card can be read", () => {
  check.assert(check.property(check.dictionary(check.constantFrom("intervals", "calibration", "lift", "importance", "refused", "left_out", "against_live", "warnings", "words", "horizon"), check.jsonValue()), (told) => {
    const report = reportOf(card({ card: told as Record<string, unknown> }));
    expect(report.bins.every((one) => Number.isFinite(one.foreseen))).toBe(true);
    expect(Array.isArray(report.warnings)).toBe(true);
  }));
});

test("a tenth of which something is unknown is not drawn", () => {
  const told = { calibration: [{ foreseen: 0.1, seen: 0.2, low: 0, high: 0.4, accounts: 9 }, { foreseen: 0.3, seen: null, low: 0, high: 1, accounts: 0 }] };
  expect(reportOf(card({ card: told })).bins).toHaveLength(1);
});

test("the best candidate stands first, and only what beats chance is said to", () => {
  const found = candidatesOf(card({ comparison: { rule: { log_loss: 0.5, skill: -0.1, better_by: -0.01, noise: 0.01 }, additive: { log_loss: 0.4, skill: 0.2, better_by: 0.03, noise: 0.01 } } }));
  expect(found.map((one) => [one.key, one.isBeyond])).toEqual([["additive", true], ["rule", false]]);
});

test("a threshold without enough alerts has no precision, and is no threshold without a probability", () => {
  const { recommended, fixed } = thresholdsOf(card({ thresholds: { recommended: { probability: 0.1, alerts: 1, precision: null, words: "Too few" }, fixed: {} } }));
  expect([recommended?.precision, recommended?.words, fixed]).toEqual([null, "Too few", null]);
});

test("metrics stand by horizon; those of a purpose without horizons by their own name", () => {
  expect(metricsOf({ auc_30: 0.7, auc_90: 0.6, rows_30: 10, lead_days: 5 }).horizons).toEqual([30, 90]);
  expect(metricsOf({ auc_30: 0.7, auc_90: 0.6 }).rows).toEqual([{ name: "auc", values: [0.7, 0.6] }]);
  expect(metricsOf({ mae: 4, coverage: null }).others).toEqual([["mae", 4]]);
  expect(figureOf({ metrics: { auc_60: 0.71, auc_90: 0.5 } }, "auc")).toBe(0.71);
  expect(figureOf({ metrics: {} }, "auc")).toBeNull();
});
