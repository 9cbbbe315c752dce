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
  const places = useMemo(() => placesOf(lines.map((line) => line.level)), [lines]);
  const pressed = (event: KeyboardEvent): void => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
    const here = items.indexOf(event.target as HTMLElement);
    const to = event.key === "ArrowDown" ? here + 1 : event.key === "ArrowUp" ? here - 1 : event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : event.key === "ArrowLeft" ? parentOf(items, here) : event.key === "ArrowRight" && depth(items[here + 1]) > depth(items[here]) ? here + 1 : -1;
    const next = to >= 0 ? items[to] : undefined;
    if (!next || event.metaKey || event.ctrlKey || event.altKey) return keys(event);
    event.preventDefault();
    next.focus();
    if (next.dataset["outline"]) select(next.dataset["outline"], false);
  };
  return (
    <ul ref={list} role="tree" aria-label={builderWords.outline} onKeyDown={pressed} className="h-full overflow-y-auto p-2">
      {lines.map((line, place) => {
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
          <li aria-posinset={places[place]![0]} aria-setsize={places[place]![1]} key={out ? `way ${edgeId(out)}` : id} role="treeitem" aria-level={line.level + 1} aria-selected={chosen} tabIndex={isHere && id === at ? 0 : -1} data-outline={isHere ? id : undefined} data-way={isHere || !out ? undefined : edgeId(out)} data-depth={line.level}
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
              <span className={`block truncate font-medium ${step?.disabled ? "text-muted" : ""}`}><span className="sr-only">{step ? `${kindOf(step.kind)?.label ?? step.kind}: ` : ""}</span>{told}{step?.disabled && <span className="ml-2 rounded-full border border-dashed border-strong-line px-1.5 text-xs">{builderWords.off}</span>}</span>
              {isHere && <span className={`block truncate text-xs ${chosen ? "" : "text-muted"}`}>{step ? summaryOf(step) : entrySummary(journey)}</span>}
            </span>
            {found && <span className={`shrink-0 text-xs font-bold ${found.errors ? "text-bad" : "text-watch"}`}>{found.errors ? builderWords.errors(found.errors) : builderWords.warnings(found.warnings)}</span>}
          </li>
        );
      })}
    </ul>
  );
}

const depth = (item: HTMLElement | undefined): number => Number(item?.dataset["depth"] ?? 0);

function parentOf(items: readonly HTMLElement[], here: number): number {
  for (let at = here - 1; at >= 0; at -= 1) if (depth(items[at]) < depth(items[here])) return at;
  return -1;
}

/** Which of how many each line is among those beside it. */
function placesOf(levels: readonly number[]): [number, number][] {
  const groups: { size: number }[] = [];
  const found = levels.map((level): [number, { size: number }] => {
    groups.length = Math.min(groups.length, level + 1);
    groups[level] ??= { size: 0 };
    groups[level].size += 1;
    return [groups[level].size, groups[level]];
  });
  return found.map(([at, group]) => [at, group.size]);
}
