/** What a person can do to the drawing, each with the sentence that says it was done. Mouse, keys, outline and inspector
 * all come here. */
import { behind, type Journey, type Out } from "../../journey/document";
import { append, connect, copySteps, disconnect, duplicate, insertAt, moveBranch, moveStep, pasteAt, removeBranch, removeStep, renameStep, type Change, type Clip } from "../../journey/edit";
import { graphOf, nameOf } from "../../journey/graph";
import { kindOf } from "../../journey/kinds";
import { builder as builderWords } from "../../words/en.builder";
import type { Carried } from "./drag";
import { portLabel } from "./summary";
import { afterSelected, type UseBuilder } from "./useBuilder";
import { edgeId, isStep } from "./ways";

const said = builderWords.said;
export const called = (journey: Journey, id: string): string => (journey.steps[id] ? nameOf(journey.steps[id]) : id);
export function where(journey: Journey, out: Out): string {
  if (out === "start") return builderWords.addFirst;
  const port = portLabel(out.port);
  return builderWords.addAfter(called(journey, out.step), port === "next" ? "" : port);
}

/** What went along, said. */
const gone = (change: Change): string => (change.removed?.length ? said.removedMany(change.removed.length) : "");

export function makeVerbs(use: UseBuilder, canWrite: boolean) {
  const own = () => use.getState();
  const taken = (): { taken: string[] } => ({ taken: Object.keys(own().base.steps) });
  const act = (change: (journey: Journey) => Change, tell: (before: Journey, change: Change) => string, merge?: string): boolean => {
    if (!canWrite) return own().say(said.readOnly), false;
    const before = own().journey;
    const made = change(before);
    return own().apply(made, made.refused ? "" : tell(before, made), merge);
  };
  const placeAfter = (journey: Journey): Out => {
    const after = afterSelected(own());
    if (after === null) return "start";
    const step = journey.steps[after];
    const ports = step ? graphOf(journey).edges.filter((edge) => edge.from !== "start" && edge.from.step === after) : [];
    const free = ports.find((edge) => edge.isOpen) ?? ports.find((edge) => edge.port === "next") ?? ports[0];
    return free?.from ?? "start";
  };
  const verbs = {
    add: (kind: string, out: Out): boolean => act((journey) => insertAt(journey, out, kind, taken()), (before) => said.added(kindOf(kind)?.label ?? kind, where(before, out))),
    addAfterSelected: (kind: string): boolean => act((journey) => append(journey, afterSelected(own()), kind, taken()), (before) => said.added(kindOf(kind)?.label ?? kind, where(before, placeAfter(before)))),
    remove: (ids: readonly string[]): boolean => {
      const steps = ids.filter(isStep);
      if (!steps.length) return false;
      return act((journey) => steps.reduce<Change>((made, id) => (made.refused || !made.journey.steps[id] ? made : removeStep(made.journey, id)), { journey, focus: null }),
        (before, change) => (steps.length === 1 && (change.removed?.length ?? 1) === 1 ? said.removed(called(before, steps[0] ?? "")) : said.removedMany(Object.keys(before.steps).length - Object.keys(change.journey.steps).length)));
    },
    removeBranch: (id: string): boolean => act((journey) => removeBranch(journey, id), (_, change) => said.removedMany(change.removed?.length ?? 1)),
    move: (id: string, out: Out, branch = false): boolean => act((journey) => (branch ? moveBranch : moveStep)(journey, id, out), (before) => said.moved(called(before, id), where(before, out))),
    copyTo: (id: string, out: Out): boolean => act((journey) => pasteAt(journey, out, copySteps(journey, [id]), taken()), (before) => said.pasted(1, where(before, out))),
    duplicate: (ids: readonly string[]): boolean => act((journey) => {
      const clip = copySteps(journey, ids.filter(isStep));
      if (!clip) return { journey, focus: null, refused: "nothing_to_paste" };
      return ids.length === 1 ? duplicate(journey, clip.start, taken()) : pasteAt(journey, placeAfter(journey), clip, taken());
    }, (before) => said.pasted(ids.length, where(before, placeAfter(before)))),
    clip: (): Clip | null => copySteps(own().journey, own().selected.filter(isStep)),
    paste: (clip: Clip | null, out?: Out): boolean => {
      if (!clip) return own().say(said.noSteps), false;
      return act((journey) => pasteAt(journey, out ?? placeAfter(journey), clip, taken()), (before) => said.pasted(Object.keys(clip.steps).length, where(before, out ?? placeAfter(before))));
    },
    connect: (out: Out, id: string, andRemove = false): boolean => act((journey) => connect(journey, out, id, andRemove, taken()), (before, change) => [said.connected(out === "start" ? builderWords.addFirst : portLabel(out.port), called(before, id)), gone(change)].filter(Boolean).join(" ")),
    disconnect: (out: Out, andRemove = false): boolean => act((journey) => disconnect(journey, out, andRemove), (_, change) => [said.disconnected(out === "start" ? builderWords.addFirst : portLabel(out.port)), gone(change)].filter(Boolean).join(" ")),
    rename: (id: string, name: string): boolean => act((journey) => renameStep(journey, id, name), () => said.renamed(name), `name:${id}`),
    undo: (): void => own().say(own().undo() ? said.undone : said.nothingUndo),
    redo: (): void => own().say(own().redo() ? said.redone : said.nothingRedo),
    /** Ways that what is carried may land on. */
    legal: (carried: Carried): ReadonlySet<string> => {
      const { journey } = own();
      const edges = graphOf(journey).edges;
      const may = (out: Out): boolean => {
        if (carried.step === undefined) return insertAt(journey, out, carried.kind).refused === undefined;
        if (carried.copy) return true;
        return behind(journey, out) !== carried.step && moveStep(journey, carried.step, out).refused === undefined;
      };
      return new Set(edges.filter((edge) => may(edge.from)).map((edge) => edgeId(edge.from)));
    },
    drop: (carried: Carried, out: Out): boolean => {
      if (carried.step === undefined) return verbs.add(carried.kind, out);
      return carried.copy ? verbs.copyTo(carried.step, out) : verbs.move(carried.step, out);
    },
  };
  return verbs;
}
export type Verbs = ReturnType<typeof makeVerbs>;
