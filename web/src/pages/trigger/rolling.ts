/** How right and how complete a trigger was, of four weeks each: a single week has too few firings to say. */
import type { Report } from "../../api/triggers";

export type Week = Report["per_week"][number];
export type Rate = { week: string; precision: number | null; recall: number | null };
const WEEKS = 4;

export const wrongOf = (week: Week): number => week.decided - week.right;

/**
 * null: nothing to divide by. Precision is null too where a firing is not decided yet: those whose outcome came are decided
 * early, so that the undecided part of the period would always look right.
 */
export function rolling(weeks: readonly Week[], of = WEEKS): Rate[] {
  return weeks.map(({ week }, place) => {
    const near = weeks.slice(Math.max(0, place - of + 1), place + 1);
    const sum = (pick: (one: Week) => number) => near.reduce((total, one) => total + pick(one), 0);
    const [decided, outcomes] = [sum((one) => one.decided), sum((one) => one.outcomes)];
    return { week, precision: decided && decided === sum((one) => one.firings) ? sum((one) => one.right) / decided : null, recall: outcomes ? sum((one) => one.foreseen) / outcomes : null };
  });
}
