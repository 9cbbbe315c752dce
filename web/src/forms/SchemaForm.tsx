/**
 * A form drawn from a JSON Schema: no form of its own for any kind. Required fields come first, defaults stand as placeholders,
 * descriptions as hints, errors at their place. onChange gets the whole value and the path that was edited (for undo: edits of
 * one path coalesce). What was left out, or is the default, is not in the value; unknown fields stay in it.
 */
import { useId, useMemo } from "react";

import { words } from "../words/en";
import { errorsAt, FormPlace, type FormContext, type FormError } from "./context";
import { Errors } from "./Frame";
import { GroupFields } from "./Group";
import { resolved, type Fields, type Json, type Schema } from "./schema";

const NONE: readonly FormError[] = [];

export function SchemaForm({ schema, value, onChange, errors = NONE, context = {} }: {
  schema: Schema; value: Fields; onChange: (value: Fields, path: string) => void; errors?: readonly FormError[]; context?: FormContext;
}) {
  const form = useId();
  const here = useMemo(() => resolved(schema, schema), [schema]);
  const around = useMemo(() => ({ root: schema, errors, context, id: (path: string) => `${form}-${path}` }), [schema, errors, context, form]);
  const known = Object.keys(here.properties ?? {});
  const elsewhere = errors.filter(({ place }) => place === "" || !known.includes(place.split(/[.[]/)[0] ?? ""));
  return (
    <FormPlace value={around}>
      <div className="space-y-4">
        <p aria-live="polite" className="sr-only">{errors.length ? words.form.problems(errors.length) : ""}</p>
        <Errors id={`${form}-errors`} errors={elsewhere} />
        <GroupFields schema={here} value={value} path="" set={(next: Json | undefined, path) => onChange((next ?? {}) as Fields, path)} />
      </div>
    </FormPlace>
  );
}

/** The findings of a journey that are about one part of it, as errors of the part's form. prefix: 'steps.greet'. */
export function errorsBelow(findings: readonly FormError[], prefix: string): FormError[] {
  return errorsAt(findings, prefix, true).map(({ place, ...rest }) => ({ ...rest, place: place.slice(prefix.length).replace(/^\./, "") }));
}
