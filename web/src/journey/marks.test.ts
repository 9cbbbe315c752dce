import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Simulation, StepView } from "../api/runs";
import { chosen } from "../pages/journeys/chosen";
import { conditionWords, whyOf } from "../pages/runs/waiting";
import type { Journey } from "./document";
import { goalRate, liveMarks, passedOf, paceWords, simulationMarks, standsOf, walkedOf, wayMarks, widthOf } from "./marks";

const journey: Journey = {
  key: "one", name: "One", start: "ask",
  steps: {
    ask: { kind: "condition", branches: [{ if: { column: "health.score", is: "below", value: 50 }, port: "low" }], ports: { low: "call", else: "done" } },
    call: { kind: "task", title: "Call", ports: { done: "done" } }, done: { kind: "exit" },
  },
};
const ledger = { pending: 0, sent: 0, skipped: 0, failed: 0, cancelled: 0, unknown: 0, total: 0 };
const view = (more: Partial<StepView>): StepView => ({ step: "call", kind: "task", label: "Call", is_gone: false, standing: {}, paused: 0, pace: { on_track: 0, behind: 0, stuck: 0, paused: 0 }, arrived: 10, ports: { done: 4 }, asked: 0, waiting: 0, effects: ledger, ...more });
const flow = (step: string, arrived: number, ports: Record<string, number>) => ({ step, kind: "task", label: step, arrived, asked: 0, ports, standing: 0, wait_hours: null, accounts: {} });
const told = { entered: 100, accounts: 200, steps: [flow("ask", 100, { low: 25, else: 75 }), flow("call", 25, { done: 0 })], published_steps: [flow("ask", 90, {})], messages: { by_step: {} }, work: { by_step: {} } } as unknown as Simulation;

describe("widths of ways", () => {
  it("grow with the count and stay between a hair and nine pixels", () =>
    fc.assert(fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), (one, other, whole) => {
      const [few, many] = [Math.min(one, other), Math.max(one, other)];
      expect(widthOf(few, whole)).toBeLessThanOrEqual(widthOf(many, whole));
      expect(widthOf(many, whole)).toBeGreaterThanOrEqual(1.5);
      expect(widthOf(many, whole)).toBeLessThanOrEqual(9);
    })));
});

describe("a live drawing", () => {
  it("says numbers with words and lets the worst give the colour", () => {
    const marks = liveMarks([view({ pace: { on_track: 3, behind: 1, stuck: 2, paused: 0 } })]);
    expect(marks.steps?.["call"]).toMatchObject({ badge: "6 here", label: "3 on track · 1 behind · 2 stuck", tone: "bad" });
    expect(marks.edges?.["call:done"]?.label).toBe("4");
  });
  it("tells how many passed where nobody stands", () => expect(liveMarks([view({})]).steps?.["call"]?.label).toBe("10 passed"));
  it("is silent about nobody", () => expect(paceWords({})).toBe(""));
});

describe("a simulated drawing", () => {
  const marks = simulationMarks(told);
  it("has counts, shares of each way, and the difference from what is live", () => {
    expect(marks.steps?.["ask"]?.badge).toBe("100 (+10)");
    expect(marks.edges?.["ask:low"]?.label).toBe("25 · 25%");
    expect(marks.edges?.["ask:low"]?.width).toBeCloseTo(1.5 + 7.5 * 0.5);
  });
  it("fades ways that nobody went", () => expect(marks.edges?.["call:done"]).toMatchObject({ label: "0", dim: true }));
});

describe("the way of one", () => {
  const line = (what: string, step: string | null, port: string | null) => ({ at: "2026-11-20T09:00:00Z", what, step, port, detail: null }) as never;
  it("is what it passed, with where it stands now; all else is faded", () => {
    const passed = passedOf({ history: [line("entered", null, "manual"), line("left", "ask", "low"), line("asked", "call", null)] }, () => "then");
    const marks = wayMarks(journey, passed.slice(0, 1), ["call"]);
    expect(marks.edges?.["ask:low"]).toMatchObject({ tone: "accent" });
    expect(marks.edges?.["ask:else"]).toEqual({ dim: true });
    expect(marks.steps?.["call"]?.badge).toBe("is here");
    expect(marks.steps?.["done"]).toEqual({ dim: true });
  });
  it("of a walk carries why a branch was taken and where it waits", () => {
    const walk = { entered: 1, refused: {}, stages: [{ at: "2026-11-20T09:00:00Z", step: "ask", what: "leaves", word: "low", detail: { why: "health.score < 50" }, journey: "" }, { at: "2026-11-20T09:00:00Z", step: "ask", what: "asks", word: "task", detail: {}, journey: "other" }, { at: "2026-11-20T09:00:00Z", step: "call", what: "waits", word: "", detail: {}, journey: "" }, { at: "2026-11-20T09:00:00Z", step: "done", what: "waits", word: "", detail: {}, journey: "other" }] };
    expect(walkedOf(walk, String)[0]).toMatchObject({ step: "ask", port: "low", title: "health.score < 50" });
    expect(standsOf(walk)).toEqual(["call"]);
  });
  it("says the rule of a branch that was taken", () => {
    expect(whyOf(journey, "ask", "low")).toBe("health.score < 50");
    expect(whyOf(journey, "call", "done")).toBe("");
    expect(conditionWords({ all: [{ column: "a.b", is: "missing" }, { not: { in_segment: "x" } }] })).toBe("a.b is missing and not (in segment x)");
  });
});

describe("the list of journeys", () => {
  const item = (key: string, entered: number, stuck: number) => ({ key, name: key, description: "", status: "active", last_30d: { entered, ended: {} }, pace: { on_track: 0, behind: 0, stuck, paused: 0 } }) as never;
  it("is filtered and sorted as the address says", () => {
    const items = [item("b", 1, 0), item("a", 5, 0), item("c", 3, 2)];
    expect(chosen(items, {}).map((one) => one.key)).toEqual(["a", "b", "c"]);
    expect(chosen(items, { sort: "entered" }).map((one) => one.key)).toEqual(["a", "c", "b"]);
    expect(chosen(items, { sort: "trouble", q: "c" }).map((one) => one.key)).toEqual(["c"]);
    expect(chosen(items, { status: "paused" })).toEqual([]);
  });
  it("counts the goal among those that ended", () => {
    expect(goalRate({ "goal_met:back": 3, "completed:done": 7, "merged:x": 5 })).toEqual({ met: 3, all: 10 });
    expect(goalRate({})).toBeNull();
  });
});
