/** Steps and ways in another order, as keys and buttons put them there. */
import { describe, expect, it } from "vitest";

import { waysOf, type Journey } from "./document";
import { switchSteps } from "./edit";
import { reading } from "./graph";
import { canShift, moveDown, moveUp, shiftBranch, shiftWay } from "./order";

const wait = (next: string) => ({ kind: "wait", for: { days: 1 }, ports: { next } });
const JOURNEY: Journey = {
  key: "order", name: "Order", start: "one", steps: {
    one: wait("two"), two: wait("which"),
    which: { kind: "condition", branches: [{ if: "health.score < 40", port: "low" }, { if: "health.score < 70", port: "middle" }], ports: { low: "call", middle: "write", else: "end" } },
    call: { kind: "task", title: "Call", ports: { done: "end" } }, write: wait("end"), end: { kind: "exit" },
  },
};

describe("a step", () => {
  it("goes up before what it came after, and down again", () => {
    const up = moveUp(JOURNEY, "two").journey;
    expect(reading(up).slice(0, 3)).toEqual(["two", "one", "which"]);
    expect(reading(moveDown(up, "two").journey).slice(0, 3)).toEqual(["one", "two", "which"]);
  });

  it("goes down into the first way of a branch, and up out of it", () => {
    const down = moveDown(JOURNEY, "two").journey;
    expect(waysOf(down.steps["which"]!)["low"]).toBe("two");
    expect(reading(moveUp(down, "two").journey).slice(0, 3)).toEqual(["one", "two", "which"]);
  });

  it("stays where there is no farther to go", () => {
    expect(moveUp(JOURNEY, "one").refused).toBe("no_farther");
    expect(moveDown(JOURNEY, "write").refused).toBe("no_farther");
  });
});

describe("a branch", () => {
  it("is asked before the other, and keeps what is behind it", () => {
    const made = shiftBranch(JOURNEY, "write", -1);
    expect(made.focus).toBe("write");
    expect(made.journey.steps["which"]!["branches"]).toEqual([{ if: "health.score < 70", port: "middle" }, { if: "health.score < 40", port: "low" }]);
    expect(waysOf(made.journey.steps["which"]!)).toEqual(waysOf(JOURNEY.steps["which"]!));
  });

  it("has no place of its own where the kind fixes the order", () => {
    expect(shiftWay(JOURNEY, "which", "else", -1).refused).toBe("fixed_order");
    expect(shiftWay(JOURNEY, "which", "low", -1).refused).toBe("no_farther");
    expect([canShift(JOURNEY.steps["which"]!, "low", 1), canShift(JOURNEY.steps["which"]!, "middle", 1)]).toEqual([true, false]);
  });
});

it("steps that act are switched off and on, steps that lead runs are not", () => {
  const off = switchSteps(JOURNEY, ["call", "which"], true).journey;
  expect([off.steps["call"]!.disabled, off.steps["which"]!.disabled]).toEqual([true, undefined]);
  expect(switchSteps(off, ["call"], false).journey).toEqual(JOURNEY);
  expect(switchSteps(JOURNEY, ["which", "end"], true).refused).toBe("cannot_switch_off");
});
