/** The cards of a drawing as React Flow wants them; a card that says the same as before is the same object, so that a
 * change to one step draws one card. */
import { useRef } from "react";

import type { Journey } from "../../journey/document";
import { kindOf } from "../../journey/kinds";
import type { Graph } from "../../journey/graph";
import { builder as builderWords } from "../../words/en.builder";
import { HEIGHT, MARKED, WIDTH, type Placed } from "./place";
import type { StepData, StepNodeType } from "./StepNode";
import { entrySummary, summaryOf } from "./summary";
import { START, type Marks } from "./ways";

export type NodesAsk = {
  journey: Journey; graph: Graph; placed: Placed; marks: Marks | undefined;
  findings: ReadonlyMap<string, { errors: number; warnings: number }> | undefined; selected: readonly string[];
};

const HANDLES: [] = [];
// React Flow lets clicks through cards that it need not answer itself
const SEEN = { pointerEvents: "all" } as const;

export function useNodes({ journey, graph, placed, marks, findings, selected }: NodesAsk): StepNodeType[] {
  const kept = useRef(new Map<string, StepNodeType>());
  const summaries = useRef(new WeakMap<object, string>());
  const marked = marks?.steps !== undefined;
  const tab = selected.at(-1) ?? START;
  const made = graph.nodes.flatMap(({ id, name }): StepNodeType[] => {
    const spot = placed.steps.get(id);
    if (!spot) return [];
    const step = journey.steps[id];
    const told = step ? (summaries.current.get(step) ?? summaryOf(step)) : entrySummary(journey);
    if (step) summaries.current.set(step, told);
    const found = findings?.get(id);
    const data: StepData = {
      kind: step?.kind ?? "start", kindLabel: step ? (kindOf(step.kind)?.label ?? step.kind) : builderWords.entry, name: step ? name : builderWords.entry,
      summary: told, errors: found?.errors ?? 0, warnings: found?.warnings ?? 0, mark: marks?.steps?.[id], marked, selected: selected.includes(id), tabbable: id === tab, off: step?.disabled === true,
    };
    const before = kept.current.get(id);
    if (before && before.position.x === spot.x && before.position.y === spot.y && same(before.data, data)) return [before];
    return [{ id, type: "step", position: spot, data, width: WIDTH, height: marked ? MARKED : HEIGHT, handles: HANDLES, className: "nopan", style: SEEN }];
  });
  kept.current = new Map(made.map((one) => [one.id, one]));
  return made;
}

function same(one: StepData, other: StepData): boolean {
  return (Object.keys(one) as (keyof StepData)[]).every((key) => one[key] === other[key]);
}
