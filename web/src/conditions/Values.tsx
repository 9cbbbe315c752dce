/** The operands of a row, typed: numbers with their unit, days, texts that occur, lists; names and windows of events. */
import { useEffect, useId, useState } from "react";

import type { Field } from "../api/conditions";
import { day } from "../format";
import { CONTROL } from "../ui/Field";
import { conditions as conditionWords } from "../words/en.conditions";
import { comparisonsOf, comparisonWords, FLAGS, flagOf, shownNumber, typedNumber, typeOf, unitOf, type Known } from "./fields";
import { fitted, type Compare, type Comparison, type EventWithin, type InSegment, type Leaf, type NoEvent, type Scalar, type Sequence } from "./model";

export type Editing<T extends Leaf> = { leaf: T; change: (leaf: Leaf) => void; known: Known; disabled: boolean };
const SMALL = `${CONTROL} !w-auto`;

export function Operands({ leaf, ...rest }: Editing<Leaf>) {
  if ("column" in leaf) return <Comparing leaf={leaf} {...rest} />;
  if ("segment" in leaf) return <Segment leaf={leaf} {...rest} />;
  if ("sequence" in leaf) return <InOrder leaf={leaf} {...rest} />;
  return <Happened leaf={leaf} {...rest} />;
}

function Comparing({ leaf, change, known, disabled }: Editing<Compare>) {
  const field = known.of(leaf.column);
  const type = typeOf(field, leaf.value);
  const flag = type === "yes_no" ? flagOf(leaf) : null;
  const usual = comparisonsOf(type);
  const offered = flag || usual.includes(leaf.is) ? usual : [leaf.is, ...usual];
  const turn = (word: string) => change(word === "yes" || word === "no" ? { column: leaf.column, ...FLAGS[word] } : { column: leaf.column, ...fitted(word as Comparison, leaf.value) });
  return (
    <>
      <select aria-label={conditionWords.comparison} disabled={disabled} className={SMALL} value={flag ?? leaf.is} onChange={(event) => turn(event.target.value)}>
        {type === "yes_no" && <><option value="yes">{conditionWords.flags.yes}</option><option value="no">{conditionWords.flags.no}</option></>}
        {offered.map((is) => <option key={is} value={is}>{comparisonWords(is, type)}</option>)}
      </select>
      {flag === null && <Operand leaf={leaf} field={field} type={type} disabled={disabled} change={(value) => change({ ...leaf, value })} />}
    </>
  );
}

type OperandProps = { leaf: Compare; field: Field; type: ReturnType<typeof typeOf>; disabled: boolean; change: (value: Exclude<Compare["value"], undefined>) => void };

function Operand({ leaf, field, type, disabled, change }: OperandProps) {
  if (leaf.is === "missing" || leaf.is === "present") return null;
  const one = { field, type, disabled };
  if (leaf.is === "in" || leaf.is === "not_in") return <Several {...one} values={Array.isArray(leaf.value) ? leaf.value : []} change={change} />;
  if (leaf.is !== "between") return <One {...one} label={conditionWords.value} value={Array.isArray(leaf.value) ? null : leaf.value} change={change} />;
  const [low, high] = Array.isArray(leaf.value) ? leaf.value : [];
  const ends = (next: (Scalar | null | undefined)[]) => change(next.map((end) => end ?? ""));
  return (
    <>
      <One {...one} label={conditionWords.from} value={low} change={(next) => ends([next, high])} />
      <span className="text-muted">{conditionWords.and}</span>
      <One {...one} label={conditionWords.to} value={high} change={(next) => ends([low, next])} />
    </>
  );
}

type OneProps = { label: string; field: Field; type: ReturnType<typeof typeOf>; disabled: boolean; value: Scalar | null | undefined; change: (value: Scalar | null) => void };

function One({ label, field, type, disabled, value, change }: OneProps) {
  const list = useId();
  if (type === "day") return <input type="date" aria-label={label} disabled={disabled} className={SMALL} value={typeof value === "string" ? value : ""} onChange={(event) => change(event.target.value || null)} />;
  if (type !== "text") return <NumberIn label={label} field={field} disabled={disabled} value={value} change={change} />;
  return (
    <>
      <input aria-label={label} disabled={disabled} className={`${SMALL} min-w-32`} list={list} value={String(value ?? "")} onChange={(event) => change(event.target.value || null)} />
      <datalist id={list}>{field.values.map((one) => <option key={one} value={one} />)}</datalist>
    </>
  );
}

/** What is typed stays as typed until it is a number: '-', '0.' and '' are on the way to one. */
function NumberIn({ label, field, disabled, value, change }: Omit<OneProps, "type">) {
  const shown = shownNumber(field, value);
  const [typed, setTyped] = useState(shown);
  useEffect(() => {
    if (typedNumber(field, typed) !== (value ?? null)) setTyped(shown);
  }, [shown]);
  const unit = unitOf(field);
  return (
    <span className="inline-flex items-center gap-1.5">
      <input inputMode="decimal" aria-label={unit ? `${label} (${unit})` : label} disabled={disabled} className={`${CONTROL} !w-24 text-right`} value={typed}
        onChange={(event) => { setTyped(event.target.value); change(typedNumber(field, event.target.value)); }} onBlur={() => setTyped(shown)} />
      {unit && <span className="text-muted">{unit}</span>}
      {field.column === "account.days_to_renewal" && typeof value === "number" && <span className="text-xs text-muted">({inDays(value)})</span>}
    </span>
  );
}

function Several({ field, type, disabled, values, change }: { field: Field; type: OneProps["type"]; disabled: boolean; values: Scalar[]; change: (values: Scalar[]) => void }) {
  const [typed, setTyped] = useState("");
  const list = useId();
  const add = (text: string) => {
    const value = type === "number" ? typedNumber(field, text) : text.trim();
    if (value !== null && value !== "" && !values.includes(value)) change([...values, value]);
    setTyped("");
  };
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      {values.map((value) => (
        <span key={String(value)} className="inline-flex items-center gap-1 rounded-full bg-accent-ground pl-2 text-accent">{type === "number" ? shownNumber(field, value) : String(value)}
          <button type="button" disabled={disabled} aria-label={conditionWords.takeOut(String(value))} className="min-h-6 min-w-6 rounded-full hover:bg-line" onClick={() => change(values.filter((one) => one !== value))}>×</button>
        </span>
      ))}
      <input aria-label={conditionWords.addValue} placeholder={conditionWords.addValue} disabled={disabled} className={`${CONTROL} !w-32`} list={list} value={typed}
        onChange={(event) => (field.values.includes(event.target.value) ? add(event.target.value) : setTyped(event.target.value))}
        onKeyDown={(event) => { if (event.key === "Enter" && typed.trim() && !event.altKey) { event.preventDefault(); add(typed); } }} onBlur={() => typed.trim() && add(typed)} />
      <datalist id={list}>{field.values.filter((one) => !values.includes(one)).map((one) => <option key={one} value={one} />)}</datalist>
    </span>
  );
}

function Segment({ leaf, change, known, disabled }: Editing<InSegment>) {
  const segments = known.vocabulary.segments;
  return (
    <select aria-label={conditionWords.forms.segment} disabled={disabled} className={SMALL} value={leaf.segment} onChange={(event) => change({ segment: event.target.value })}>
      {!segments.some((one) => one.key === leaf.segment) && <option value={leaf.segment}>{leaf.segment || conditionWords.chooseSegment}</option>}
      {segments.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
    </select>
  );
}

function Happened({ leaf, change, known, disabled }: Editing<EventWithin | NoEvent>) {
  const happened = "event" in leaf;
  return (
    <>
      <EventName label={conditionWords.eventName} value={happened ? leaf.event : leaf.no_event} known={known} disabled={disabled} change={(name) => change(happened ? { ...leaf, event: name } : { ...leaf, no_event: name })} />
      {happened && <><span className="text-muted">{conditionWords.atLeast}</span><Whole label={conditionWords.times} value={leaf.at_least ?? 1} most={1_000_000} disabled={disabled} change={(times) => change({ ...leaf, at_least: times })} /><span className="text-muted">{conditionWords.timesIn}</span></>}
      {!happened && <span className="text-muted">{conditionWords.within}</span>}
      <Days value={leaf.within_days} most={happened ? 100 : 400} disabled={disabled} change={(days) => change({ ...leaf, within_days: days })} />
    </>
  );
}

function InOrder({ leaf, change, known, disabled }: Editing<Sequence>) {
  const set = (n: number, name: string) => change({ ...leaf, sequence: leaf.sequence.with(n, name) });
  return (
    <>
      {leaf.sequence.map((name, n) => (
        <span key={n} className="inline-flex items-center gap-1">
          {n > 0 && <span className="text-muted">{conditionWords.then}</span>}
          <EventName label={`${conditionWords.eventName} ${n + 1}`} value={name} known={known} disabled={disabled} change={(next) => set(n, next)} />
          {leaf.sequence.length > 2 && <button type="button" disabled={disabled} aria-label={conditionWords.takeOut(name)} className="min-h-6 min-w-6 rounded-full hover:bg-line" onClick={() => change({ ...leaf, sequence: leaf.sequence.toSpliced(n, 1) })}>×</button>}
        </span>
      ))}
      {leaf.sequence.length < 10 && <button type="button" disabled={disabled} className="min-h-6 rounded-md px-1.5 text-accent hover:bg-accent-ground" onClick={() => change({ ...leaf, sequence: [...leaf.sequence, ""] })}>{conditionWords.addEvent}</button>}
      <span className="text-muted">{conditionWords.within}</span>
      <Days value={leaf.within_days} most={400} disabled={disabled} change={(days) => change({ ...leaf, within_days: days })} />
    </>
  );
}

function EventName({ label, value, known, disabled, change }: { label: string; value: string; known: Known; disabled: boolean; change: (name: string) => void }) {
  const list = useId();
  return (
    <>
      <input aria-label={label} placeholder={conditionWords.eventName} disabled={disabled} className={`${CONTROL} !w-48 max-w-full`} list={list} value={value} onChange={(event) => change(event.target.value)} />
      <datalist id={list}>{known.vocabulary.events.map((one) => <option key={one.name} value={one.name}>{one.kind === "event" ? "" : `${conditionWords.kinds[one.kind] ?? one.kind}: ${one.label}`}</option>)}</datalist>
    </>
  );
}

const Days = ({ value, most, disabled, change }: { value: number; most: number; disabled: boolean; change: (days: number) => void }) => (
  <span className="inline-flex items-center gap-1.5"><Whole label={conditionWords.days} value={value} most={most} disabled={disabled} change={change} /><span className="text-muted">{conditionWords.days}</span>
    {value >= 1 && <span className="text-xs text-muted">({conditionWords.since(inDays(1 - value))})</span>}</span>
);

function Whole({ label, value, most, disabled, change }: { label: string; value: number; most: number; disabled: boolean; change: (value: number) => void }) {
  return <input type="number" min={1} max={most} step={1} aria-label={label} disabled={disabled} className={`${CONTROL} !w-20 text-right`} value={value || ""} onChange={(event) => change(Math.trunc(Number(event.target.value)))} />;
}

/** The day so many days from today, to make a window tangible. */
const inDays = (days: number): string => day(new Date(Date.now() + days * 86_400_000).toISOString());
