/** A condition in a form: its words, and the editor in rows when it is asked for; the editor comes when it is first wanted. */
import { lazy, Suspense, useState } from "react";

import { describe } from "../../conditions/describe";
import type { Condition } from "../../conditions/model";
import type { ConditionEditing } from "../../forms/context";
import type { Json } from "../../forms/schema";
import { Button, Skeleton } from "../../ui/bits";
import { builder as builderWords } from "../../words/en.builder";
import { words } from "../../words/en";

const ConditionEditor = lazy(async () => ({ default: (await import("../../conditions/ConditionEditor")).ConditionEditor }));

export function ConditionField({ value, onChange, label, id, describedBy, invalid, disabled }: ConditionEditing) {
  const [open, setOpen] = useState(false);
  const told = typeof value === "string" ? value : value ? describe(value as Condition) : "";
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div className="space-y-1.5">
      <textarea id={id} rows={2} disabled={disabled} aria-label={label} aria-invalid={invalid || undefined} aria-describedby={describedBy} placeholder="health.score < 60" value={typed ?? told}
        onChange={(event) => { setTyped(event.target.value); onChange(event.target.value || undefined); }} onBlur={() => setTyped(null)} className="w-full rounded-md border border-strong-line bg-panel px-2 py-1 font-mono text-xs" />
      <Button disabled={disabled} aria-expanded={open} onClick={() => setOpen(!open)}>{open ? words.close : builderWords.asRows}</Button>
      {open && <Suspense fallback={<Skeleton lines={3} />}><ConditionEditor value={(value ?? null) as Condition | string | null} onChange={(next) => onChange((next ?? undefined) as Json | undefined)} kind="journey" subject={label} /></Suspense>}
    </div>
  );
}
