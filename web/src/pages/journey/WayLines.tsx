/** The lines of a drawing with their pills: the name of the way out, what a view marks on it, and the plus that adds a step.
 * Only what is near the window is drawn. */
import { useStore, ViewportPortal } from "@xyflow/react";
import { memo } from "react";

import { builder as builderWords } from "../../words/en.builder";
import { useBoard } from "./board";
import { useDrag } from "./drag";
import { pathOf, PILL, type Placed, type PlacedWay } from "./place";
import type { Marks, WayMark } from "./ways";

const LINES = { plain: "var(--strong-line)", accent: "var(--accent)", good: "var(--good)", watch: "var(--watch)", bad: "var(--bad)" };
const STEP = 400;

type Labels = { marks: Marks["edges"]; nameOf: (id: string) => string; reachable: ReadonlySet<string> };

export function Ways({ placed, marks, nameOf, reachable }: { placed: Placed } & Labels) {
  const near = useStore((own) => {
    const [x, y, zoom] = own.transform;
    return [-x / zoom, -y / zoom, (own.width - x) / zoom, (own.height - y) / zoom].map((edge) => Math.floor(edge / STEP)).join(",");
  });
  const [left = 0, top = 0, right = 0, bottom = 0] = near.split(",").map(Number);
  const shown = placed.ways.filter((way) => {
    const [xs, ys] = [way.path.map((one) => one.x), way.path.map((one) => one.y)];
    return Math.max(...xs) / STEP >= left - 1 && Math.min(...xs) / STEP <= right + 2 && Math.max(...ys) / STEP >= top - 1 && Math.min(...ys) / STEP <= bottom + 2;
  });
  return (
    <ViewportPortal>
      <svg aria-hidden className="pointer-events-none absolute overflow-visible" width="1" height="1">
        <defs><marker id="way-end" viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M1 1 7 4 1 7" fill="none" stroke="var(--strong-line)" strokeWidth="1.4" /></marker></defs>
        {shown.map((way) => <Line key={way.key} way={way} mark={marks?.[way.key]} />)}
      </svg>
      {shown.map((way) => <Pill key={way.key} way={way} mark={marks?.[way.key]} source={way.out === "start" ? "" : nameOf(way.out.step)} tabbable={reachable.has(way.key)} />)}
    </ViewportPortal>
  );
}

const Line = memo(function Line({ way, mark }: { way: PlacedWay; mark: WayMark | undefined }) {
  const isTarget = useDrag((own) => own.target?.key === way.key);
  const isLegal = useDrag((own) => own.legal.has(way.key));
  const isOpen = way.to === null;
  return (
    <path d={pathOf(way.path)} fill="none" strokeLinecap="round" opacity={mark?.dim ? 0.3 : 1} markerEnd={isOpen || mark?.width ? undefined : "url(#way-end)"}
      stroke={isTarget || isLegal ? "var(--accent)" : isOpen && !mark ? "var(--watch)" : LINES[mark?.tone ?? "plain"]}
      strokeWidth={isTarget ? 4 : isLegal ? 2.5 : (mark?.width ?? 1.5)} strokeDasharray={isOpen || way.isBack ? "5 4" : undefined} />
  );
});

const Pill = memo(function Pill({ way, mark, source, tabbable }: { way: PlacedWay; mark: WayMark | undefined; source: string; tabbable: boolean }) {
  const board = useBoard();
  const isTarget = useDrag((own) => own.target?.key === way.key);
  const isLegal = useDrag((own) => own.legal.has(way.key));
  const text = way.label;
  const style = { transform: `translate(${way.pill.x}px, ${way.pill.y}px) translate(-50%, -50%)`, height: PILL, minWidth: PILL };
  const look = `nopan absolute top-0 left-0 flex items-center justify-center gap-1 rounded-full border text-xs whitespace-nowrap ${mark?.dim ? "border-dashed !text-muted" : ""} ${isTarget ? "border-accent bg-accent text-on-accent ring-4 ring-accent-ground" : isLegal ? "border-accent bg-accent-ground text-accent" : way.to === null ? "border-dashed border-watch bg-panel text-watch" : "border-line bg-panel text-muted"}`;
  if (!board.canEdit) return text ? <span style={style} className={`${look} px-2`}>{text}</span> : null;
  return (
    <button type="button" style={style} data-way={way.key} tabIndex={tabbable ? 0 : -1} aria-haspopup="dialog"
      aria-label={builderWords.addAt(way.out === "start" ? null : source, way.label, way.to === null)}
      onClick={(event) => board.add(way.out, event.currentTarget)}
      className={`pointer-events-auto hover:border-accent hover:text-accent ${look} ${text ? "pr-1.5 pl-2" : "px-0"}`}>
      {text && <span>{text}</span>}<span aria-hidden className="text-sm leading-none">+</span>
    </button>
  );
});
