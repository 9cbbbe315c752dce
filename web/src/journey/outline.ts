/** The same journey as a tree to read and to walk by keyboard: the twin of the drawing for screen readers and narrow
 * screens. A step stands below the first way that leads to it; other ways to it say so and lead there. */
import { behind, type Journey, type Out } from "./document";
import { nameOf, reading } from "./graph";
import { portsOf } from "./kinds";

/** out: the way that leads here, null for what nothing leads to; port: its name where its step has several ("" else);
 * again: the step stands elsewhere in the tree; id null: the way leads nowhere. level: 1 at the top. Steps that follow
 * one another by their only way stand on one level. */
export type Line = { out: Out | null; port: string; id: string | null; kind: string; name: string; again: boolean; level: number; children: Line[] };

export function outlineOf(journey: Journey): Line[] {
  const shown = new Set<string>();
  const top = linesFrom(journey, "start", "", 1, shown);
  const lost = reading(journey).filter((id) => !shown.has(id)).flatMap((id) => (shown.has(id) ? [] : stepLines(journey, id, null, "", 1, shown)));
  return [...top, ...lost];
}

function linesFrom(journey: Journey, out: Out, port: string, level: number, shown: Set<string>): Line[] {
  const id = behind(journey, out);
  return id === undefined ? [{ out, port, id: null, kind: "", name: "", again: false, level, children: [] }] : stepLines(journey, id, out, port, level, shown);
}

function stepLines(journey: Journey, first: string, from: Out | null, port: string, level: number, shown: Set<string>): Line[] {
  const lines: Line[] = [];
  let id: string | undefined = first;
  let out: Out | null = from;
  while (id !== undefined) {
    const step: Journey["steps"][string] = journey.steps[id]!;
    const line: Line = { out, port: lines.length ? "" : port, id, kind: step.kind, name: nameOf(step), again: shown.has(id), level, children: [] };
    lines.push(line);
    if (line.again) break;
    shown.add(id);
    const ports = portsOf(step);
    if (ports.length !== 1) {
      const here = id;
      line.children = ports.flatMap((name) => linesFrom(journey, { step: here, port: name }, name, level + 1, shown));
      break;
    }
    out = { step: id, port: ports[0]! };
    id = behind(journey, out);
    if (id === undefined) lines.push({ out, port: "", id: null, kind: "", name: "", again: false, level, children: [] });
  }
  return lines;
}

/** Every line in reading order, as arrow keys walk them. */
export const flat = (lines: readonly Line[]): Line[] => lines.flatMap((line) => [line, ...flat(line.children)]);
