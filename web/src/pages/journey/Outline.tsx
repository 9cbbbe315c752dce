/** The journey as a tree: the drawing's twin for readers and small screens, with the same operations. */
import { useMemo, useRef, type KeyboardEvent } from "react";

import type { Journey, Out } from "../../journey/document";
import { edgeId } from "../../journey/graph";
import { kindOf } from "../../journey/kinds";
import { flat, outlineOf } from "../../journey/outline";
import { builder as builderWords } from "../../words/en.builder";
import { KindIcon } from "./icons";
import { entrySummary, portLabel, summaryOf } from "./summary";
import { START } from "./ways";

export function Outline({ journey, selected, findings, select, edit, add, keys }: {
  journey: Journey; selected: readonly string[]; findings: ReadonlyMap<string, { errors: number; warnings: number }>;
  select: (id: string, more: boolean) => void; edit: (id: string) => void; add: (out: Out, at: HTMLElement) => void; keys: (event: KeyboardEvent) => void;
}) {
  const lines = useMemo(() => [{ out: null, port: "", id: START, kind: "start", name: builderWords.entry, again: false, level: 0 }, ...flat(outlineOf(journey))], [journey]);
  const list = useRef<HTMLUListElement>(null);
  const at = selected.at(-1) ?? START;
  const pressed = (event: KeyboardEvent): void => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
    const here = items.indexOf(event.target as HTMLElement);
    const to = event.key === "ArrowDown" ? here + 1 : event.key === "ArrowUp" ? here - 1 : event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : event.key === "ArrowLeft" ? parentOf(items, here) : -1;
    const next = to >= 0 ? items[to] : undefined;
    if (!next || event.metaKey || event.ctrlKey || event.altKey) return keys(event);
    event.preventDefault();
    next.focus();
    if (next.dataset["outline"]) select(next.dataset["outline"], false);
  };
  return (
    <ul ref={list} role="tree" aria-label={builderWords.outline} onKeyDown={pressed} className="h-full overflow-y-auto p-2">
      {lines.map((line) => {
        const { id, out } = line;
        const isHere = id !== null && !line.again;
        const step = isHere ? journey.steps[id] : undefined;
        const found = isHere ? findings.get(id) : undefined;
        const chosen = isHere && selected.includes(id);
        const told = id === null ? builderWords.openWay : line.again ? builderWords.jumpTo(line.name) : line.name;
        const open = (at: HTMLElement): void => {
          if (id === null) return out ? add(out, at) : undefined;
          select(id, false);
        };
        return (
          <li key={out ? `way ${edgeId(out)}` : id} role="treeitem" aria-level={line.level + 1} aria-selected={chosen} tabIndex={isHere && id === at ? 0 : -1} data-outline={isHere ? id : undefined} data-depth={line.level}
            onClick={(event) => (isHere ? select(id, event.shiftKey) : open(event.currentTarget))} onDoubleClick={() => isHere && edit(id)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || isHere) return;
              event.preventDefault();
              event.stopPropagation();
              open(event.currentTarget);
            }}
            style={{ paddingLeft: 8 + Math.min(line.level, 8) * 16 }}
            className={`flex min-h-9 cursor-pointer items-center gap-2 rounded-md py-1 pr-2 ${chosen ? "bg-accent-ground text-accent" : "hover:bg-accent-ground"}`}>
            {line.port && <span className="shrink-0 rounded-full border border-line bg-panel px-1.5 text-xs text-muted">{portLabel(line.port)}</span>}
            {isHere && <KindIcon kind={step?.kind ?? "start"} size={24} />}
            <span className={`min-w-0 flex-1 ${isHere ? "" : id === null ? "text-watch" : "text-muted italic"}`}>
              <span className="block truncate font-medium"><span className="sr-only">{step ? `${kindOf(step.kind)?.label ?? step.kind}: ` : ""}</span>{told}</span>
              {isHere && <span className={`block truncate text-xs ${chosen ? "" : "text-muted"}`}>{step ? summaryOf(step) : entrySummary(journey)}</span>}
            </span>
            {found && <span className={`shrink-0 text-xs font-bold ${found.errors ? "text-bad" : "text-watch"}`}>{found.errors ? builderWords.errors(found.errors) : builderWords.warnings(found.warnings)}</span>}
          </li>
        );
      })}
    </ul>
  );
}

function parentOf(items: readonly HTMLElement[], here: number): number {
  const depth = Number(items[here]?.dataset["depth"] ?? 0);
  for (let at = here - 1; at >= 0; at -= 1) if (Number(items[at]?.dataset["depth"]) < depth) return at;
  return -1;
}
