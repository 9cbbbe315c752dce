/** The ways out of a step, or of the ways in: where each leads, to be changed without the drawing. */
import type { Journey, Out } from "../../journey/document";
import { graphOf, START } from "../../journey/graph";
import { Button } from "../../ui/bits";
import { builder as builderWords } from "../../words/en.builder";
import { portLabel } from "./summary";
import { canShift } from "../../journey/order";
import { called, type Verbs } from "./verbs";

export function WaysOut({ journey, id, disabled, verbs, choose, go }: { journey: Journey; id: string; disabled: boolean; verbs: Verbs; choose: (out: Out, at: HTMLElement) => void; go: (id: string) => void }) {
  const step = journey.steps[id];
  const ways = graphOf(journey).edges.filter((edge) => (edge.from === "start" ? START : edge.from.step) === id);
  if (!ways.length) return <p className="text-muted">{builderWords.waysNone}</p>;
  return (
    <ul className="space-y-1">
      {ways.map((way) => (
        <li key={way.id} className="flex items-center gap-2 rounded-md border border-line px-2 py-1">
          {way.port && <b className="shrink-0 font-medium">{portLabel(way.port)}</b>}
          <span className="shrink-0 text-muted">→</span>
          {way.isOpen ? <span className="min-w-0 flex-1 truncate text-watch">{builderWords.nowhere}</span>
            : <button type="button" onClick={() => go(way.to)} className="min-h-6 min-w-0 flex-1 truncate text-left text-accent hover:underline">{called(journey, way.to)}</button>}
          {step && ([-1, 1] as const).map((by) => (canShift(step, way.port, -1) || canShift(step, way.port, 1)) && (
            <Button key={by} kind="quiet" className="!px-1" disabled={disabled || !canShift(step, way.port, by)} aria-label={builderWords.shiftWay(portLabel(way.port), by < 0)} onClick={() => verbs.shiftWay(id, way.port, by)}>{by < 0 ? "↑" : "↓"}</Button>
          ))}
          <Button disabled={disabled} aria-label={`${builderWords.connect} ${portLabel(way.port)}`} onClick={(event) => choose(way.from, event.currentTarget)}>{way.isOpen ? builderWords.add : builderWords.connect}</Button>
        </li>
      ))}
    </ul>
  );
}
