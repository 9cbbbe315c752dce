/** Where bands begin, over how the accounts score now. */
import { useRef } from "react";

import { Button } from "../../ui/bits";
import { Drawing, EDGE } from "../../ui/plot/Figure";
import { Histogram } from "../../ui/plot/Histogram";
import { health as words } from "../../words/en.health";
import { words as common } from "../../words/en";
import { NumberInput } from "./CurveEditor";
import { bandColour, BANDS, bandsOf, setBands, type Card } from "./scorecard";

type Line = "red_below" | "green_from";
const NAMES: Record<Line, string> = { red_below: words.redBelow, green_from: words.greenFrom };

export function BandsEditor({ card, scores, edit, readOnly }: { card: Card; scores: readonly number[]; edit: (card: Card) => void; readOnly: boolean }) {
  const bands = bandsOf(card);
  const held = useRef<Line | null>(null);
  return (
    <div>
      <Drawing label={words.bands} height={150} role="group">
        {(size) => (
          <Histogram size={size} counts={scores} from={0} to={100} sayX={String} colourOf={bandColour(bands)}>
            {(x) => (Object.keys(NAMES) as Line[]).map((one) => (
              <g key={one} role="slider" tabIndex={readOnly ? -1 : 0} aria-label={NAMES[one]} aria-valuemin={0} aria-valuemax={100} aria-valuenow={bands[one]} aria-disabled={readOnly || undefined} className={readOnly ? "" : "cursor-ew-resize touch-none"}
                onKeyDown={(event) => {
                  const way = event.key === "ArrowRight" || event.key === "ArrowUp" ? 1 : event.key === "ArrowLeft" || event.key === "ArrowDown" ? -1 : 0;
                  if (readOnly || way === 0) return;
                  event.preventDefault();
                  edit(setBands(card, { [one]: Math.min(100, Math.max(0, bands[one] + way * (event.shiftKey ? 5 : 1))) }));
                }}
                onPointerDown={(event) => { if (readOnly) return; held.current = one; event.currentTarget.setPointerCapture(event.pointerId); }}
                onPointerMove={(event) => {
                  const box = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
                  if (held.current !== one || !box) return;
                  const share = (event.clientX - box.left - EDGE.left) / (size.width - EDGE.left - EDGE.right);
                  edit(setBands(card, { [one]: Math.round(Math.min(1, Math.max(0, share)) * 100) }));
                }}
                onPointerUp={() => { held.current = null; }} onPointerCancel={() => { held.current = null; }}>
                <rect x={x(bands[one]) - 12} width="24" y={0} height={size.height - EDGE.bottom} fill="transparent" />
                <line x1={x(bands[one])} x2={x(bands[one])} y1={0} y2={size.height - EDGE.bottom} stroke="var(--text)" strokeWidth="2" strokeDasharray="3 2" />
                <circle cx={x(bands[one])} cy={7} r="6" fill="var(--panel)" stroke="var(--text)" strokeWidth="2" />
              </g>
            ))}
          </Histogram>
        )}
      </Drawing>
      <div className="mt-2 grid gap-3 sm:grid-cols-[8rem_8rem_1fr_auto]">
        {(Object.keys(NAMES) as Line[]).map((one) => <label key={one} className="block"><span className="mb-1 block font-medium">{NAMES[one]}</span><NumberInput label={`${NAMES[one]} (${words.points})`} value={bands[one]} min={0} max={100} step={1} readOnly={readOnly} set={(value) => edit(setBands(card, { [one]: value }))} /></label>)}
        <label className="block"><span className="mb-1 block font-medium">{words.hysteresis}</span><span className="block max-w-24"><NumberInput label={words.hysteresis} value={bands.hysteresis} min={0} max={20} step={1} readOnly={readOnly} set={(hysteresis) => edit(setBands(card, { hysteresis }))} /></span></label>
        <div className="self-end"><Button kind="quiet" disabled={readOnly} onClick={() => edit(setBands(card, BANDS))}>{words.reset}</Button></div>
      </div>
      {bands.red_below === bands.green_from && <p className="mt-1 text-watch">{words.noYellow}</p>}
      <p className="sr-only">{`${common.band.red} < ${bands.red_below}, ${common.band.green} ≥ ${bands.green_from}`}</p>
    </div>
  );
}
