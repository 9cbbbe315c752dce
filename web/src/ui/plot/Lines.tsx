/** One or more lines over numbers or time; a gap where nothing is known, a ground for an interval. */
import { scaleLinear } from "d3-scale";
import { area, line } from "d3-shape";

import { Below, Beside } from "./axes";
import { EDGE, type Size } from "./Figure";

export type LinePoint = { x: number; y: number | null; low?: number | null; high?: number | null };
export type Line = { key: string; colour: string; points: readonly LinePoint[]; dashed?: boolean; dots?: boolean };

export function Lines({ size, lines, from, to, low, high, sayX, sayY, xTicks = 5, yTicks = 4, diagonal = false }: {
  size: Size; lines: readonly Line[]; from: number; to: number; low: number; high: number;
  sayX: (value: number) => string; sayY: (value: number) => string; xTicks?: number; yTicks?: number; diagonal?: boolean;
}) {
  const x = scaleLinear([from, to], [EDGE.left, size.width - EDGE.right]);
  const y = scaleLinear([low, high === low ? low + 1 : high], [size.height - EDGE.bottom, EDGE.top]);
  const many = Math.max(2, Math.min(xTicks, Math.floor(size.width / 80)));
  return (
    <>
      <Beside ticks={y.ticks(yTicks).map((one) => ({ at: y(one), text: sayY(one) }))} left={EDGE.left} right={size.width - EDGE.right} />
      <Below ticks={x.ticks(many).map((one) => ({ at: x(one), text: sayX(one) }))} y={size.height - EDGE.bottom} />
      {diagonal && <line x1={x(from)} y1={y(low)} x2={x(to)} y2={y(high)} stroke="var(--strong-line)" strokeDasharray="4 4" />}
      {lines.map((one) => <One key={one.key} line={one} x={x} y={y} />)}
    </>
  );
}

function One({ line: told, x, y }: { line: Line; x: (value: number) => number; y: (value: number) => number }) {
  const known = (point: LinePoint): boolean => point.y !== null;
  const ground = area<LinePoint>().defined((one) => one.low != null && one.high != null).x((one) => x(one.x)).y0((one) => y(one.low ?? 0)).y1((one) => y(one.high ?? 0))([...told.points]);
  const path = line<LinePoint>().defined(known).x((one) => x(one.x)).y((one) => y(one.y ?? 0))([...told.points]);
  return (
    <g>
      {ground && <path d={ground} fill={told.colour} opacity="0.15" />}
      {path && <path d={path} fill="none" stroke={told.colour} strokeWidth="2" strokeDasharray={told.dashed ? "5 4" : undefined} />}
      {told.dots !== false && told.points.filter(known).map((one) => <circle key={one.x} cx={x(one.x)} cy={y(one.y ?? 0)} r="2.5" fill={told.colour} />)}
    </g>
  );
}
