/** What stands around a control: label or legend, hint, errors; all of them belong to it for screen readers. */
import type { ReactNode } from "react";

import { words } from "../words/en";
import type { FormError } from "./context";

export function Errors({ id, errors }: { id: string; errors: readonly FormError[] }) {
  if (!errors.length) return null;
  return (
    <ul id={id} className="mt-1 space-y-0.5 text-xs">
      {errors.map((error, at) => <li key={at} className={error.is_error === false ? "text-muted" : "text-bad"}><span aria-hidden="true">{error.is_error === false ? "△ " : "● "}</span>{error.message}</li>)}
    </ul>
  );
}

const described = (id: string, hint: string | undefined, errors: readonly FormError[]) => [hint ? `${id}-hint` : "", errors.length ? `${id}-errors` : ""].filter(Boolean).join(" ") || undefined;

export type Described = { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined; "aria-required": true | undefined };

/** A labelled control. */
export function Labelled({ id, label, hint, errors, required, children }: {
  id: string; label: string; hint: string | undefined; errors: readonly FormError[]; required: boolean; children: (props: Described) => ReactNode;
}) {
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">{label}{required && <Required />}</label>
      {children(controlOf(id, hint, errors, required))}
      <Hint id={id} hint={hint} />
      <Errors id={`${id}-errors`} errors={errors} />
    </div>
  );
}

/** What ties a control to its hint and errors. */
export const controlOf = (id: string, hint: string | undefined, errors: readonly FormError[], required: boolean): Described => ({
  id, "aria-describedby": described(id, hint, errors), "aria-invalid": errors.some((one) => one.is_error !== false) || undefined, "aria-required": required || undefined,
});

/** A labelled group of controls. */
export function Legended({ id, label, hint, errors, required = false, aside, children }: {
  id: string; label: string; hint: string | undefined; errors: readonly FormError[]; required?: boolean; aside?: ReactNode; children: ReactNode;
}) {
  return (
    <fieldset id={id} tabIndex={-1} aria-describedby={described(id, hint, errors)} className="min-w-0 rounded-md border border-line px-3 pt-1 pb-3">
      <legend className="px-1 font-medium">{label}{required && <Required />}</legend>
      <Hint id={id} hint={hint} />
      <Errors id={`${id}-errors`} errors={errors} />
      <div className="mt-1 space-y-3">{children}</div>
      {aside && <div className="mt-2">{aside}</div>}
    </fieldset>
  );
}

const Required = () => <span className="ml-1 text-xs font-normal text-muted">({words.form.required})</span>;
const Hint = ({ id, hint }: { id: string; hint: string | undefined }) => (hint ? <p id={`${id}-hint`} className="mt-0.5 text-xs text-muted">{hint}</p> : null);
