/** A number in its unit, as people read it. */
import type { Schemas } from "../../api/client";
import { money, number, share } from "../../format";
import { insights as words } from "../../words/en.insights";

export function inUnit(value: number | null, unit: Schemas["Unit"], currency: string | null): string {
  if (value === null) return words.notKnown;
  if (unit === "share") return value > 0 && value < 0.1 ? `${number(100 * value)} %` : share(value);
  if (unit === "money") return money(value, currency);
  return unit === "ratio" ? `${number(value)} : 1` : `${number(value)} ${words.hours}`;
}
