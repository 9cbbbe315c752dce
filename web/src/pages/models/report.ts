/** What a training wrote on a model's card, read out of JSON: what is not there is null, and pages say so. */
import type { Schemas } from "../../api/client";

type Json = unknown;
const isObject = (value: Json): value is Record<string, Json> => typeof value === "object" && value !== null && !Array.isArray(value);
const num = (value: Json): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
const list = (value: Json): Record<string, Json>[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: Json): string => (typeof value === "string" ? value : "");

export type Bin = { foreseen: number; seen: number; low: number; high: number; accounts: number };
export type Gain = { share: number; recall: number; precision: number; lift: number };
export type Group = { key: string; label: string; share: number };
export type Threshold = { probability: number; horizon: number; alerts: number; precision: number | null; low: number | null; high: number | null; recall: number | null; saved: number | null; words: string };
export type Candidate = { key: string; loss: number; skill: number; isBeyond: boolean };
export type Report = {
  horizon: number | null; rows: number | null; events: number | null; words: string; warnings: string[]; because: string;
  intervals: Record<string, [number, number, number]>; bins: Bin[]; gains: Gain[];
  importance: { isExact: boolean; groups: Group[] } | null; refused: string[]; leftOut: [string, string][];
  against: { fresh: Record<string, number | null>; live: Record<string, number | null>; words: string } | null;
};

const numbers = (value: Json): Record<string, number | null> => (isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, num(one)])) : {});
const whole = <T extends Record<string, number | null>>(row: T): row is T & Record<keyof T, number> => Object.values(row).every((one) => one !== null);

export function reportOf(card: Schemas["ModelCard"]): Report {
  const told: Record<string, Json> = card.card;
  const [intervals, weighs, against, leftOut] = [told["intervals"], told["importance"], told["against_live"], told["left_out"]];
  return {
    horizon: num(told["horizon"]), rows: num(told["rows"]), events: num(told["events"]), words: text(told["words"]), because: text(told["because"]),
    warnings: Array.isArray(told["warnings"]) ? told["warnings"].map(text).filter(Boolean) : [],
    intervals: isObject(intervals) ? Object.fromEntries(Object.entries(intervals).flatMap(([key, one]) => (Array.isArray(one) && one.length === 3 && one.every((part) => num(part) !== null) ? [[key, one as [number, number, number]]] : []))) : {},
    bins: list(told["calibration"]).map((one) => ({ foreseen: num(one["foreseen"]), seen: num(one["seen"]), low: num(one["low"]), high: num(one["high"]), accounts: num(one["accounts"]) })).filter(whole),
    gains: list(told["lift"]).map((one) => ({ share: num(one["share"]), recall: num(one["recall"]), precision: num(one["precision"]), lift: num(one["lift"]) })).filter(whole),
    importance: isObject(weighs) ? { isExact: weighs["is_exact"] === true, groups: list(weighs["groups"]).map((one) => ({ key: text(one["key"]), label: text(one["label"]), share: num(one["share"]) ?? 0 })) } : null,
    refused: list(told["refused"]).map((one) => text(one["sentence"])).filter(Boolean),
    leftOut: isObject(leftOut) ? Object.entries(leftOut).map(([key, why]) => [key, text(why)]) : [],
    against: isObject(against) ? { fresh: numbers(against["new"]), live: numbers(against["live"]), words: text(against["words"]) } : null,
  };
}

/** Candidates, the best first; beyond chance: better than the plain rate by more than twice the noise of that comparison. */
export function candidatesOf(card: Schemas["ModelCard"]): Candidate[] {
  return Object.entries(card.comparison)
    .flatMap(([key, value]) => {
      const { log_loss: loss, skill, better_by: better, noise } = numbers(value);
      return loss == null || skill == null ? [] : [{ key, loss, skill, isBeyond: (better ?? 0) > 2 * (noise ?? Infinity) }];
    })
    .sort((a, b) => a.loss - b.loss);
}

export function thresholdsOf(card: Schemas["ModelCard"]): { recommended: Threshold | null; fixed: Threshold | null } {
  const read = (value: Json): Threshold | null => {
    const probability = isObject(value) ? num(value["probability"]) : null;
    if (!isObject(value) || probability === null) return null;
    return { probability, horizon: num(value["horizon_days"]) ?? 0, alerts: num(value["alerts"]) ?? 0, precision: num(value["precision"]), low: num(value["low"]), high: num(value["high"]), recall: num(value["recall"]), saved: num(value["saved_arr"]), words: text(value["words"]) };
  };
  return { recommended: read(card.thresholds?.["recommended"]), fixed: read(card.thresholds?.["fixed"]) };
}

const KNOWN = ["auc", "log_loss", "brier", "ece", "base_rate", "events", "rows", "lift_10", "recall_10", "precision_10", "calibration_slope"];
/** Metrics by name and horizon (`auc_60`), in the order in which people ask for them; others by their own name. */
export function metricsOf(metrics: Record<string, number | null>): { horizons: number[]; rows: { name: string; values: (number | null)[] }[]; others: [string, number][] } {
  const horizons = [...new Set(Object.keys(metrics).flatMap((key) => { const found = /^(?:auc|rows)_(\d+)$/.exec(key); return found ? [Number(found[1])] : []; }))].sort((a, b) => a - b);
  const rows = KNOWN.map((name) => ({ name, values: horizons.map((days) => metrics[`${name}_${days}`] ?? null) })).filter((row) => row.values.some((one) => one !== null));
  const others = horizons.length > 0 ? [] : Object.entries(metrics).filter((one): one is [string, number] => one[1] !== null);
  return { horizons, rows, others };
}

/** What a list shows beside a version: its AUC or log-loss at the horizon that alerts are about, else the first there is. */
export function figureOf(item: { metrics: Record<string, number | null> }, name: string): number | null {
  for (const days of [60, 90, 30]) { const found = item.metrics[`${name}_${days}`]; if (found != null) return found; }
  return item.metrics[name] ?? null;
}
