import fc from "fast-check";
import { expect, test } from "vitest";

import { journeyOf, type Journey } from "../../journey/document";
import { graphOf, sourceOf } from "../../journey/graph";
import { HEIGHT, PILL, place, WIDTH, type Placed } from "./place";

const label = (_: string, port: string): string => port;
type Box = { name: string; left: number; right: number; top: number; bottom: number };

function boxes(placed: Placed): Box[] {
  const cards = [...placed.steps].map(([name, { x, y }]) => ({ name, left: x, right: x + WIDTH, top: y, bottom: y + HEIGHT }));
  const pills = placed.ways.map((way) => ({ name: way.key, left: way.pill.x - way.width / 2, right: way.pill.x + way.width / 2, top: way.pill.y - PILL / 2, bottom: way.pill.y + PILL / 2 }));
  return [...cards, ...pills];
}

function overlapping(placed: Placed): string[] {
  const all = boxes(placed);
  return all.flatMap((one, at) => all.slice(at + 1).filter((other) => one.left < other.right - 0.01 && other.left < one.right - 0.01 && one.top < other.bottom && other.top < one.bottom).map((other) => `${one.name} ${other.name}`));
}

/** Lines that run through a card: a corner, or an upright part, inside of one. */
function crossing(placed: Placed): string[] {
  return placed.ways.flatMap((way) => way.path.slice(1).flatMap((to, at) => {
    const from = way.path[at]!;
    return [...placed.steps].filter(([, card]) => Math.min(from.x, to.x) < card.x + WIDTH && Math.max(from.x, to.x) > card.x && Math.min(from.y, to.y) < card.y + HEIGHT - 0.01 && Math.max(from.y, to.y) > card.y + 0.01).map(([id]) => `${way.key} through ${id}`);
  }));
}

const port = fc.constantFrom("a", "b", "c");
/** Journeys with any ways between up to forty branching steps, circles and orphans among them. */
const journeys = fc.integer({ min: 1, max: 40 }).chain((count) => {
  const ids = Array.from({ length: count }, (_, at) => `s${at}`);
  const step = fc.record({ ports: fc.dictionary(port, fc.constantFrom(...ids, "nowhere")), arms: fc.uniqueArray(port, { minLength: 0, maxLength: 3 }) });
  return fc.array(step, { minLength: count, maxLength: count }).map((steps): Journey => journeyOf({
    key: "j", name: "J", start: "s0",
    steps: Object.fromEntries(steps.map((one, at) => [ids[at], { kind: "parallel", branches: one.arms, ports: one.ports }])),
  }));
});

test("nothing lies on anything else, and no line runs through a card, whatever is drawn", () => {
  fc.assert(fc.property(journeys, (journey) => {
    const placed = place(graphOf(journey), label, true, false);
    expect(placed.steps.size).toBe(Object.keys(journey.steps).length + 1);
    expect(overlapping(placed)).toEqual([]);
    expect(crossing(placed)).toEqual([]);
  }), { numRuns: 40 });
});

test("ways leave a step from left to right in the order of its ports", () => {
  fc.assert(fc.property(journeys, (journey) => {
    const graph = graphOf(journey);
    const placed = place(graph, label, true, false);
    for (const id of Object.keys(journey.steps)) {
      const xs = graph.edges.filter((edge) => sourceOf(edge.from) === id).map((edge) => placed.ways.find((way) => way.key === edge.id)!.pill.x);
      expect(xs).toEqual([...xs].sort((a, b) => a - b));
    }
  }), { numRuns: 25 });
});

test("the same journey is drawn the same way, in whatever order its steps are kept", () => {
  fc.assert(fc.property(journeys, (journey) => {
    const turned = { ...journey, steps: Object.fromEntries(Object.entries(journey.steps).reverse()) };
    const reached = graphOf(journey).nodes.length === graphOf(turned).nodes.length;
    expect(reached).toBe(true);
    expect([...place(graphOf(journey), label, true, false).ways].map((way) => way.key).sort()).toEqual([...place(graphOf(turned), label, true, false).ways].map((way) => way.key).sort());
  }), { numRuns: 15 });
});
