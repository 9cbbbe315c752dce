/** Nearer, farther, the whole. */
import { useReactFlow } from "@xyflow/react";

import { builder as builderWords } from "../../words/en.builder";

const LOOK = "grid size-7 place-items-center rounded-md border border-line bg-panel text-text hover:bg-accent-ground";

export function Zoom({ fit }: { fit: () => void }) {
  const flow = useReactFlow();
  const zoom = (by: number): void => void flow.setViewport(around(flow.getViewport(), by));
  return (
    <div className="flex flex-col gap-1">
      <button type="button" className={LOOK} aria-label={builderWords.zoomIn} onClick={() => zoom(1.25)}>+</button>
      <button type="button" className={LOOK} aria-label={builderWords.zoomOut} onClick={() => zoom(0.8)}>−</button>
      <button type="button" className={LOOK} aria-label={builderWords.zoomFit} title={`${builderWords.zoomFit} (0)`} onClick={fit}>
        <svg aria-hidden width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.5"><path d="M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9" /></svg>
      </button>
    </div>
  );
}

/** The view nearer or farther; its upper left corner stays. */
function around(view: { x: number; y: number; zoom: number }, by: number) {
  const zoom = Math.min(1.6, Math.max(0.1, view.zoom * by));
  return { x: (view.x * zoom) / view.zoom, y: (view.y * zoom) / view.zoom, zoom };
}
