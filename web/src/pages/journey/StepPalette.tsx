/** Every kind of step: drag one onto a way, click it or press its number to add it after the selected step. */
import { useState, type KeyboardEvent } from "react";

import { Kbd } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { builder as builderWords } from "../../words/en.builder";
import type { CanvasHandle } from "./Canvas";
import { KindIcon } from "./icons";
import { matches, quickKey, shelves } from "./kindOrder";

export function StepPalette({ add, carry, disabled }: { add: (kind: string) => void; carry: CanvasHandle["carry"]; disabled: boolean }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState("");
  const shown = shelves.map((shelf) => ({ ...shelf, kinds: shelf.kinds.filter((kind) => matches(kind, typed)) })).filter((shelf) => shelf.kinds.length);
  const words = shown.flatMap((shelf) => shelf.kinds.map((kind) => kind.kind));
  const tab = words.includes(at) ? at : words[0];
  // one stop for Tab, arrows walk within
  const walk = (event: KeyboardEvent<HTMLElement>): void => {
    const to = event.key === "Home" ? 0 : event.key === "End" ? words.length - 1 : words.indexOf(tab ?? "") + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? NaN);
    const next = words[to];
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
    event.currentTarget.querySelector<HTMLElement>(`[data-kind="${next}"]`)?.focus();
  };
  return (
    <section aria-label={builderWords.palette} className="flex h-full w-52 shrink-0 flex-col border-r border-line bg-panel max-lg:hidden">
      <div className="border-b border-line p-2.5">
        <input type="search" aria-label={builderWords.paletteSearch} placeholder={builderWords.paletteSearch} value={typed} onChange={(event) => setTyped(event.target.value)} className={CONTROL} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-2.5" tabIndex={-1} onKeyDown={walk}>
        {shown.length === 0 && <p className="text-muted">{builderWords.noKind}</p>}
        {shown.map((shelf) => (
          <div key={shelf.group} className="mb-3">
            <h2 className="mb-1 text-xs font-semibold text-muted">{shelf.name}</h2>
            <ul className="space-y-1">
              {shelf.kinds.map((kind) => (
                <li key={kind.kind}>
                  <button type="button" disabled={disabled} title={kind.about} data-kind={kind.kind} tabIndex={kind.kind === tab ? 0 : -1} onFocus={() => setAt(kind.kind)} onClick={() => add(kind.kind)}
                    onPointerDown={(event) => !disabled && carry(event, { name: kind.label, kind: kind.kind, copy: false })}
                    className="flex w-full touch-none items-center gap-2 rounded-md border border-line bg-panel px-1.5 py-1 text-left font-medium hover:border-accent hover:bg-accent-ground disabled:opacity-50">
                    <KindIcon kind={kind.kind} size={24} /><span className="min-w-0 flex-1 truncate">{kind.label}</span>{quickKey(kind.kind) && <Kbd>{quickKey(kind.kind)}</Kbd>}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ))}
        <p className="text-xs text-muted">{builderWords.paletteHint}</p>
      </div>
    </section>
  );
}
