/** The steps of a waterfall: from the score then to the score now, dimension by dimension. Pure, so that it can be tested. */
import type { Schemas } from "../../api/client";
import { desk as deskWords } from "../../words/en.desk";

export type Step = { name: string; from: number; to: number; kind: "whole" | "up" | "down" };

/** From the score then, by each dimension's change, to the score now; what no dimension explains stands as its own step. */
export function stepsOf(data: Pick<Schemas["HealthExplanation"], "score" | "score_before"> & { contributions: { name: string; change: number | null }[] }): Step[] {
  if (data.score === null || data.score_before === null) return [];
  const t = deskWords.waterfall;
  const steps: Step[] = [{ name: t.from, from: 0, to: data.score_before, kind: "whole" }];
  let at = data.score_before;
  for (const one of data.contributions.filter((each) => each.change !== null && Math.abs(each.change) >= 0.05)) {
    const next = at + (one.change as number);
    steps.push({ name: one.name, from: at, to: next, kind: next >= at ? "up" : "down" });
    at = next;
  }
  if (Math.abs(data.score - at) >= 0.1) steps.push({ name: t.rest, from: at, to: data.score, kind: data.score >= at ? "up" : "down" });
  return [...steps, { name: t.to, from: 0, to: data.score, kind: "whole" }];
}
