/** The settings of a step, drawn from its kind's schema. */
import { useEffect, useMemo, useRef } from "react";

import { errorsBelow, SchemaForm } from "../../forms/SchemaForm";
import { settingsOf, type Step } from "../../journey/document";
import { setStep } from "../../journey/edit";
import { formOf } from "../../journey/kinds";
import { useNames } from "./names";
import type { Work } from "./useWork";

export function StepForm({ id, step, work, field }: { id: string; step: Step; work: Work; field: { name: string; at: number } | null }) {
  const box = useRef<HTMLDivElement>(null);
  const context = useNames();
  const schema = formOf(step.kind);
  const value = useMemo(() => settingsOf(step), [step]);
  const errors = useMemo(() => errorsBelow(work.problems.filter((one) => !isOfWhole(one.field)).map((one) => ({ place: one.place, message: one.message, is_error: one.isError })), `steps.${id}`), [work.problems, id]);
  useEffect(() => focusField(box.current, field?.name ?? ""), [field]);
  if (!schema) return null;
  return (
    <div ref={box}>
      <SchemaForm schema={schema} value={value} errors={errors} context={{ ...context, disabled: !work.canWrite }}
        onChange={(next, path) => work.use.getState().apply(setStep(work.use.getState().journey, id, next), "", `${id}.${path}`)} />
    </div>
  );
}

/** What is said of the step as such, or of its ways, stands above the form. */
export const isOfWhole = (field: string): boolean => field === "" || field === "disabled" || /^(ports|next)\b/.test(field);

/** The control of a place ('branches[0].if'), or the nearest above it. */
export function focusField(box: HTMLElement | null, place: string): void {
  if (!box || !place) return;
  for (let path = place; path; path = path.replace(/(^|\.|\[)[^.[]*$/, "")) {
    const found = [...box.querySelectorAll<HTMLElement>("[id]")].find((one) => one.id.endsWith(`-${path}`));
    const control = found?.matches("input, textarea, select, button") ? found : found?.querySelector<HTMLElement>("input, textarea, select, button");
    if (control) {
      control.focus();
      control.scrollIntoView({ block: "center" });
      return;
    }
  }
}
