/**
 * A scorecard's document and the pure edits of it. It names only what differs from what ships (the shelf): setting something back
 * to what ships takes it out of the document. Curves are (value, points) with rising values, points 0-100, at least two points.
 */
import type { Schemas } from "../../api/client";
import type { Condition } from "../../conditions/model";

export type Shelf = Schemas["ShelfShape"];
export type Factor = Schemas["FactorShape"];
export type Curve = readonly (readonly [number, number])[];
export type Bands = { red_below: number; green_from: number; hysteresis: number };
export type Rule = { when: Condition; reason: string; no_score?: boolean; cap?: number | null; band?: string | null };
type Settings = { weight?: number | null; factors?: Factor[] | null };
export type Card = {
  key?: string; name?: string; description?: string; applies_to?: Condition | null; priority?: number;
  dimensions?: Record<string, Settings>; bands?: Partial<Bands>; exceptions?: Rule[];
};
export type Dimension = { key: string; name: string; weight: number; share: number; factors: Factor[]; isOwn: { weight: boolean; factors: boolean } };

export const BANDS: Bands = { red_below: 60, green_from: 80, hysteresis: 3 };
export const bandsOf = (card: Card): Bands => ({ ...BANDS, ...card.bands });
export const MOST_POINTS = 20;

/** The dimensions as the scorecard has them; share: of the whole weight, 0-1. */
export function resolved(card: Card, shelf: Shelf): Dimension[] {
  const own = shelf.dimensions.map((one) => ({ shipped: one, settings: card.dimensions?.[one.key] ?? {} }));
  const weights = own.map(({ shipped, settings }) => settings.weight ?? shipped.weight);
  const whole = weights.reduce((sum, one) => sum + one, 0);
  return own.map(({ shipped, settings }, place) => ({
    key: shipped.key, name: shipped.name, weight: weights[place] ?? 0, share: whole > 0 ? (weights[place] ?? 0) / whole : 0,
    factors: settings.factors ?? shipped.factors,
    isOwn: { weight: settings.weight != null, factors: settings.factors != null },
  }));
}

const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function withSettings(card: Card, key: string, settings: Settings): Card {
  const { [key]: _, ...others } = card.dimensions ?? {};
  const kept = Object.fromEntries(Object.entries(settings).filter(([, value]) => value != null));
  return { ...card, dimensions: Object.keys(kept).length > 0 ? { ...others, [key]: kept } : others };
}

export function setWeight(card: Card, shelf: Shelf, key: string, weight: number): Card {
  const shipped = shelf.dimensions.find((one) => one.key === key);
  const { weight: _, ...rest } = card.dimensions?.[key] ?? {};
  return withSettings(card, key, shipped?.weight === weight ? rest : { ...rest, weight });
}

export function setFactors(card: Card, shelf: Shelf, key: string, factors: Factor[]): Card {
  const shipped = shelf.dimensions.find((one) => one.key === key);
  const { factors: _, ...rest } = card.dimensions?.[key] ?? {};
  return withSettings(card, key, equal(shipped?.factors, factors) ? rest : { ...rest, factors });
}

/** Lines stay in order: one that is pushed over the other takes it along. */
export function setBands(card: Card, next: Partial<Bands>): Card {
  const bands = { ...bandsOf(card), ...next };
  if (next.red_below !== undefined && bands.green_from < next.red_below) bands.green_from = next.red_below;
  if (next.green_from !== undefined && bands.red_below > next.green_from) bands.red_below = next.green_from;
  return { ...card, bands };
}

export const round = (value: number): number => Number(value.toPrecision(4));
const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Points 0-100 of a value: straight between the curve's points, level outside. */
export function pointsAt(curve: Curve, value: number): number {
  const next = curve.findIndex(([x]) => x >= value);
  const [after, before] = [curve[next], curve[next - 1]];
  if (next === -1) return curve.at(-1)?.[1] ?? 0;
  if (!after) return 0;
  if (!before) return after[1];
  return before[1] + ((after[1] - before[1]) * (value - before[0])) / (after[0] - before[0]);
}

/** Move a point; its value stays between its neighbours', its points between 0 and 100. */
export function movePoint(curve: Curve, place: number, value: number, points: number): Curve {
  const [before, after] = [curve[place - 1]?.[0] ?? -Infinity, curve[place + 1]?.[0] ?? Infinity];
  const room = Math.min(Math.abs(after - before), Math.abs(value) || 1) * 1e-3;
  const x = round(within(value, before + room, after - room));
  const old = curve[place]?.[0] ?? 0;
  return curve.map((one, at) => (at === place ? ([x > before && x < after ? x : old, Math.round(within(points, 0, 100) * 10) / 10] as const) : one));
}

/** A new point in the middle of the widest gap, on the line as it is: nothing changes until it is moved. */
export function addPoint(curve: Curve): Curve {
  if (curve.length >= MOST_POINTS) return curve;
  const gaps = curve.slice(1).map((one, at) => one[0] - (curve[at]?.[0] ?? 0));
  const widest = gaps.indexOf(Math.max(...gaps));
  const x = round(((curve[widest]?.[0] ?? 0) + (curve[widest + 1]?.[0] ?? 0)) / 2);
  if (curve.some(([value]) => value === x)) return curve;
  return [...curve, [x, Math.round(pointsAt(curve, x) * 10) / 10] as const].sort((a, b) => a[0] - b[0]);
}

export const removePoint = (curve: Curve, place: number): Curve => (curve.length <= 2 ? curve : curve.filter((_, at) => at !== place));

/** From where to where the curve is drawn: its own points and where the accounts are. */
export function domainOf(curve: Curve, spread: Schemas["MeasureSpread"] | undefined): [number, number] {
  const ends = [curve[0]?.[0] ?? 0, curve.at(-1)?.[0] ?? 1];
  const [low, high] = [Math.min(ends[0] ?? 0, spread?.low ?? Infinity), Math.max(ends[1] ?? 1, Math.min(spread?.high ?? -Infinity, (ends[1] ?? 1) * 2))];
  return low === high ? [low, low + 1] : [low, high];
}

/** A factor for a measure that no curve reads yet: better where there is more of it, unless the measure says otherwise. */
export function newFactor(measure: Schemas["MeasureShape"], feed: string, spread: Schemas["MeasureSpread"] | undefined): Factor {
  const [low, high] = spread?.low != null && spread.high != null && spread.low < spread.high ? [round(spread.low), round(spread.high)] : [0, 1];
  const rises = measure.higher_is_better !== false;
  return { measure: measure.key, label: measure.label || measure.key, unit: measure.unit, weight: 0.2, curve: [[low, rises ? 0 : 100], [high, rises ? 100 : 0]], feed, missing: "neutral", why: "" };
}

/** What an exception does, as one word. */
export type Effect = "no_score" | "cap" | "green" | "yellow" | "red";
export const effectOf = (rule: Rule): Effect => (rule.no_score ? "no_score" : rule.band ? (rule.band as Effect) : "cap");
export function withEffect(rule: Rule, effect: Effect): Rule {
  const plain: Rule = { when: rule.when, reason: rule.reason };
  if (effect === "no_score") return { ...plain, no_score: true };
  return effect === "cap" ? { ...plain, cap: rule.cap ?? 79 } : { ...plain, band: effect };
}

/** The colour of a score by the bands. */
export const bandColour = (bands: Bands) => (score: number): string => (score < bands.red_below ? "var(--bad)" : score >= bands.green_from ? "var(--good)" : "var(--watch)");
