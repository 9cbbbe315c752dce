/** The period that the address names: so many days up to now, or from one day to another. Whole hours, so that answers are kept. */
import type { Period } from "../../api/insights";

export type Named = { days?: number | undefined; since?: string | undefined; until?: string | undefined };
export const CHOICES = [7, 30, 90, 180, 365] as const;
export const USUAL = 90;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const isDay = (text: string | undefined): text is string => text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
const iso = (at: number): string => new Date(at).toISOString();

/** until is the last day that counts: the period ends with it. A period that makes no sense is the usual one. */
export function periodOf(named: Named, now: number = Date.now()): Period {
  const end = Math.ceil(now / HOUR) * HOUR;
  if (isDay(named.since)) {
    const from = Date.parse(`${named.since}T00:00:00Z`);
    const to = isDay(named.until) ? Math.min(Date.parse(`${named.until}T00:00:00Z`) + DAY, end) : end;
    if (from < to) return { since: iso(from), until: iso(to) };
  }
  const days = named.days !== undefined && named.days > 0 && named.days <= 3650 ? named.days : USUAL;
  return { since: iso(end - days * DAY), until: iso(end) };
}

/** The same length of time, up to where the period begins. */
export function before({ since, until }: Period): Period {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  return { since: iso(2 * from - to), until: since };
}

/** How a number stands to the one before: is it better, worse or (within a thousandth) the same; null: not to be compared. */
export function comparison(value: number | null, old: number | null, higherIsBetter: boolean): "better" | "worse" | "same" | null {
  if (value === null || old === null) return null;
  if (Math.abs(value - old) <= 1e-3 * Math.max(Math.abs(value), Math.abs(old))) return "same";
  return value > old === higherIsBetter ? "better" : "worse";
}
