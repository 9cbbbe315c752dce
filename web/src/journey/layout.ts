/** Where the nodes of a graph stand: top down in rows, branches in the order of their ports from left to right, the same
 * graph always the same way. Every way out has a place of its own in a row below its step, where its label, its "+" and its
 * drop zone stand; a way over several rows keeps a place in each.
 *
 * Layered drawing (Sugiyama): rows by longest way, order by the middle of what is above, places by least squares with the
 * order kept (pool adjacent violators). dagre took seconds for 200 steps and could keep an order only at their cost. */
import type { Graph } from "./graph";
import { grouped } from "./grouped";

export type Size = { width: number; height: number };
export type Point = { x: number; y: number };
/** positions: node -> its box (x, y of its upper left corner); routes: edge -> the points that it runs through from the
 * lower edge of its step on, and where its label stands. A jump ends at its label: draw it as you like. */
export type Layout = { positions: Record<string, Point & Size>; routes: Record<string, { points: Point[]; label: Point }> } & Size;

export const PORT: Size = { width: 96, height: 24 };
const ACROSS = 28, DOWN = 20, MARGIN = 16, THIN = 14;
const SWEEPS = 10;

type Cell = Size & { id: string; row: number; x: number; up: Cell[]; down: Cell[]; port: number };

/** sizes: of a node by its id. */
export function layout(graph: Graph, sizes: (id: string) => Size): Layout {
  const cells = new Map<string, Cell>();
  const put = (id: string, row: number, size: Size, port = -1): Cell => {
    const cell = { id, row, ...size, x: 0, up: [], down: [], port };
    cells.set(id, cell);
    return cell;
  };
  const rows = rowsOf(graph);
  for (const node of graph.nodes) put(node.id, rows.get(node.id)!, sizes(node.id));
  graph.edges.forEach((edge, at) => {
    const from = cells.get(sourceOf(edge.from))!;
    let last = joined(from, put(`@port:${edge.id}`, from.row + 1, PORT, at));
    if (edge.isJump) return;
    const to = cells.get(edge.to)!;
    for (let row = last.row + 1; row < to.row; row++) last = joined(last, put(`@via:${edge.id}:${row}`, row, { width: THIN, height: 0 }));
    joined(last, to);
  });
  const table = ordered([...cells.values()]);
  place(table);
  return readOff(graph, cells, table);
}

const sourceOf = (from: Graph["edges"][number]["from"]) => (from === "start" ? "@start" : from.step);

function joined(from: Cell, to: Cell): Cell {
  from.down.push(to);
  to.up.push(from);
  return to;
}

/** The row of each node: two below the lowest that leads to it, so that the row between is for the ways out. */
function rowsOf(graph: Graph): Map<string, number> {
  const ways = graph.edges.filter((edge) => !edge.isJump);
  const into = new Map(graph.nodes.map((node) => [node.id, 0]));
  for (const edge of ways) into.set(edge.to, into.get(edge.to)! + 1);
  const from = grouped(ways, (edge) => sourceOf(edge.from));
  const rows = new Map(graph.nodes.map((node) => [node.id, 0]));
  const ready = graph.nodes.filter((node) => into.get(node.id) === 0).map((node) => node.id);
  for (const id of ready) {
    for (const edge of from.get(id) ?? []) {
      rows.set(edge.to, Math.max(rows.get(edge.to)!, rows.get(id)! + 2));
      into.set(edge.to, into.get(edge.to)! - 1);
      if (into.get(edge.to) === 0) ready.push(edge.to);
    }
  }
  return rows;
}

/** The cells of each row from left to right: by the middle of what is above them; ways out as their ports are. */
function ordered(cells: Cell[]): Cell[][] {
  const table: Cell[][] = [];
  for (const cell of cells) (table[cell.row] ??= []).push(cell);
  const at = new Map<Cell, number>();
  return table.map((row) => {
    const middle = (cell: Cell) => (cell.up.length ? cell.up.reduce((sum, one) => sum + at.get(one)!, 0) / cell.up.length : Infinity);
    const sorted = row.map((cell, place) => ({ cell, place, middle: middle(cell) }))
      .sort((one, other) => (one.middle === other.middle ? one.cell.port - other.cell.port || one.place - other.place : one.middle - other.middle));
    sorted.forEach(({ cell }, place) => at.set(cell, place));
    return sorted.map(({ cell }) => cell);
  });
}

/** x of every cell: near the middle of its neighbours, none over another, the order kept. */
function place(table: Cell[][]) {
  for (const row of table) row.reduce((x, cell) => (cell.x = x + cell.width / 2) + cell.width / 2 + ACROSS, 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? table : table.toReversed()) settle(row, (cell) => wish(cell, down ? cell.up : cell.down));
  }
  for (const row of table) settle(row, (cell) => wish(cell, cell.up.length === 1 && cell.up[0]!.down.length === 1 ? cell.up : [...cell.up, ...cell.down]));
  for (const row of table) settle(row, (cell) => wish(cell, cell.up));
}

const wish = (cell: Cell, near: Cell[]) => (near.length ? near.reduce((sum, one) => sum + one.x, 0) / near.length : cell.x);

/** Least squares with order and distances kept: cells that want the same place are moved together as blocks. */
function settle(row: Cell[], wanted: (cell: Cell) => number) {
  const blocks: { sum: number; weight: number; cells: Cell[] }[] = [];
  let offset = 0;
  const offsets = row.map((cell, at) => {
    const before = row[at - 1];
    return (offset += before ? (before.width + cell.width) / 2 + ACROSS : 0);
  });
  row.forEach((cell, at) => {
    const weight = cell.width === THIN ? 3 : 1;
    blocks.push({ sum: (wanted(cell) - offsets[at]!) * weight, weight, cells: [cell] });
    for (let last = blocks.at(-1)!, before = blocks.at(-2); before && before.sum / before.weight > last.sum / last.weight; last = before, before = blocks.at(-2)) {
      before.sum += last.sum;
      before.weight += last.weight;
      before.cells.push(...last.cells);
      blocks.pop();
    }
  });
  let at = 0;
  for (const block of blocks) for (const cell of block.cells) cell.x = block.sum / block.weight + offsets[at++]!;
}

function readOff(graph: Graph, cells: Map<string, Cell>, table: Cell[][]): Layout {
  const left = Math.min(...table.flat().map((cell) => cell.x - cell.width / 2)) - MARGIN;
  const tops: number[] = [];
  const height = table.reduce((y, row, at) => (tops[at] = y) + Math.max(...row.map((cell) => cell.height)) + DOWN, MARGIN);
  const tall = table.map((row) => Math.max(...row.map((cell) => cell.height)));
  const pointOf = (cell: Cell): Point => ({ x: round(cell.x - left), y: round(tops[cell.row]! + tall[cell.row]! / 2) });
  const positions = Object.fromEntries(graph.nodes.map(({ id }) => {
    const cell = cells.get(id)!;
    return [id, { x: round(cell.x - cell.width / 2 - left), y: tops[cell.row]!, width: cell.width, height: cell.height }];
  }));
  const routes = Object.fromEntries(graph.edges.map((edge) => {
    const from = cells.get(sourceOf(edge.from))!, port = cells.get(`@port:${edge.id}`)!;
    const points = [{ x: pointOf(from).x, y: tops[from.row]! + from.height }, pointOf(port)];
    for (let cell = port.down[0]; cell; cell = cell.id.startsWith("@via:") ? cell.down[0] : undefined) {
      const { x } = pointOf(cell), y = tops[cell.row]!;
      points.push({ x, y }, ...(cell.id.startsWith("@via:") ? [{ x, y: y + tall[cell.row]! }] : []));
    }
    return [edge.id, { points, label: pointOf(port) }];
  }));
  const right = Math.max(...table.flat().map((cell) => cell.x + cell.width / 2)) - left + MARGIN;
  return { positions, routes, width: round(right), height: round(height - DOWN + MARGIN) };
}

const round = (value: number) => Math.round(value * 10) / 10;
