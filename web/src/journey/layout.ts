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

type Cell = Size & { id: string; row: number; x: number; offset: number; up: Cell[]; down: Cell[]; port: number };

/** sizes: of a node by its id. */
export function layout(graph: Graph, sizes: (id: string) => Size): Layout {
  const cells = new Map<string, Cell>();
  const put = (id: string, row: number, size: Size, port = -1): Cell => {
    const cell: Cell = { id, row, ...size, x: 0, offset: 0, up: [], down: [], port };
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
    const above = (cell: Cell) => (cell.up.length ? cell.up.reduce((sum, one) => sum + at.get(one)!, 0) / cell.up.length : Infinity);
    const sorted = row.map((cell, place) => ({ cell, place, middle: above(cell) }))
      .sort((one, other) => (one.middle === other.middle ? one.cell.port - other.cell.port || one.place - other.place : one.middle - other.middle));
    sorted.forEach(({ cell }, place) => at.set(cell, place));
    return sorted.map(({ cell }) => cell);
  });
}

/** x of every cell: near the middle of its neighbours, none over another, the order kept. */
function place(table: Cell[][]) {
  for (const row of table) row.reduce((x, cell) => (cell.x = cell.offset = x + cell.width / 2) + cell.width / 2 + ACROSS, 0);
  const upwards = table.toReversed();
  for (let sweep = 0; sweep < SWEEPS; sweep += 2) {
    for (const row of table) settle(row, (cell) => middle(cell, cell.up));
    for (const row of upwards) settle(row, (cell) => middle(cell, cell.down));
  }
  for (const row of table) settle(row, (cell) => (cell.up.length === 1 && cell.up[0]!.down.length === 1 ? cell.up[0]!.x : middle(cell, cell.up, cell.down)));
  for (const row of table) settle(row, (cell) => middle(cell, cell.up));
}

function middle(cell: Cell, near: Cell[], also: Cell[] = []): number {
  let sum = 0;
  for (const one of near) sum += one.x;
  for (const one of also) sum += one.x;
  const count = near.length + also.length;
  return count ? sum / count : cell.x;
}

/** Least squares with order and distances kept: cells that want the same place are moved together as blocks. */
function settle(row: Cell[], wanted: (cell: Cell) => number) {
  const sums: number[] = [], weights: number[] = [], ends: number[] = [];
  row.forEach((cell, at) => {
    let weight = cell.width === THIN ? 3 : 1, sum = (wanted(cell) - cell.offset) * weight;
    while (sums.length && sums.at(-1)! / weights.at(-1)! > sum / weight) {
      sum += sums.pop()!;
      weight += weights.pop()!;
      ends.pop();
    }
    sums.push(sum);
    weights.push(weight);
    ends.push(at + 1);
  });
  ends.forEach((end, block) => {
    for (let at = block ? ends[block - 1]! : 0; at < end; at++) row[at]!.x = sums[block]! / weights[block]! + row[at]!.offset;
  });
}

function readOff(graph: Graph, cells: Map<string, Cell>, table: Cell[][]): Layout {
  const all = [...cells.values()];
  const left = all.reduce((least, cell) => Math.min(least, cell.x - cell.width / 2), Infinity) - MARGIN;
  const right = all.reduce((most, cell) => Math.max(most, cell.x + cell.width / 2), -Infinity) + MARGIN;
  const tall = table.map((row) => row.reduce((most, cell) => Math.max(most, cell.height), 0));
  const tops: number[] = [];
  const height = tall.reduce((y, one, at) => (tops[at] = y) + one + DOWN, MARGIN) - DOWN + MARGIN;
  const positions = Object.fromEntries(graph.nodes.map(({ id }) => {
    const cell = cells.get(id)!;
    return [id, { x: round(cell.x - cell.width / 2 - left), y: tops[cell.row]!, width: cell.width, height: cell.height }];
  }));
  const routes = Object.fromEntries(graph.edges.map((edge) => {
    const from = cells.get(sourceOf(edge.from))!, port = cells.get(`@port:${edge.id}`)!;
    const label = { x: round(port.x - left), y: round(tops[port.row]! + tall[port.row]! / 2) };
    const points = [{ x: round(from.x - left), y: tops[from.row]! + from.height }, label];
    for (let cell = port.down[0], more = true; cell && more; cell = cell.down[0]) {
      const x = round(cell.x - left), y = tops[cell.row]!;
      more = cell.width === THIN && cell.height === 0;
      points.push({ x, y }, ...(more ? [{ x, y: y + tall[cell.row]! }] : []));
    }
    return [edge.id, { points, label }];
  }));
  return { positions, routes, width: round(right - left), height: round(height) };
}

const round = (value: number) => Math.round(value * 10) / 10;
