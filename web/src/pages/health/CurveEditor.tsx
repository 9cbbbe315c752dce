/** One curve, drawn over how the accounts are spread: points by dragging, by arrow keys, or as numbers. */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import type { Schemas } from "../../api/client";
import { number } from "../../format";
import { Button } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Beside, Below } from "../../ui/plot/axes";
import { Drawing, EDGE, type Size } from "../../ui/plot/Figure";
import { health as words } from "../../words/en.health";
import { addPoint, domainOf, MOST_POINTS, movePoint, removePoint, type Curve, type Factor } from "./scorecard";

type Spread = Schemas["MeasureSpread"] | undefined;
type Change = (curve: Curve) => void;
const HEIGHT = 190;

export function CurveEditor({ factor, spread, change, readOnly }: { factor: Factor; spread: Spread; change: Change; readOnly: boolean }) {
  const curve: Curve = factor.curve;
  return (
    <div className="grid gap-4 lg:grid-cols-[1fr_13rem]">
      <div>
        <Drawing label={`${words.curves}: ${factor.label}`} height={HEIGHT} role="group">
          {(size) => <Plot size={size} factor={factor} curve={curve} spread={spread} change={change} readOnly={readOnly} />}
        </Drawing>
        <p className="text-xs text-muted">{spread && spread.known > 0 ? `${words.spread(spread.known, spread.missing)}${spread.middle === null ? "" : `, ${words.half(number(spread.middle))}`}` : words.noSpread}</p>
      </div>
      <Numbers label={factor.label} curve={curve} change={change} readOnly={readOnly} />
    </div>
  );
}

function Plot({ size, factor, curve, spread, change, readOnly }: { size: Size; factor: Factor; curve: Curve; spread: Spread; change: Change; readOnly: boolean }) {
  const [low, high] = domainOf(curve, spread);
  const fixed = useRef<[number, number] | null>(null);
  const [from, to] = fixed.current ?? [low, high]; // the axis stands still while a point is dragged
  const [held, setHeld] = useState<number | null>(null);
  const x = scaleLinear([from, to], [EDGE.left, size.width - EDGE.right - 8]);
  const y = scaleLinear([0, 100], [size.height - EDGE.bottom, EDGE.top + 4]);
  const step = (to - from) / 100;
  const drag = (event: PointerEvent<SVGGElement>): void => {
    const box = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
    if (held !== null && box) change(movePoint(curve, held, x.invert(event.clientX - box.left), y.invert(event.clientY - box.top)));
  };
  const press = (event: KeyboardEvent, place: number): void => {
    const far = event.shiftKey ? 5 : 1;
    const ways: Record<string, [number, number]> = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowRight: [step, 0], ArrowLeft: [-step, 0] };
    const way = ways[event.key];
    const [value, points] = curve[place] ?? [0, 0];
    if (event.key === "Delete" && curve.length > 2) change(removePoint(curve, place));
    else if (way) change(movePoint(curve, place, value + way[0] * far, points + way[1] * far));
    else return;
    event.preventDefault();
  };
  const path = line<readonly [number, number]>((one) => x(one[0]), (one) => y(one[1]))([[Math.min(from, curve[0]?.[0] ?? 0), curve[0]?.[1] ?? 0], ...curve, [Math.max(to, curve.at(-1)?.[0] ?? 1), curve.at(-1)?.[1] ?? 0]]);
  return (
    <>
      <Beside ticks={[0, 50, 100].map((one) => ({ at: y(one), text: String(one) }))} left={EDGE.left} right={size.width - EDGE.right} />
      <Below ticks={x.ticks(Math.min(6, Math.floor(size.width / 70))).map((one) => ({ at: x(one), text: number(one) }))} y={size.height - EDGE.bottom} />
      <Behind spread={spread} x={x} bottom={y(0)} top={y(100)} />
      <path d={path ?? ""} fill="none" stroke="var(--accent)" strokeWidth="2" />
      {curve.map(([value, points], place) => (
        <g key={place} role="slider" tabIndex={readOnly ? -1 : 0} aria-label={words.point(place + 1, factor.label)} aria-valuemin={0} aria-valuemax={100} aria-valuenow={points}
          aria-valuetext={words.pointSays(number(value), number(points))} aria-disabled={readOnly || undefined} className={readOnly ? "" : "cursor-move touch-none"}
          onKeyDown={(event) => !readOnly && press(event, place)}
          onPointerDown={(event) => { if (readOnly) return; fixed.current = [from, to]; event.currentTarget.setPointerCapture(event.pointerId); setHeld(place); }}
          onPointerMove={drag} onPointerUp={() => { fixed.current = null; setHeld(null); }} onPointerCancel={() => { fixed.current = null; setHeld(null); }}>
          <circle cx={x(value)} cy={y(points)} r="13" fill="transparent" />
          <circle cx={x(value)} cy={y(points)} r={held === place ? 7 : 5} fill="var(--panel)" stroke="var(--accent)" strokeWidth="2.5" />
          <title>{words.pointSays(number(value), number(points))}</title>
        </g>
      ))}
    </>
  );
}

/** The accounts behind the curve; their number is not the points' scale, so they have none. */
function Behind({ spread, x, bottom, top }: { spread: Spread; x: (value: number) => number; bottom: number; top: number }) {
  if (!spread || spread.low === null || spread.high === null || spread.counts.length === 0) return null;
  const most = Math.max(...spread.counts);
  const [low, step] = [spread.low, (spread.high - spread.low) / spread.counts.length];
  return (
    <g aria-hidden clipPath="inset(0)">
      {spread.counts.map((many, place) => {
        const left = step === 0 ? x(low) - 3 : x(low + place * step);
        const right = step === 0 ? x(low) + 3 : x(low + (place + 1) * step);
        return many > 0 && <rect key={place} x={left} width={Math.max(1, right - left - 0.5)} y={bottom - ((bottom - top) * 0.8 * many) / most} height={((bottom - top) * 0.8 * many) / most} fill="var(--strong-line)" opacity="0.3" />;
      })}
    </g>
  );
}

function Numbers({ label, curve, change, readOnly }: { label: string; curve: Curve; change: Change; readOnly: boolean }) {
  const typed = (place: number, value: number, points: number): void => {
    if (Number.isFinite(value) && Number.isFinite(points)) change(movePoint(curve, place, value, points));
  };
  return (
    <div>
      <table className="w-full"><thead className="text-left text-xs text-muted"><tr><th scope="col">{words.value}</th><th scope="col">{words.points}</th><th><span className="sr-only">{words.remove}</span></th></tr></thead>
        <tbody>{curve.map(([value, points], place) => (
          <tr key={place}>
            <td className="py-0.5 pr-1"><NumberInput label={`${words.value}, ${words.point(place + 1, label)}`} value={value} set={(next) => typed(place, next, points)} readOnly={readOnly} /></td>
            <td className="py-0.5 pr-1"><NumberInput label={`${words.points}, ${words.point(place + 1, label)}`} value={points} set={(next) => typed(place, value, next)} readOnly={readOnly} /></td>
            <td><Button kind="quiet" aria-label={words.removePoint(place + 1)} disabled={readOnly || curve.length <= 2} onClick={() => change(removePoint(curve, place))}>×</Button></td>
          </tr>
        ))}</tbody></table>
      <Button kind="quiet" className="mt-1 text-xs" disabled={readOnly || curve.length >= MOST_POINTS} onClick={() => change(addPoint(curve))}>{words.addPoint}</Button>
    </div>
  );
}

/** A number that is taken when the field is left or Enter pressed: half a number is none. */
export function NumberInput({ label, value, set, readOnly, id, min, max, step }: { label: string; value: number; set: (value: number) => void; readOnly: boolean; id?: string; min?: number; max?: number; step?: number }) {
  const [text, setText] = useState<string | null>(null);
  const take = (): void => {
    const next = text === null || text.trim() === "" ? NaN : Number(text.replace(",", "."));
    setText(null);
    if (Number.isFinite(next) && next !== value) set(Math.min(max ?? Infinity, Math.max(min ?? -Infinity, next)));
  };
  return (
    <input id={id} aria-label={label} inputMode="decimal" disabled={readOnly} className={`${CONTROL} !min-h-7 !py-0 tabular-nums`} value={text ?? String(value)} onChange={(event) => setText(event.target.value)} onBlur={take}
      onKeyDown={(event) => {
        if (event.key === "Enter") take();
        else if (step && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); setText(null); set(Math.min(max ?? Infinity, Math.max(min ?? -Infinity, Math.round((value + (event.key === "ArrowUp" ? step : -step)) * 1e6) / 1e6))); }
      }} />
  );
}
