/** Where an arrow key leads on the drawing: down a way, back up it, to the next card of the row. */
import { sourceOf, type Graph } from "../../journey/graph";
import type { Placed } from "./place";

export function walk(graph: Graph, placed: Placed, from: string, key: string): string | null {
  const here = placed.steps.get(from);
  if (!here) return null;
  const nearest = (ids: readonly string[]): string | null =>
    [...new Set(ids)].filter((id) => id !== from && placed.steps.has(id)).map((id) => ({ id, far: Math.abs((placed.steps.get(id)?.x ?? 0) - here.x) })).sort((a, b) => a.far - b.far)[0]?.id ?? null;
  if (key === "ArrowDown") {
    const ways = graph.edges.filter((edge) => sourceOf(edge.from) === from && !edge.isOpen);
    const down = ways.filter((edge) => (placed.steps.get(edge.to)?.y ?? 0) > here.y);
    return (down[0] ?? ways[0])?.to ?? null;
  }
  if (key === "ArrowUp") {
    const above = graph.edges.filter((edge) => edge.to === from).map((edge) => sourceOf(edge.from));
    return nearest(above.filter((id) => (placed.steps.get(id)?.y ?? 0) < here.y)) ?? nearest(above);
  }
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  const side = key === "ArrowLeft" ? -1 : 1;
  const row = [...placed.steps].filter(([, spot]) => spot.y === here.y && (spot.x - here.x) * side > 0).map(([id]) => id);
  return nearest(row);
}
