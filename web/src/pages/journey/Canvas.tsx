/** A journey drawn: always laid out, to look at or to edit. Views write counts, differences and traces onto it by `marks`.
 *
 * Everything stands where it will stand before the first paint (sizes are fixed); steps out of sight are not in the page.
 */
import "@xyflow/react/dist/base.css";
import "./canvas.css";

import { MiniMap, Panel, ReactFlow, ReactFlowProvider, useReactFlow, type Viewport } from "@xyflow/react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react";

import { goesOf, waysOf, type Journey, type Out } from "../../journey/document";
import { graphOf, type Graph } from "../../journey/graph";
import { usePreferences } from "../../shell/preferences";
import { builder as builderWords } from "../../words/en.builder";
import { Boards, type Board } from "./board";
import { beginDrag, type Carried } from "./drag";
import { useNodes, type NodesAsk } from "./nodes";
import { place, WIDTH, type Placed } from "./place";
import { portLabel } from "./summary";
import { StepNode } from "./StepNode";
import { walk } from "./walk";
import { Ways } from "./WayLines";
import { edgeId, START, type Marks } from "./ways";
import { Zoom } from "./Zoom";

/** What an edited drawing can do. `at`: the control that asked, for the list to stand beside. */
export type Editing = {
  add: (out: Out, at: HTMLElement) => void;
  open: (id: string) => void;
  legal: (carried: Carried) => ReadonlySet<string>;
  drop: (carried: Carried, out: Out) => void;
  key: (event: KeyboardEvent) => void;
};
/** Ask for a drag of a new kind from outside (the palette), and to bring a step into sight. */
export type CanvasHandle = { carry: (event: { clientX: number; clientY: number; button: number }, carried: Carried) => void; show: (id: string, focus: boolean) => void; fit: () => void; actual: () => void };
type Props = {
  journey: Journey; mode?: "edit" | "view"; marks?: Marks | undefined; selected?: readonly string[];
  onSelect?: (id: string | null, more: boolean) => void; findings?: NodesAsk["findings"]; editing?: Editing; handle?: RefObject<CanvasHandle | null>; label?: string;
};

const NODE_TYPES = { step: StepNode };
const NONE: readonly string[] = [];

export function Canvas(props: Props) {
  return <ReactFlowProvider><Drawn {...props} /></ReactFlowProvider>;
}

/** Ways that nobody takes, since their step is switched off. */
const waysPassed = (journey: Journey): NonNullable<Marks["edges"]> => Object.fromEntries(Object.entries(journey.steps).filter(([, step]) => step.disabled).flatMap(([id, step]) =>
  Object.keys(waysOf(step)).filter((port) => !(port in goesOf(step))).map((port) => [edgeId({ step: id, port }), { dim: true }])));

/** The whole where it stays readable, else the top of it. */
function firstView(placed: Placed, width: number, height: number): Viewport {
  const whole = Math.min((width - 48) / placed.width, (height - 48) / placed.height, 1);
  const zoom = Math.max(whole, Math.min(0.75, 1));
  const start = placed.steps.get(START);
  const middle = whole >= zoom ? placed.left + placed.width / 2 : (start?.x ?? 0) + WIDTH / 2;
  return { x: width / 2 - middle * zoom, y: 24, zoom };
}

function usePlaced(journey: Journey, marks: Marks | undefined, canEdit: boolean): { graph: Graph; placed: Placed } {
  const graph = useMemo(() => graphOf(journey), [journey]);
  const marked = marks?.steps !== undefined;
  const labels = marks?.edges;
  const placed = useMemo(() => {
    const alone = new Map<string, number>();
    for (const edge of graph.edges) if (edge.from !== "start") alone.set(edge.from.step, (alone.get(edge.from.step) ?? 0) + 1);
    const labelOf = (key: string, port: string): string => {
      const name = port === "" || (port === "next" && alone.get(key.slice(0, key.lastIndexOf(":"))) === 1) ? "" : portLabel(port);
      return [name, labels?.[key]?.label].filter(Boolean).join(" · ");
    };
    return place(graph, labelOf, canEdit, marked);
  }, [graph, marked, labels, canEdit]);
  return { graph, placed };
}

function Drawn({ journey, mode = "view", marks, selected = NONE, onSelect, findings, editing, handle, label }: Props) {
  const theme = usePreferences((own) => own.theme);
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<Viewport | null>(null);
  const canEdit = mode === "edit" && editing !== undefined;
  const { graph, placed } = usePlaced(journey, marks, canEdit);
  const nodes = useNodes({ journey, graph, placed, marks, findings, selected });
  const current = useRef({ placed, editing, onSelect, selected });
  current.current = { placed, editing, onSelect, selected };

  useLayoutEffect(() => {
    const box = frame.current?.getBoundingClientRect();
    if (!box) return;
    const first = firstView(current.current.placed, box.width, box.height);
    const chosen = current.current.placed.steps.get(current.current.selected.at(-1) ?? START);
    const isSeen = !chosen || (chosen.x * first.zoom + first.x > 0 && (chosen.x + WIDTH) * first.zoom + first.x < box.width && (chosen.y + 80) * first.zoom + first.y < box.height);
    setView(isSeen ? first : { ...first, x: box.width / 2 - (chosen.x + WIDTH / 2) * first.zoom, y: box.height * 0.4 - chosen.y * first.zoom });
  }, []);

  const show = useCallback((id: string, focus: boolean) => {
    const spot = current.current.placed.steps.get(id);
    const box = frame.current?.getBoundingClientRect();
    if (!spot || !box) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [spot.x * zoom + x, spot.y * zoom + y];
    if (left < 16 || top < 16 || left + WIDTH * zoom > box.width - 16 || top + 130 * zoom > box.height - 16) {
      void flow.setViewport({ x: box.width / 2 - (spot.x + WIDTH / 2) * zoom, y: box.height * 0.4 - spot.y * zoom, zoom });
    }
    if (!focus) return;
    // at once where the card is there, so that the next key is not lost; else as soon as it is drawn
    const card = (): HTMLElement | null => frame.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(id)}"]`) ?? null;
    const now = card();
    if (now) now.focus({ preventScroll: true });
    else requestAnimationFrame(() => requestAnimationFrame(() => card()?.focus({ preventScroll: true })));
  }, [flow]);
  const fit = useCallback(() => {
    const box = frame.current?.getBoundingClientRect();
    const own = current.current.placed;
    if (!box) return;
    const zoom = Math.min((box.width - 32) / own.width, (box.height - 32) / own.height, 1);
    void flow.setViewport({ x: (box.width - own.width * zoom) / 2 - own.left * zoom, y: 16, zoom });
  }, [flow]);

  const carry = useCallback<CanvasHandle["carry"]>((event, carried) => beginDrag(event, carried, () => {
    const { editing: own, placed: now } = current.current;
    return own === undefined ? null : {
      legal: own.legal, drop: own.drop,
      nearest: (x, y, legal) => {
        const box = frame.current?.getBoundingClientRect();
        if (!box || x < box.left || x > box.right || y < box.top || y > box.bottom) return null;
        const at = flow.screenToFlowPosition({ x, y }, { snapToGrid: false });
        const best = now.ways.filter((way) => legal.has(way.key)).map((way) => ({ way, far: Math.hypot(way.pill.x - at.x, way.pill.y - at.y) })).sort((a, b) => a.far - b.far)[0];
        return best ? { key: best.way.key, out: best.way.out } : null;
      },
    };
  }), [flow]);
  useEffect(() => {
    if (!handle) return;
    const actual = (): void => {
      void flow.setViewport({ ...flow.getViewport(), zoom: 1 });
      show(current.current.selected.at(-1) ?? START, false);
    };
    handle.current = { carry, show, fit, actual };
    return () => {
      handle.current = null;
    };
  });

  const board = useMemo<Board>(() => ({
    canEdit,
    select: (id, more) => current.current.onSelect?.(id, more),
    edit: (id) => current.current.editing?.open(id),
    grab: (event, id) => {
      if (canEdit) carry(event, { name: "", kind: "", step: id, copy: false });
    },
    add: (out, at) => current.current.editing?.add(out, at),
  }), [canEdit, carry]);

  const pressed = (event: KeyboardEvent): void => {
    const from = current.current.selected.at(-1);
    const to = event.target instanceof HTMLElement && event.target.closest("[data-step]") && !event.altKey && !event.metaKey && !event.ctrlKey ? walk(graph, placed, from ?? START, event.key) : null;
    if (to === null && (event.key === " " || event.key === "Enter") && !canEdit && event.target instanceof HTMLElement && event.target.dataset["step"]) {
      event.preventDefault();
      return board.select(event.target.dataset["step"], false);
    }
    if (to === null) return editing?.key(event);
    event.preventDefault();
    event.stopPropagation();
    // with Shift more are chosen; one that is chosen already becomes the one to go on from
    if (event.shiftKey && selected.includes(to)) onSelect?.(to, true);
    onSelect?.(to, event.shiftKey && from !== undefined && from !== START && to !== START);
    show(to, true);
  };

  const last = selected.at(-1);
  const reachable = useMemo(() => new Set(placed.ways.filter((way) => (way.out === "start" ? START : way.out.step) === (last ?? START)).map((way) => way.key)), [placed, last]);
  const lines = useMemo(() => ({ ...waysPassed(journey), ...marks?.edges }), [journey, marks]);
  const nameOf = useCallback((id: string) => graph.nodes.find((node) => node.id === id)?.name ?? id, [graph]);
  return (
    <div ref={frame} role="group" aria-label={label ?? builderWords.drawing} data-ready={view ? "yes" : undefined} onKeyDown={pressed} className="relative h-full w-full bg-ground">
      {view && (
        <Boards.Provider value={board}>
          <ReactFlow
            nodes={nodes} edges={[]} nodeTypes={NODE_TYPES} defaultViewport={view} minZoom={0.1} maxZoom={1.6} colorMode={theme} onlyRenderVisibleElements
            nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} edgesFocusable={false} elementsSelectable={false} deleteKeyCode={null} selectionKeyCode={null}
            multiSelectionKeyCode={null} disableKeyboardA11y zoomOnDoubleClick={false} panOnScroll onPaneClick={() => onSelect?.(null, false)} ariaLabelConfig={builderWords.flow} style={{ background: "transparent" }}
          >
            <Ways placed={placed} marks={lines} nameOf={nameOf} reachable={reachable} />
            <Panel position="bottom-left"><Zoom fit={fit} /></Panel>
            {graph.nodes.length > 24 && <MiniMap pannable zoomable ariaLabel={builderWords.miniMap} nodeColor="var(--strong-line)" bgColor="var(--panel)" maskColor="color-mix(in srgb, var(--ground) 65%, transparent)" className="max-md:!hidden" style={{ width: 150, height: 110 }} />}
          </ReactFlow>
        </Boards.Provider>
      )}
    </div>
  );
}
