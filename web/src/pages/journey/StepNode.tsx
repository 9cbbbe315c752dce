/** A step on the drawing: what it is, its name, what it does in one line, what is wrong with it, and what a view marks on it. */
import type { Node, NodeProps } from "@xyflow/react";
import { memo } from "react";

import { builder as builderWords } from "../../words/en.builder";
import { useBoard } from "./board";
import { KindIcon } from "./icons";
import { HEIGHT, MARKED, WIDTH } from "./place";
import { isStep, type StepMark } from "./ways";

export type StepData = {
  kind: string; kindLabel: string; name: string; summary: string; errors: number; warnings: number;
  mark: StepMark | undefined; marked: boolean; selected: boolean; tabbable: boolean; off: boolean;
};
export type StepNodeType = Node<StepData, "step">;

const RINGS = { plain: "border-strong-line", accent: "border-accent", good: "border-good", watch: "border-watch", bad: "border-bad" };
const TEXTS = { plain: "text-text", accent: "text-accent", good: "text-good", watch: "text-watch", bad: "text-bad" };

export const StepNode = memo(function StepNode({ id, data }: NodeProps<StepNodeType>) {
  const board = useBoard();
  const { mark } = data;
  const tone = mark?.tone ?? "plain";
  const wrong = data.errors ? builderWords.errors(data.errors) : data.warnings ? builderWords.warnings(data.warnings) : "";
  const said = [data.kindLabel, data.name, data.off ? builderWords.off : "", data.summary, wrong, mark?.title ?? [mark?.label, mark?.badge].filter(Boolean).join(" ")].filter(Boolean).join(". ");
  return (
    <div
      role="button" tabIndex={data.tabbable ? 0 : -1} aria-pressed={data.selected} aria-label={said} title={mark?.title} data-step={id}
      onClick={(event) => board.select(id, event.shiftKey || event.metaKey || event.ctrlKey)}
      onDoubleClick={() => board.edit(id)}
      onPointerDown={(event) => isStep(id) && board.grab(event, id)}
      style={{ width: WIDTH, height: data.marked ? MARKED : HEIGHT }}
      className={`relative flex flex-col overflow-hidden rounded-lg border bg-panel shadow-sm select-none ${mark?.dim || data.off ? "border-dashed !bg-ground text-muted !shadow-none" : ""} ${data.selected ? "border-accent ring-2 ring-accent" : data.errors ? "border-bad" : mark ? RINGS[tone] : "border-line"}`}
    >
      <span className="flex min-h-0 flex-1 items-center gap-2.5 px-2.5">
        <KindIcon kind={data.kind} />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-[13px] leading-tight font-semibold">{data.name}</span>
          <span className="block truncate text-xs text-muted">{data.summary}</span>
        </span>
        {data.off && <span className="shrink-0 rounded-full border border-dashed border-strong-line px-1.5 text-xs whitespace-nowrap">{builderWords.offShort}</span>}
        {wrong && (
          <span title={wrong} className={`grid h-5 shrink-0 place-items-center rounded-full px-1.5 text-xs font-bold whitespace-nowrap ${data.errors ? "bg-bad-ground text-bad" : "bg-watch-ground text-watch"}`}>
            {data.errors ? `✕ ${data.errors}` : `! ${data.warnings}`}
          </span>
        )}
      </span>
      {data.marked && (
        <span className="flex h-6 shrink-0 items-center justify-between gap-2 border-t border-line bg-ground px-2.5 text-xs">
          <span className="truncate text-muted">{mark?.label}</span>
          <b className={`whitespace-nowrap ${TEXTS[tone]}`}>{mark?.badge}</b>
        </span>
      )}
    </div>
  );
});
