/** A chart in SVG of our own: as wide as its place (text keeps its size), named for readers, and as a table for those who prefer one. */
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";

import { words } from "../../words/en";
import { Button, Empty } from "../bits";
import { Table, type TableColumn } from "../Table";

export type Size = { width: number; height: number };
/** Room for what is written at the axes. */
export const EDGE = { left: 44, right: 10, top: 8, bottom: 24 };

export function Figure<Row>({ label, height = 200, columns, rows, keyOf, children, empty, legend }: {
  label: string; height?: number; columns: readonly TableColumn<Row>[]; rows: readonly Row[]; keyOf: (row: Row, place: number) => string | number;
  children: (size: Size) => ReactNode; empty?: string | undefined; legend?: ReactNode;
}) {
  const [table, setTable] = useState(false);
  if (rows.length === 0) return <Empty>{empty ?? words.none}</Empty>;
  return (
    <figure>
      {table ? <Table label={label} columns={columns} rows={rows} keyOf={keyOf} minWidth="20rem" /> : <Drawing label={label} height={height}>{children}</Drawing>}
      <figcaption className="mt-1 flex flex-wrap items-center justify-between gap-x-4 text-xs text-muted">
        <span className="flex flex-wrap gap-x-3">{!table && legend}</span>
        <Button kind="quiet" className="text-xs" onClick={() => setTable(!table)}>{table ? words.account.asChart : words.account.asTable}</Button>
      </figcaption>
    </figure>
  );
}

/** An SVG as wide as its place. */
export function Drawing({ label, height, children, role = "img" }: { label: string; height: number; children: (size: Size) => ReactNode; role?: "img" | "group" }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const place = box.current;
    if (!place) return;
    const watch = new ResizeObserver(() => setWidth(Math.round(place.clientWidth)));
    setWidth(Math.round(place.clientWidth));
    watch.observe(place);
    return () => watch.disconnect();
  }, []);
  return <div ref={box} style={{ height }}>{width > 0 && <svg width={width} height={height} role={role} aria-label={label} className="block touch-pan-y overflow-visible">{children({ width, height })}</svg>}</div>;
}

/** A sample of a colour with its word. */
export const Key = ({ colour, children, line = false }: { colour: string; children: ReactNode; line?: boolean }) => (
  <span className="inline-flex items-center gap-1"><span aria-hidden className={`inline-block w-3 rounded-sm ${line ? "h-0.5" : "h-3"}`} style={{ background: colour }} />{children}</span>
);
