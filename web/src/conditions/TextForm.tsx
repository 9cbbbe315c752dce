/** The condition as a sentence to be typed; what the parser refuses is shown at its place, in its words. */
import { useEffect, useRef, useState } from "react";

import { parsed } from "../api/conditions";
import { Problem } from "../api/client";
import { Button } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { conditions as conditionWords } from "../words/en.conditions";
import { describe } from "./describe";
import type { Condition } from "./model";

const PAUSE = 250;
type Refused = { message: string; at: number | null };

export function TextForm({ value, onChange, disabled, label }: { value: Condition | null; onChange: (value: Condition) => void; disabled: boolean; label: string }) {
  const [typed, setTyped] = useState<string | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const text = typed ?? (value ? describe(value) : "");
  useEffect(() => {
    if (typed === null || !typed.trim()) return setRefused(null);
    const asking = new AbortController();
    const wait = window.setTimeout(() => {
      parsed(typed, asking.signal).then(
        (condition) => { setRefused(null); onChange(condition); },
        (error: unknown) => { if (!asking.signal.aborted) setRefused(refusalOf(error)); },
      );
    }, PAUSE);
    return () => { window.clearTimeout(wait); asking.abort(); };
  }, [typed]);
  const show = () => {
    const from = (refused?.at ?? 1) - 1;
    box.current?.focus();
    box.current?.setSelectionRange(from, from + 1);
  };
  return (
    <div className="space-y-2">
      <textarea ref={box} rows={Math.min(10, 3 + Math.floor(text.length / 70))} aria-label={label} aria-invalid={refused !== null} spellCheck={false} readOnly={disabled}
        className={`${CONTROL} font-mono text-sm`} value={text} onChange={(event) => setTyped(event.target.value)} onBlur={() => !refused && typed?.trim() && setTyped(null)} />
      {refused && (
        <div role="alert" className="rounded-md border border-bad bg-bad-ground p-2 text-bad">
          <p>{refused.message}</p>
          {refused.at !== null && <p className="mt-1 font-mono text-sm break-words whitespace-pre-wrap">{text.slice(0, refused.at - 1)}<mark className="bg-bad text-panel">{text.slice(refused.at - 1, refused.at) || "␣"}</mark>{text.slice(refused.at)}</p>}
          {refused.at !== null && <Button className="mt-1" onClick={show}>{conditionWords.goThere}</Button>}
        </div>
      )}
      <p className="text-xs text-muted">{conditionWords.textHint}</p>
    </div>
  );
}

function refusalOf(error: unknown): Refused {
  const message = error instanceof Error ? error.message : String(error);
  const place = error instanceof Problem ? error.place : null;
  const found = /character (\d+)/.exec(place ?? message);
  return { message, at: found ? Number(found[1]) : null };
}
