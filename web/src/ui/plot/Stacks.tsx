/** Stacked bars, one a month or a row: parts from below in their order, each with its colour. */
import { scaleBand, scaleLinear } from "d3-scale";

import { Below, Beside } from "./axes";
import { EDGE, type Size } from "./Figure";

export type Stack = { key: string; text: string; parts: readonly { key: string; value: number; colour: string }[] };

export function Stacks({ size, stacks, sayY }: { size: Size; stacks: readonly Stack[]; sayY: (value: number) => string }) {
  const x = scaleBand(stacks.map((one) => one.key), [EDGE.left, size.width - EDGE.right]).padding(0.25);
  const tallest = Math.max(1, ...stacks.map((one) => one.parts.reduce((sum, part) => sum + part.value, 0)));
  const y = scaleLinear([0, tallest], [size.height - EDGE.bottom, EDGE.top]);
  const every = Math.ceil(stacks.length / Math.max(1, Math.floor(size.width / 56)));
  return (
    <>
      <Beside ticks={y.ticks(4).map((one) => ({ at: y(one), text: sayY(one) }))} left={EDGE.left} right={size.width - EDGE.right} />
      <Below ticks={stacks.filter((_, place) => place % every === 0).map((one) => ({ at: (x(one.key) ?? 0) + x.bandwidth() / 2, text: one.text }))} y={size.height - EDGE.bottom} />
      {stacks.map((one) => {
        let below = 0;
        return <g key={one.key}>{one.parts.map((part) => {
          const [base, top] = [below, below + part.value];
          below = top;
          return <rect key={part.key} x={x(one.key)} width={x.bandwidth()} y={y(top)} height={Math.max(0, y(base) - y(top))} fill={part.colour} />;
        })}</g>;
      })}
    </>
  );
}
