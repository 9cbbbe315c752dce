/** A drag under way: what is carried, where the pointer is, and the way that it would land on. Its own store, so that only
 * the ways that are lit or put out are drawn anew while the pointer moves. */
import { create } from "zustand";

import type { Out } from "../../journey/document";

/** kind: a new step from the palette; step: one of the drawing, copied where `copy`, with all that only it leads to where `branch`. */
export type Carried = { name: string; kind: string; step?: string; copy: boolean; branch?: boolean };
type Drag = { carried: Carried | null; x: number; y: number; legal: ReadonlySet<string>; target: { key: string; out: Out } | null };

const NONE: Drag = { carried: null, x: 0, y: 0, legal: new Set(), target: null };
export const useDrag = create<Drag>(() => NONE);

type Hooks = { legal: (carried: Carried) => ReadonlySet<string>; nearest: (x: number, y: number, legal: ReadonlySet<string>) => Drag["target"]; drop: (carried: Carried, out: Out) => void };
const FAR = 5;

/** Begin when the pointer has moved a little; Escape gives up. `hooks` is asked anew at each move, since the drawing may move. */
export function beginDrag(down: { clientX: number; clientY: number; button: number }, carried: Carried, hooks: () => Hooks | null): void {
  if (down.button !== 0) return;
  let began = false;
  const move = (event: PointerEvent): void => {
    if (!began && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < FAR) return;
    const own = hooks();
    if (!own) return;
    const now = { ...carried, copy: event.altKey, branch: event.shiftKey && !event.altKey };
    const last = useDrag.getState().carried;
    const legal = began && last?.copy === now.copy && last.branch === now.branch ? useDrag.getState().legal : own.legal(now);
    began = true;
    useDrag.setState({ carried: now, x: event.clientX, y: event.clientY, legal, target: own.nearest(event.clientX, event.clientY, legal) });
  };
  const stop = (): void => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", up);
    window.removeEventListener("pointercancel", stop);
    window.removeEventListener("keydown", key, true);
    useDrag.setState(NONE, true);
    if (!began) return;
    // the click that ends a drag chooses nothing
    const eat = (event: MouseEvent): void => event.stopPropagation();
    window.addEventListener("click", eat, true);
    window.setTimeout(() => window.removeEventListener("click", eat, true), 0);
  };
  const up = (): void => {
    const { carried: now, target } = useDrag.getState();
    stop();
    if (now && target) hooks()?.drop(now, target.out);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !began) return;
    event.preventDefault();
    event.stopPropagation();
    stop();
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", up);
  window.addEventListener("pointercancel", stop);
  window.addEventListener("keydown", key, true);
}
