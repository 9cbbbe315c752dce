/** Journeys for tests: any that the builder can come to, made by its own edits from an empty one. */
import fc from "fast-check";

import type { Journey, Out } from "./document";
import * as edit from "./edit";
import * as order from "./order";
import { outsOf } from "./graph";
import { KINDS } from "./kinds";

/** One edit, places chosen by numbers so that it means something in every journey. */
export type Act = { what: string; kind: string; at: number; to: number };
export const act: fc.Arbitrary<Act> = fc.record({
  what: fc.constantFrom("insert", "insert", "insert", "append", "remove", "removeBranch", "move", "moveBranch", "duplicate", "connect", "connectAndRemove", "paste", "rename", "settings", "up", "down", "shift", "switch"),
  kind: fc.constantFrom(...KINDS.map((kind) => kind.kind)),
  at: fc.nat(1000), to: fc.nat(1000),
});
export const acts = fc.array(act, { maxLength: 25 });

const SETTINGS: Record<string, object[]> = {
  task: [{ title: "Call" }, { title: "Call", choices: ["agreed", "lost"] }, { title: "Call", follow: false }, { title: "Call", timeout: { days: 2 } }],
  message: [{ template: "a" }, { template: "a", follow: true }],
  condition: [{ branches: [{ if: "health.score < 50", port: "no" }, { if: "health.score < 70", port: "yes" }] }, { branches: [] }],
  wait: [{ date: { of: "account.renewal_date" } }, { for: { days: 2 } }],
};

export function did(journey: Journey, { what, kind, at, to }: Act): edit.Change {
  const ids = Object.keys(journey.steps);
  const outs = outsOf(journey);
  const out: Out = outs[at % outs.length]!;
  const id = ids[to % Math.max(1, ids.length)] ?? "";
  const choices = SETTINGS[journey.steps[id]?.kind ?? ""] ?? [{}];
  switch (what) {
    case "insert": return edit.insertAt(journey, out, kind);
    case "append": return edit.append(journey, ids.length ? id : null, kind);
    case "remove": return edit.removeStep(journey, id);
    case "removeBranch": return edit.removeBranch(journey, id);
    case "move": return edit.moveStep(journey, id, out);
    case "moveBranch": return edit.moveBranch(journey, id, out);
    case "duplicate": return edit.duplicate(journey, id);
    case "connect": return edit.connect(journey, out, id);
    case "connectAndRemove": return edit.connect(journey, out, id, true);
    case "paste": return edit.pasteAt(journey, out, edit.copySteps(journey, [id, ids[at % ids.length] ?? ""]));
    case "up": return order.moveUp(journey, id);
    case "down": return order.moveDown(journey, id);
    case "shift": return order.shiftBranch(journey, id, at % 2 ? 1 : -1);
    case "switch": return edit.switchSteps(journey, [id], at % 2 === 0);
    case "rename": return edit.renameStep(journey, id, at % 2 ? "A name" : "");
    default: return edit.setStep(journey, id, choices[at % choices.length] as Record<string, never>);
  }
}

export const drawn = (done: Act[]): Journey => done.reduce((journey, one) => did(journey, one).journey, edit.newJourney("drawn", "Drawn"));
