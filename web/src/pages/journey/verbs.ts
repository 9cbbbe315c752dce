/** What a person can do to the drawing, each with the sentence that says it was done. Mouse, keys, outline and inspector
 * all come here. */
import { behind, type Journey, type Out } from "../../journey/document";
import { append, connect, copySteps, disconnect, duplicate, insertAt, moveBranch, moveStep, pasteAt, removeBranch, removeStep, renameStep, switchSteps, type Change, type Clip } from "../../journey/edit";
import { graphOf, nameOf } from "../../journey/graph";
import { kindOf } from "../../journey/kinds";
import { moveDown, moveUp, shiftBranch, shiftWay } from "../../journey/order";
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

/** Where a step stands now, said by what it comes after. */
const placeOf = (journey: Journey, id: string): string => {
  const from = graphOf(journey).edges.find((edge) => edge.to === id && !edge.isJump)?.from;
  return from === undefined ? "" : where(journey, from);
};

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
    /** At a way where one is named, else after the chosen step. */
    addByKey: (kind: string, way: string | undefined): boolean => {
      const edge = way === undefined ? undefined : graphOf(own().journey).edges.find((one) => one.id === way);
      return edge ? verbs.add(kind, edge.from) : verbs.addAfterSelected(kind);
    },
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
    /** up: before the step that it comes after; else behind the one that follows. */
    step: (id: string, up: boolean): boolean => act((journey) => (up ? moveUp : moveDown)(journey, id), (before, change) => said.moved(called(before, id), placeOf(change.journey, id))),
    shift: (id: string, by: -1 | 1): boolean => act((journey) => shiftBranch(journey, id, by), (before) => said.shifted(called(before, id), by < 0)),
    shiftWay: (id: string, port: string, by: -1 | 1): boolean => act((journey) => shiftWay(journey, id, port, by), () => said.shifted(portLabel(port), by < 0)),
    /** Off where any of them is on, else on again. */
    toggle: (ids: readonly string[]): boolean => {
      const steps = ids.filter(isStep);
      if (!steps.length) return false;
      const off = steps.some((id) => own().journey.steps[id]?.disabled !== true);
      return act((journey) => switchSteps(journey, steps, off), (before) => said.switched(steps.length === 1 ? called(before, steps[0] ?? "") : builderWords.selected(steps.length), off));
    },
    tell: (words: string): false => (own().say(words), false),
    undo: (): void => own().say(own().undo() ? said.undone : said.nothingUndo),
    redo: (): void => own().say(own().redo() ? said.redone : said.nothingRedo),
    /** Ways that what is carried may land on. */
    legal: (carried: Carried): ReadonlySet<string> => {
      const { journey } = own();
      const edges = graphOf(journey).edges;
      const may = (out: Out): boolean => {
        if (carried.step === undefined) return insertAt(journey, out, carried.kind).refused === undefined;
        if (carried.copy) return true;
        return behind(journey, out) !== carried.step && (carried.branch ? moveBranch : moveStep)(journey, carried.step, out).refused === undefined;
      };
      return new Set(edges.filter((edge) => may(edge.from)).map((edge) => edgeId(edge.from)));
    },
    drop: (carried: Carried, out: Out): boolean => {
      if (carried.step === undefined) return verbs.add(carried.kind, out);
      return carried.copy ? verbs.copyTo(carried.step, out) : verbs.move(carried.step, out, carried.branch);
    },
  };
  return verbs;
}
export type Verbs = ReturnType<typeof makeVerbs>;
