/** Rows of a condition and the groups around them; every operation by button and by key (see conditionWords.keysHint). */
import { DropdownMenu } from "radix-ui";
import type { KeyboardEvent, ReactNode } from "react";

import { Button } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { conditions as conditionWords } from "../words/en.conditions";
import { choiceOf, leafFor, rechosen, type Known } from "./fields";
import { addAfter, addTo, at, isAll, isGroup, isNot, leavesOf, moveBy, negate, partsOf, placeOf, removeAt, replaceAt, samePlace, setGroup, wrap, type Condition, type Group, type Leaf, type Place } from "./model";
import { Picker } from "./Picker";
import { Operands } from "./Values";

export type Fault = { place: Place; problem: string };
export type Editing = {
  root: Condition;
  /** What came of an edit, and the row that the focus goes to. */
  edit: (next: { root: Condition | null; place: Place }) => void;
  known: Known;
  kind: string;
  disabled: boolean;
  faults: Fault[];
};
type Part = Editing & { part: Condition; place: Place };

export const placeText = (place: Place): string => place.join(".");
/** The row that a refusal is about: by its place, else by the column or segment that it names. */
export function faultAt(root: Condition, told: string | null | undefined, problem: string): Fault {
  const place = placeOf(told ?? "");
  const named = place.length === 0 && [...leavesOf(root)].find(({ leaf }) => problem.includes(`'${"column" in leaf ? leaf.column : "segment" in leaf ? leaf.segment : "\n"}'`));
  return { place: named ? named.place : place, problem };
}

export function PartOf(own: Part): ReactNode {
  if (isGroup(own.part)) return <GroupBox {...own} part={own.part} />;
  if (isNot(own.part) && isGroup(own.part.not)) return <GroupBox {...own} part={own.part.not} place={[...own.place, "not"]} negated />;
  if (isNot(own.part) && isNot(own.part.not)) return <div className="rounded-md border border-line p-2"><b>{conditionWords.not}</b> <PartOf {...own} part={own.part.not} place={[...own.place, "not"]} /></div>;
  return isNot(own.part) ? <Row {...own} part={own.part.not as Leaf} place={[...own.place, "not"]} negated /> : <Row {...own} part={own.part} />;
}

function GroupBox(own: Editing & { part: Group; place: Place; negated?: boolean }) {
  const { part, place, root, edit, disabled, negated = false } = own;
  const parts = partsOf(part);
  const name = isAll(part) ? conditionWords.all : conditionWords.any;
  const whole = place.length === 0 || samePlace(place, ["not"]);
  const add = (leaf: Condition) => edit(addTo(root, place, leaf));
  return (
    <div role="group" aria-label={negated ? `${conditionWords.not} ${name}` : name} className={`space-y-2 rounded-lg border p-2 ${isAll(part) ? "border-line" : "border-dashed border-strong-line"} ${whole ? "" : "bg-ground"}`}>
      <div className="flex flex-wrap items-center gap-2">
        {negated && <b className="rounded bg-watch-ground px-1.5 text-watch">{conditionWords.not}</b>}
        <select aria-label={conditionWords.which} disabled={disabled} className={`${CONTROL} !w-auto font-medium`} value={isAll(part) ? "all" : "any"} onChange={(event) => edit({ root: setGroup(root, place, event.target.value as "all" | "any"), place: [...place, 0] })}>
          <option value="all">{conditionWords.all}</option><option value="any">{conditionWords.any}</option>
        </select>
        {!disabled && <More name={name} items={[[conditionWords.negate, () => edit(negate(root, place))], ...(whole ? [] : [[conditionWords.remove, () => edit({ root: removeAt(root, place), place: place.slice(0, -1) })] as Doing])]} />}
      </div>
      <ul className="space-y-2 border-l-2 border-line pl-2">
        {parts.map((inner, n) => <li key={n}>{n > 0 && <span className="mb-1 block text-xs text-muted">{isAll(part) ? conditionWords.and : conditionWords.or}</span>}<PartOf {...own} part={inner} place={[...place, n]} /></li>)}
      </ul>
      {!disabled && <Adding {...own} place={place} add={add} />}
    </div>
  );
}

export function Adding({ place, add, known, kind, grouped = true }: Pick<Editing, "known" | "kind"> & { place: Place; add: (leaf: Condition) => void; grouped?: boolean }) {
  const choose = (make: (leaf: Leaf) => Condition) => (choice: string) => add(make(leafFor(choice, known)));
  return (
    <div className="flex flex-wrap gap-2">
      <Picker label={conditionWords.add} shown={conditionWords.add} known={known} kind={kind} place={`${placeText(place)}+`} choose={choose((leaf) => leaf)} />
      {grouped && <Picker label={conditionWords.addGroup} shown={conditionWords.addGroup} known={known} kind={kind} choose={choose((leaf) => ({ any: [leaf] }))} />}
    </div>
  );
}

function Row(own: Editing & { part: Leaf; place: Place; negated?: boolean }) {
  const { part, place, root, edit, known, kind, disabled, faults, negated = false } = own;
  const fault = faults.find((one) => samePlace(one.place, place));
  const change = (leaf: Leaf) => edit({ root: replaceAt(root, place, leaf), place: [] });
  const outer = negated ? place.slice(0, -1) : place;
  const doings: [string, string, () => void][] = [
    ["N", conditionWords.negate, () => edit(negate(root, place))],
    ["Enter", conditionWords.duplicate, () => edit(addAfter(root, place, at(root, outer) ?? part))],
    ["ArrowRight", conditionWords.wrap, () => edit(wrap(root, outer))],
    ["ArrowUp", conditionWords.up, () => edit(moveBy(root, place, -1))],
    ["ArrowDown", conditionWords.down, () => edit(moveBy(root, place, 1))],
    ["Backspace", conditionWords.remove, () => edit({ root: removeAt(root, outer), place: outer.slice(0, -1) })],
  ];
  const onKey = (event: KeyboardEvent) => {
    const found = !disabled && event.altKey && doings.find(([key]) => key.toLowerCase() === event.key.toLowerCase() || event.code === `Key${key}`);
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    found[2]();
  };
  return (
    <div role="group" aria-label={conditionWords.row(nameOf(part, known))} onKeyDown={onKey} className={`rounded-md bg-panel p-1.5 ${fault ? "ring-1 ring-bad" : ""}`}>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5">
        {negated && <b className="rounded bg-watch-ground px-1.5 text-watch">{conditionWords.not}</b>}
        <Picker label={conditionWords.about} shown={nameOf(part, known)} known={known} kind={kind} disabled={disabled} place={placeText(place)} choose={(choice) => choice !== choiceOf(part) && change(rechosen(part, choice, known))} />
        <Operands leaf={part} change={change} known={known} disabled={disabled} />
        {!disabled && <More name={nameOf(part, known)} items={doings.map(([key, name, work]) => [name, work, `Alt+${key.replace("Arrow", "")}`])} />}
      </div>
      {fault && <p className="mt-1 text-bad">{fault.problem}</p>}
    </div>
  );
}

const nameOf = (leaf: Leaf, known: Known): string =>
  "column" in leaf ? known.of(leaf.column).label : "segment" in leaf ? conditionWords.forms.segment : conditionWords.forms["event" in leaf ? "event" : "no_event" in leaf ? "no_event" : "sequence"];

type Doing = [name: string, work: () => void, key?: string];

function More({ name, items }: { name: string; items: Doing[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild><Button kind="quiet" aria-label={conditionWords.more(name)}>⋯</Button></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" className="z-40 min-w-48 rounded-lg border border-line bg-panel p-1 shadow-xl">
          {items.map(([label, work, key]) => (
            <DropdownMenu.Item key={label} onSelect={work} className="flex cursor-pointer justify-between gap-4 rounded-md px-2 py-1.5 outline-none data-highlighted:bg-accent-ground">{label}<span className="text-xs text-muted">{key}</span></DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
