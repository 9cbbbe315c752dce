/** What moved the score between two moments, dimension by dimension: bars that add up from then to now, and the same as a table. */
import { scaleLinear } from "d3-scale";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { number } from "../../format";
import { Button } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { stepsOf, type Step } from "./steps";

const ROW = 30;
const WIDTH = 720;
const LEFT = 170;

const COLOURS = { whole: "var(--accent)", up: "var(--good)", down: "var(--bad)" };
const change = (step: Step): string => (step.kind === "whole" ? String(Math.round(step.to)) : `${step.to >= step.from ? "+" : "−"}${number(Math.abs(step.to - step.from))}`);

export function Waterfall({ data }: { data: Schemas["HealthExplanation"] }) {
  const [table, setTable] = useState(false);
  const steps = stepsOf(data);
  const t = deskWords.waterfall;
  if (!steps.length) return <p className="text-muted">{t.before}</p>;
  const x = scaleLinear([0, 100], [LEFT, WIDTH - 60]);
  const title = t.title(String(Math.round(data.score_before ?? 0)), String(Math.round(data.score ?? 0)));
  return (
    <>
      {table ? <Table label={title} rows={steps} keyOf={(one, place) => `${one.name}${place}`} minWidth="18rem" columns={[{ name: t.part, cell: (one) => one.name }, { name: t.change, cell: change, right: true }]} /> : (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={title}>
        <svg viewBox={`0 0 ${WIDTH} ${steps.length * ROW + 4}`} className="w-full min-w-[30rem]" role="img" aria-label={`${title}: ${steps.slice(1, -1).map((one) => `${one.name} ${change(one)}`).join(", ")}`}>
          {steps.map((step, place) => {
            const [low, high] = [Math.min(step.from, step.to), Math.max(step.from, step.to)];
            const y = place * ROW + 4;
            return (
              <g key={`${step.name}${place}`}>
                <text x={LEFT - 10} y={y + 15} textAnchor="end" fontSize="13" fill="var(--text)">{step.name}</text>
                <rect x={x(low)} y={y} width={Math.max(2, x(high) - x(low))} height={ROW - 10} rx="2" fill={COLOURS[step.kind]} />
                <text x={x(high) + 8} y={y + 15} fontSize="13" fill="var(--text)" fontWeight="600">{change(step)}</text>
                {place < steps.length - 1 && <line x1={x(step.to)} x2={x(step.to)} y1={y + ROW - 10} y2={y + ROW} stroke="var(--strong-line)" />}
              </g>
            );
          })}
        </svg>
        </div>
      )}
      <Button kind="quiet" className="mt-1 text-xs" onClick={() => setTable(!table)}>{table ? words.account.asChart : words.account.asTable}</Button>
    </>
  );
}
