/** A labelled control; the hint belongs to it for readers too. */
import { cloneElement, useId, type ReactElement } from "react";

type Control = ReactElement<{ id?: string; className?: string; "aria-describedby"?: string | undefined }>;
export const CONTROL = "w-full min-h-8 rounded-md border border-strong-line bg-panel px-2 py-1";

export function Field({ label, hint, children }: { label: string; hint?: string; children: Control }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">{label}</label>
      {cloneElement(children, { id, className: `${CONTROL} ${children.props.className ?? ""}`, "aria-describedby": hint ? `${id}-hint` : undefined })}
      {hint && <p id={`${id}-hint`} className="mt-1 text-xs text-muted">{hint}</p>}
    </div>
  );
}
