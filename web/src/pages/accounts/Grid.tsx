/** The rows, drawn as they come into view: groups with what they are worth, accounts to select and to open, all by keys too. */
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type ReactNode } from "react";

import type { AccountRow } from "../../api/queries";
import type { Schemas } from "../../api/client";
import { money, number } from "../../format";
import { useKeys } from "../../shell/keys";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import type { Column } from "./columns";
import { isPicked, turned, type Picked } from "./question";

export type Line = { kind: "row"; row: AccountRow } | { kind: "group"; group: Schemas["GroupShape"]; key: string; name: string; isOpen: boolean } | { kind: "note"; key: string; note: ReactNode };
const ROW = 36;
const BOX = "2.25rem";

export function Grid({ lines, columns, sort, turn, more, load, total, picked, pick, openGroup }: {
  lines: Line[]; columns: Column[]; sort: string; turn: (column: string) => void; more: boolean; load: () => void; total: number | undefined;
  picked: Picked; pick: (picked: Picked) => void; openGroup: (key: string | undefined) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const anchor = useRef(0);
  const navigate = useNavigate();
  const list = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12 });
  const shown = list.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last > lines.length - 30) load();
  }, [last, more, lines.length]);
  const here = Math.min(at, Math.max(0, lines.length - 1));
  const idsBetween = (from: number, to: number): string[] =>
    lines.slice(Math.min(from, to), Math.max(from, to) + 1).flatMap((line) => (line.kind === "row" ? [line.row.external_id] : []));
  const select = (place: number, range: boolean): void => {
    const line = lines[place];
    if (line?.kind !== "row") return;
    pick(range ? turned(picked, idsBetween(anchor.current, place), true) : turned(picked, [line.row.external_id]));
    anchor.current = place;
  };
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(lines.length - 1, here + step));
    setAt(next);
    list.scrollToIndex(next);
  };
  const open = (): void => {
    const line = lines[here];
    if (line?.kind === "row") void navigate({ to: "/accounts/$id", params: { id: line.row.external_id } });
    if (line?.kind === "group") openGroup(line.isOpen ? undefined : line.key);
  };
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: open, x: () => select(here, false), X: () => select(here, true) });
  const grid = { gridTemplateColumns: [BOX, ...columns.map((column) => column.width)].join(" "), minWidth: 56 + columns.reduce((sum, column) => sum + column.least, 0) };
  const loaded = lines.flatMap((line) => (line.kind === "row" ? [line.row.external_id] : []));
  const allLoaded = loaded.length > 0 && loaded.every((id) => isPicked(picked, id));
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label={words.accounts.title}>
      <div role="table" aria-rowcount={total === undefined ? -1 : total + 1} aria-label={words.accounts.title}>
        <div role="rowgroup" className="sticky top-0 z-10">
          <div role="row" aria-rowindex={1} className="grid border-b border-line bg-ground px-3" style={grid}>
            <div role="columnheader" className="flex items-center"><Box label={deskWords.select.page} checked={allLoaded} change={() => pick(turned(picked, loaded, !allLoaded))} disabled={loaded.length === 0} /></div>
            {columns.map((column) => <Header key={column.key} column={column} sort={sort} turn={turn} />)}
          </div>
        </div>
        <div role="rowgroup" style={{ height: list.getTotalSize(), position: "relative", minWidth: grid.minWidth }}>
          {shown.map(({ index, start }) => {
            const line = lines[index] as Line;
            const look = `absolute inset-x-0 grid items-center border-b border-line px-3 ${index === here ? "bg-accent-ground" : line.kind === "group" ? "bg-ground" : "bg-panel hover:bg-ground"}`;
            const style = { ...grid, height: ROW, transform: `translateY(${start}px)` };
            if (line.kind !== "row") return (
              <div key={line.key} role="row" aria-rowindex={index + 2} aria-current={index === here || undefined} className={look} style={style} onClick={() => setAt(index)}>
                <div role="cell" className="col-span-full min-w-0" style={{ gridColumn: "1 / -1" }}>{line.kind === "group" ? <GroupLine line={line} toggle={() => openGroup(line.isOpen ? undefined : line.key)} /> : line.note}</div>
              </div>
            );
            const id = line.row.external_id;
            const on = isPicked(picked, id);
            return (
              <div key={id} role="row" aria-rowindex={index + 2} aria-current={index === here || undefined} className={look} style={style} onClick={() => setAt(index)}>
                <div role="cell"><Box label={deskWords.select.one(line.row.name ?? id)} checked={on} change={(event) => { setAt(index); select(index, event.shiftKey); }} /></div>
                {columns.map((column) => <div key={column.key} role="cell" className="truncate pr-3">{column.cell(line.row)}</div>)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Box({ label, checked, change, disabled = false }: { label: string; checked: boolean; change: (event: { shiftKey: boolean }) => void; disabled?: boolean }) {
  return <label className="inline-flex min-h-6 min-w-6 items-center justify-center"><input type="checkbox" aria-label={label} checked={checked} disabled={disabled} onChange={(event) => change({ shiftKey: (event.nativeEvent as unknown as MouseEvent).shiftKey })} /></label>;
}

function GroupLine({ line, toggle }: { line: Line & { kind: "group" }; toggle: () => void }) {
  const { group } = line;
  return (
    <button type="button" aria-expanded={line.isOpen} onClick={toggle} className="sticky left-3 flex max-w-[calc(100vw-2rem)] items-center gap-3 text-left">
      <span aria-hidden className="w-3 text-muted">{line.isOpen ? "▾" : "▸"}</span>
      <b className="truncate font-semibold">{line.name}</b>
      <span className="text-muted">{number(group.count)}</span>
      {group.sums.map((sum) => <span key={sum.currency ?? ""} className="text-muted max-sm:hidden">{money(sum.arr, sum.currency)}{sum.arr_at_risk > 0 && <span className="text-bad"> · {deskWords.atRisk(money(sum.arr_at_risk, sum.currency))}</span>}</span>)}
      {group.at_risk > 0 && <span className="text-bad">{deskWords.group.red(number(group.at_risk))}</span>}
    </button>
  );
}

function Header({ column, sort, turn }: { column: Column; sort: string; turn: (column: string) => void }) {
  const name = deskWords.columns[column.key];
  const state = sort === column.sort ? "ascending" : sort === `-${column.sort}` ? "descending" : "none";
  if (!column.sort) return <div role="columnheader" className="py-2 text-muted">{name}</div>;
  return (
    <div role="columnheader" aria-sort={state} className="py-1">
      <button type="button" className="min-h-6 font-medium text-muted hover:text-text" onClick={() => turn(column.sort as string)}>
        {name} <span aria-hidden>{state === "ascending" ? "↑" : state === "descending" ? "↓" : ""}</span>
      </button>
    </div>
  );
}
