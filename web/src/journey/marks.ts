/** What is written onto the drawing of a journey: who stands where now, what a simulation came to, the way of one run, and
 * what differs between two versions. Pure: from the server's numbers to marks. */
import type { RunView, Simulation, StepView, Walk } from "../api/runs";
import { number, share } from "../format";
import type { Marks, StepMark, WayMark } from "../pages/journey/ways";
import { runs as runWords } from "../words/en.runs";
import { edgeId } from "./graph";
import { START } from "./graph";
import type { Journey } from "./document";
import { waysOf } from "./document";
import type { Difference } from "./diff";

const PACES = ["on_track", "behind", "stuck", "paused"] as const;
type Pace = (typeof PACES)[number];
export type PaceCounts = Partial<Record<Pace, number>>;

/** "12 on track · 3 behind", the worst last; "" when nobody is there. */
export const paceWords = (pace: PaceCounts): string =>
  PACES.filter((one) => pace[one]).map((one) => `${number(pace[one] ?? 0)} ${runWords.pace[one]?.toLowerCase()}`).join(" · ");

export const standing = (pace: PaceCounts): number => PACES.reduce((sum, one) => sum + (pace[one] ?? 0), 0);

const toneOf = (pace: PaceCounts): "bad" | "watch" | "accent" | "plain" => (pace.stuck ? "bad" : pace.behind ? "watch" : standing(pace) ? "accent" : "plain");

/** A line's width: 1.5 to 9 pixels, growing with the root of its share, so that a tenth is still seen. */
export const widthOf = (count: number, whole: number): number => (count <= 0 || whole <= 0 ? 1.5 : 1.5 + 7.5 * Math.sqrt(Math.min(count / whole, 1)));

/** Who stands where now, and how many passed in 30 days. */
export function liveMarks(steps: readonly StepView[]): Marks {
  const whole = Math.max(1, ...steps.map((one) => one.arrived));
  const marks: Required<Marks> = { steps: {}, edges: {} };
  for (const one of steps) {
    const here = standing(one.pace);
    const failed = one.effects.failed + one.effects.unknown;
    const told = [paceWords(one.pace), failed ? runWords.tab.failed(number(failed)) : ""].filter(Boolean).join(" · ");
    marks.steps[one.step] = { badge: here ? runWords.tab.badge(number(here)) : "", label: told || runWords.tab.passed(number(one.arrived)), tone: failed && !here ? "watch" : toneOf(one.pace), title: [told, runWords.tab.passed(number(one.arrived))].filter(Boolean).join(". ") };
    for (const [port, count] of Object.entries(one.ports)) marks.edges[edgeId({ step: one.step, port })] = { label: number(count), width: widthOf(count, whole) };
  }
  return marks;
}

/** What a replay came to: entered and share on every way. `delta`: against the published version, where there is one. */
export function simulationMarks(told: Simulation): Marks {
  const whole = Math.max(1, told.entered);
  const before = new Map(told.published_steps?.map((one) => [one.step, one.arrived]));
  const marks: Required<Marks> = { steps: { [START]: { badge: number(told.entered), label: runWords.sim.entered, tone: "accent" } }, edges: { [START]: { label: number(told.entered), width: widthOf(told.entered, whole), tone: "accent" } } };
  for (const one of told.steps) {
    const change = before.size ? one.arrived - (before.get(one.step) ?? 0) : null;
    const asked = told.messages.by_step[one.step] ?? told.work.by_step[one.step];
    const label = [one.standing ? `${number(one.standing)} ${runWords.sim.standing}` : "", asked !== undefined ? `${number(asked)} ${told.messages.by_step[one.step] !== undefined ? runWords.sim.messages : runWords.sim.tasks.toLowerCase()}` : ""].filter(Boolean).join(" · ");
    marks.steps[one.step] = { badge: `${number(one.arrived)}${change ? ` (${signed(change)})` : ""}`, label: label || runWords.sim.came(share(one.arrived / whole)), tone: one.arrived ? "accent" : "plain", dim: one.arrived === 0, title: `${runWords.sim.came(number(one.arrived))}${change ? `, ${runWords.sim.delta(signed(change))}` : ""}` };
    for (const [port, count] of Object.entries(one.ports)) {
      marks.edges[edgeId({ step: one.step, port })] = { label: count ? `${number(count)} · ${share(count / Math.max(1, one.arrived))}` : "0", width: widthOf(count, whole), tone: count ? "accent" : "plain", dim: count === 0 };
    }
  }
  return marks;
}

export const signed = (value: number): string => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${number(Math.abs(value))}`;

/** One thing on the way of a run: at a step, and the port by which it left, if it did. */
export type Passed = { step: string; port: string | null; label: string; title?: string };

/** The way that was walked in colour, all else faded. at: steps where it stands now. */
export function wayMarks(journey: Journey, passed: readonly Passed[], at: readonly string[]): Marks {
  const steps: Record<string, StepMark> = {}, edges: Record<string, WayMark> = {};
  for (const [id, step] of Object.entries(journey.steps)) {
    steps[id] = { dim: true };
    for (const port of Object.keys(waysOf(step))) edges[edgeId({ step: id, port })] = { dim: true };
  }
  if (passed.length || at.length) edges[START] = { tone: "accent", width: 3 };
  for (const one of passed) {
    if (!(one.step in journey.steps)) continue;
    steps[one.step] = { tone: "good", badge: "✓", label: one.label, title: one.title ?? one.label };
    if (one.port !== null) edges[edgeId({ step: one.step, port: one.port })] = { tone: "accent", width: 3 };
  }
  for (const id of at) if (id in journey.steps) steps[id] = { ...steps[id], dim: false, tone: "accent", badge: runWords.run.here };
  return { steps, edges };
}

const LEAVES = new Set(["left", "asked", "passed_over"]);

/** The steps of a run's history, each with when it was there. */
export function passedOf(run: Pick<RunView, "history">, when: (iso: string) => string): Passed[] {
  return run.history.filter((one) => one.step !== null && (LEAVES.has(one.what) || one.what === "ended" || one.what === "failed")).map((one) => ({ step: one.step ?? "", port: LEAVES.has(one.what) ? one.port : null, label: when(one.at) }));
}

/** The same of a simulated walk; with why each branch was taken. */
export function walkedOf(told: Walk, when: (iso: string) => string): Passed[] {
  return told.stages.filter((one) => !one.journey).filter((one) => one.what === "leaves" || one.what === "ends").map((one) => ({ step: one.step, port: one.what === "leaves" ? one.word : null, label: when(one.at), title: one.detail["why"] ?? when(one.at) }));
}

/** Where a walk waits at its end. */
export function standsOf(told: Walk): string[] {
  const last = told.stages.filter((one) => !one.journey).at(-1);
  return last && last.what !== "ends" ? [last.step] : [];
}

const TONES = { added: "good", changed: "watch", removed: "bad" } as const;

/** What differs, by colour and word, on the newer one. */
export const diffMarks = (difference: Pick<Difference, "steps">): Marks => ({
  steps: Object.fromEntries(Object.entries(difference.steps).map(([id, what]) => [id, { tone: TONES[what], badge: runWords.versions.step[what], label: "" }])),
});

/** Of runs that ended: the share that met the goal; null when nobody ended. ended: 'status:reason' -> runs. */
export function goalRate(ended: Readonly<Record<string, number>>): { met: number; all: number } | null {
  const counted = Object.entries(ended).filter(([how]) => !how.startsWith("merged"));
  const all = counted.reduce((sum, [, count]) => sum + count, 0);
  const met = counted.filter(([how]) => how.startsWith("goal_met")).reduce((sum, [, count]) => sum + count, 0);
  return all ? { met, all } : null;
}
