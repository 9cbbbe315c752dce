/** Whatever is done in the builder, the journey stays whole. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { behind, waysOf, type Journey } from "./document";
import { act, acts, did, drawn } from "./drawn";
import { append, connect, copySteps, duplicate, insertAt, moveStep, newJourney, pasteAt, removeStep, renameStep, setStep } from "./edit";
import { outsOf, portsOf, reach } from "./graph";
import { KINDS } from "./kinds";

const reached = (journey: Journey) => reach(journey.steps, [journey.start ?? ""]);

/** A line of steps of these kinds. */
const line = (...kinds: string[]): Journey => kinds.reduce((journey, kind) => append(journey, Object.keys(journey.steps).at(-1) ?? null, kind).journey, newJourney("line", "Line"));

describe("every edit keeps the journey well-formed", () => {
  it("leads no way to a step that is not there, and wires no port that the step has not", () => {
    fc.assert(fc.property(acts, (done) => {
      const journey = drawn(done);
      for (const step of Object.values(journey.steps)) {
        for (const [port, to] of Object.entries(waysOf(step))) {
          expect(portsOf(step)).toContain(port);
          expect(Object.keys(journey.steps)).toContain(to);
        }
      }
      if (journey.start !== undefined) expect(Object.keys(journey.steps)).toContain(journey.start);
    }));
  });

  it("cuts nothing off, but where settings let go of a way", () => {
    fc.assert(fc.property(acts, act, (done, one) => {
      fc.pre(one.what !== "settings");
      const before = drawn(done);
      const { journey } = did(before, one);
      const was = reached(before), now = reached(journey);
      expect(Object.keys(journey.steps).filter((id) => was.has(id) && !now.has(id))).toEqual([]);
    }));
  });

  it("keeps the ids of steps, and gives none of them another kind", () => {
    fc.assert(fc.property(acts, act, (done, one) => {
      const before = drawn(done);
      const { journey, removed = [] } = did(before, one);
      for (const [id, step] of Object.entries(before.steps)) {
        if (removed.includes(id)) expect(journey.steps[id]).toBeUndefined();
        else expect(journey.steps[id]?.kind).toBe(step.kind);
      }
    }));
  });

  it("changes nothing when it refuses, and never what it was given", () => {
    fc.assert(fc.property(acts, act, (done, one) => {
      const before = drawn(done);
      const text = JSON.stringify(before);
      const { journey, refused } = did(before, one);
      expect(JSON.stringify(before)).toBe(text);
      if (refused) expect(journey).toBe(before);
    }));
  });

  it("stands on a step that is there", () => {
    fc.assert(fc.property(acts, act, (done, one) => {
      const { journey, focus } = did(drawn(done), one);
      if (focus !== null) expect(Object.keys(journey.steps)).toContain(focus);
    }));
  });
});

describe("an edit does what its name says", () => {
  it("puts a step of every kind at every place, or says why not", () => {
    const journey = line("wait", "condition", "task", "exit");
    for (const { kind } of KINDS) {
      for (const out of outsOf(journey)) {
        const change = insertAt(journey, out, kind);
        if (change.refused) expect(portsOf({ kind }).length === 0 && behind(journey, out) !== undefined, `${kind} ${JSON.stringify(out)}`).toBe(true);
        else expect(behind(change.journey, out)).toBe(change.focus);
      }
    }
  });

  it("inserts between two steps without losing the one behind", () => {
    const journey = insertAt(line("wait", "exit"), { step: "wait", port: "next" }, "message").journey;
    expect(behind(journey, { step: "wait", port: "next" })).toBe("message");
    expect(behind(journey, { step: "message", port: "next" })).toBe("exit");
  });

  it("heals the way when a step is removed, and says what went with it", () => {
    const journey = line("wait", "message", "exit");
    expect(behind(removeStep(journey, "message").journey, { step: "wait", port: "next" })).toBe("exit");
    const branched = append(insertAt(journey, { step: "wait", port: "next" }, "condition").journey, "condition", "goal").journey;
    expect(removeStep(branched, "condition").removed).toEqual(["condition", "goal"]);
  });

  it("moves a step and heals where it was", () => {
    const { journey } = moveStep(line("wait", "message", "task", "exit"), "message", { step: "task", port: "done" });
    expect(["wait", "task", "message"].map((id) => Object.values(waysOf(journey.steps[id]!))[0])).toEqual(["task", "message", "exit"]);
  });

  it("loops back by a go-to and joins forward without one", () => {
    const branched = insertAt(line("wait", "message", "exit"), { step: "wait", port: "next" }, "condition").journey;
    const looped = connect(branched, { step: "condition", port: "else" }, "wait").journey;
    expect(looped.steps["go-to"]).toEqual({ kind: "go_to", ports: { to: "wait" } });
    const joined = connect(branched, { step: "condition", port: "else" }, "exit").journey;
    expect(behind(joined, { step: "condition", port: "else" })).toBe("exit");
    expect(Object.keys(joined.steps)).toHaveLength(4);
  });

  it("pastes into another journey under names that are free", () => {
    const clip = copySteps(line("wait", "message"), ["wait", "message"]);
    const { journey } = pasteAt(line("wait", "exit"), { step: "wait", port: "next" }, clip);
    expect(Object.keys(journey.steps)).toEqual(["wait", "wait-2", "message", "exit"]);
    expect(behind(journey, { step: "message", port: "next" })).toBe("exit");
  });

  it("duplicates a step behind itself", () => {
    const { journey, focus } = duplicate(line("wait", "exit"), "wait");
    expect(focus).toBe("wait-2");
    expect(behind(journey, { step: "wait-2", port: "next" })).toBe("exit");
  });

  it("keeps what is behind a way out that is renamed or becomes another", () => {
    const journey = append(line("condition"), "condition", "goal").journey;
    const renamed = setStep(journey, "condition", { branches: [{ if: "health.score < 50", port: "low" }] }).journey;
    expect(waysOf(renamed.steps["condition"]!)).toEqual({ low: "goal" });
    const followed = setStep(line("message", "exit"), "message", { template: "a", follow: true }).journey;
    expect(waysOf(followed.steps["message"]!)).toEqual({ sent: "exit" });
  });

  it("keeps settings that it does not know", () => {
    const odd: Journey = { key: "a", name: "A", start: "x", layout: { kept: 1 }, steps: { x: { kind: "wait", for: { days: 1 }, brand_new: [1], next: "y" }, y: { kind: "teleport", far: true } } };
    const renamed = renameStep(odd, "x", "Pause").journey;
    expect(renamed.steps).toEqual({ x: { ...odd.steps["x"], name: "Pause" }, y: odd.steps["y"] });
    expect(insertAt(odd, { step: "x", port: "next" }, "message").journey.steps["x"]).toEqual({ kind: "wait", for: { days: 1 }, brand_new: [1], ports: { next: "message" } });
  });
});
