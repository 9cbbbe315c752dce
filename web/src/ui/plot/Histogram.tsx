/** Counts in equal steps as bars, before and after side by side over each other: the ground is what is, the outline what would be. */
import { scaleLinear } from "d3-scale";
import type { ReactNode } from "react";

import { Below, Beside } from "./axes";
import { EDGE, type Size } from "./Figure";

export function Histogram({ size, counts, after, from, to, sayX, colourOf, children }: {
  size: Size; counts: readonly number[]; after?: readonly number[] | undefined; from: number; to: number; sayX: (value: number) => string;
  colourOf?: (middle: number) => string; children?: (x: (value: number) => number) => ReactNode;
}) {
  const x = scaleLinear([from, to], [EDGE.left, size.width - EDGE.right]);
  const y = scaleLinear([0, Math.max(1, ...counts, ...(after ?? []))], [size.height - EDGE.bottom, EDGE.top]);
  const step = (to - from) / counts.length;
  const whole = y.ticks(3).filter(Number.isInteger);
  return (
    <>
      <Beside ticks={whole.map((one) => ({ at: y(one), text: String(one) }))} left={EDGE.left} right={size.width - EDGE.right} />
      <Below ticks={x.ticks(Math.min(6, Math.floor(size.width / 60))).map((one) => ({ at: x(one), text: sayX(one) }))} y={size.height - EDGE.bottom} />
      {counts.map((many, place) => {
        const left = x(from + place * step);
        return <rect key={place} x={left + 0.5} width={Math.max(1, x(from + (place + 1) * step) - left - 1)} y={y(many)} height={y(0) - y(many)} fill={colourOf?.(from + (place + 0.5) * step) ?? "var(--strong-line)"} opacity={after ? 0.45 : 0.8} />;
      })}
      {after?.map((many, place) => {
        const left = x(from + place * step);
        return many > 0 && <rect key={`after ${place}`} x={left + 1.5} width={Math.max(1, x(from + (place + 1) * step) - left - 3)} y={y(many)} height={y(0) - y(many)} fill="none" stroke="var(--accent)" strokeWidth="1.5" />;
      })}
      {children?.(x)}
    </>
  );
}
