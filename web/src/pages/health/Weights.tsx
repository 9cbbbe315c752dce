/** What each dimension weighs, and the curves of its measures. */
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { share } from "../../format";
import { Button } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { health as words } from "../../words/en.health";
import { words as common } from "../../words/en";
import { CurveEditor, NumberInput } from "./CurveEditor";
import { newFactor, resolved, setFactors, setWeight, type Card, type Curve, type Dimension, type Factor, type Shelf } from "./scorecard";

type Spreads = Record<string, Schemas["MeasureSpread"]>;
type Parts = { card: Card; shelf: Shelf; spreads: Spreads; edit: (card: Card) => void; readOnly: boolean };
const FEEDS = ["telemetry", "interactions", "tickets", "billing", "surveys"];

export function Weights({ card, shelf, edit, readOnly }: Omit<Parts, "spreads">) {
  return (
    <div className="space-y-2">
      {resolved(card, shelf).map((one) => (
        <div key={one.key} className="grid grid-cols-[8.5rem_1fr_4.5rem_3rem] items-center gap-3 max-md:grid-cols-[1fr_4.5rem_3rem]">
          <span>{one.name}{one.isOwn.weight && <span className="block text-xs text-accent">{words.own}</span>}</span>
          <input type="range" aria-label={words.weightOf(one.name)} min={0} max={100} step={1} disabled={readOnly} value={Math.round(Math.min(1, one.weight) * 100)} className="min-h-6 accent-accent max-md:hidden"
            onChange={(event) => edit(setWeight(card, shelf, one.key, Number(event.target.value) / 100))} />
          <NumberInput label={`${words.weightOf(one.name)} (${words.factorWeight})`} value={one.weight} min={0} max={1000} step={0.05} readOnly={readOnly} set={(weight) => edit(setWeight(card, shelf, one.key, weight))} />
          <b className="text-right font-semibold tabular-nums">{share(one.share)}</b>
        </div>
      ))}
    </div>
  );
}

export function Curves({ card, shelf, spreads, edit, readOnly }: Parts) {
  return (
    <div className="space-y-2">
      {resolved(card, shelf).map((one) => <DimensionCurves key={one.key} dimension={one} card={card} shelf={shelf} spreads={spreads} edit={edit} readOnly={readOnly} />)}
    </div>
  );
}

function DimensionCurves({ dimension, card, shelf, spreads, edit, readOnly }: Parts & { dimension: Dimension }) {
  const [open, setOpen] = useState<string | null>(null);
  const { key, factors } = dimension;
  const change = (next: Factor[]): void => edit(setFactors(card, shelf, key, next));
  const set = (place: number, part: Partial<Factor>): void => change(factors.map((one, at) => (at === place ? { ...one, ...part } : one)));
  const whole = factors.reduce((sum, one) => sum + one.weight, 0);
  const shipped = shelf.dimensions.find((one) => one.key === key)?.factors;
  return (
    <section aria-label={dimension.name}>
      <header className="flex items-center justify-between gap-2 py-1">
        <h3 className="font-semibold">{dimension.name} <span className="font-normal text-muted">{share(dimension.share)}</span></h3>
        {dimension.isOwn.factors && shipped && <Button kind="quiet" disabled={readOnly} onClick={() => change(shipped)}>{words.reset}</Button>}
      </header>
      <ul className="divide-y divide-line rounded-md border border-line">
        {factors.map((one, place) => (
          <li key={one.measure}>
            <button type="button" aria-expanded={open === one.measure} onClick={() => setOpen(open === one.measure ? null : one.measure)} className="flex w-full items-center gap-3 px-3 py-1.5 text-left hover:bg-accent-ground">
              <span className="grow">{one.label}</span><Small curve={one.curve} /><span className="w-12 text-right text-muted tabular-nums">{share(whole > 0 ? one.weight / whole : 0)}</span><span aria-hidden className="text-muted">{open === one.measure ? "▾" : "▸"}</span>
            </button>
            {open === one.measure && (
              <div className="space-y-3 border-t border-line p-3">
                <CurveEditor factor={one} spread={spreads[one.measure]} readOnly={readOnly} change={(curve: Curve) => set(place, { curve: curve.map(([x, y]): [number, number] => [x, y]) })} />
                <Particulars factor={one} set={(part) => set(place, part)} readOnly={readOnly} remove={factors.length > 1 ? () => change(factors.filter((_, at) => at !== place)) : null} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {!readOnly && <AddFactor shelf={shelf} factors={factors} add={(measure) => { change([...factors, newFactor(measure, factors[0]?.feed ?? "telemetry", spreads[measure.key])]); setOpen(measure.key); }} />}
    </section>
  );
}

/** The shape of a curve at a glance. */
function Small({ curve }: { curve: Curve }) {
  const [low, high] = [curve[0]?.[0] ?? 0, curve.at(-1)?.[0] ?? 1];
  return <svg aria-hidden width="48" height="20"><polyline fill="none" stroke="var(--accent)" strokeWidth="1.5" points={curve.map(([x, y]) => `${2 + (44 * (x - low)) / (high - low || 1)},${18 - (16 * y) / 100}`).join(" ")} /></svg>;
}

function Particulars({ factor, set, readOnly, remove }: { factor: Factor; set: (part: Partial<Factor>) => void; readOnly: boolean; remove: (() => void) | null }) {
  const missing = typeof factor.missing === "number" ? "points" : factor.missing;
  return (
    <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
      <div><span className="mb-1 block font-medium">{words.factorWeight}</span><NumberInput label={words.weightOf(factor.label)} value={factor.weight} min={0} max={1000} step={0.05} readOnly={readOnly} set={(weight) => set({ weight })} /></div>
      <Field label={words.missing} hint={words.missingHint}>
        <select disabled={readOnly} value={missing} onChange={(event) => set({ missing: event.target.value === "points" ? 0 : event.target.value })}>{Object.entries(words.missingWords).map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select>
      </Field>
      {typeof factor.missing === "number" && <div><span className="mb-1 block font-medium">{words.missingPoints}</span><NumberInput label={words.missingPoints} value={factor.missing} min={0} max={100} readOnly={readOnly} set={(points) => set({ missing: points })} /></div>}
      <Field label={words.feed}><select disabled={readOnly} value={factor.feed} onChange={(event) => set({ feed: event.target.value })}>{FEEDS.map((one) => <option key={one} value={one}>{common.feed[one as keyof typeof common.feed]}</option>)}</select></Field>
      <div className="sm:col-span-2 lg:col-span-3"><Field label={words.why}><textarea rows={2} disabled={readOnly} maxLength={1000} value={factor.why} onChange={(event) => set({ why: event.target.value })} /></Field></div>
      <div className="self-end text-right"><Button disabled={readOnly || !remove} onClick={() => remove?.()}>{words.remove}</Button></div>
    </div>
  );
}

function AddFactor({ shelf, factors, add }: { shelf: Shelf; factors: Factor[]; add: (measure: Schemas["MeasureShape"]) => void }) {
  const free = shelf.measures.filter((one) => !factors.some((factor) => factor.measure === one.key));
  return (
    <select aria-label={words.addFactor} className={`${CONTROL} mt-1 !w-auto max-w-full`} value="" onChange={(event) => { const found = free.find((one) => one.key === event.target.value); if (found) add(found); }}>
      <option value="">{words.addFactor}…</option>
      {free.map((one) => <option key={one.key} value={one.key}>{one.label || one.key}</option>)}
    </select>
  );
}
