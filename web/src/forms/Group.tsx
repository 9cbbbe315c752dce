/** The fields of an object: as a group of its own, or as they are at the top of the form. Many optional ones that nobody has
 * used yet are folded away. */
import { useState } from "react";

import { words } from "../words/en";
import { errorsAt, inner, useErrors, useForm, type Place } from "./context";
import { Legended } from "./Frame";
import { PartField } from "./Part";
import { isFields, type Fields, type Json, type Schema } from "./schema";
import { orderOf, titleOf } from "./shapes";

const SHOWN = 7;

export function Group({ schema, value, path, name, required, set }: Place) {
  const { id } = useForm();
  return (
    <Legended id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, false)} required={required}>
      <GroupFields schema={schema} value={isFields(value) ? value : {}} path={path} set={set} />
    </Legended>
  );
}

/** set: with the object and the path of the field that was edited. */
export function GroupFields({ schema, value, path, set }: { schema: Schema; value: Fields; path: string; set: (value: Json | undefined, path: string) => void }) {
  const { errors } = useForm();
  const [open, setOpen] = useState(false);
  const names = orderOf(schema);
  const required = new Set(schema.required ?? []);
  const isUsed = (name: string) => required.has(name) || value[name] !== undefined || errorsAt(errors, inner(path, name), true).length > 0;
  const [first, rest] = names.length > SHOWN + 2 ? [names.filter((name, at) => at < SHOWN || isUsed(name)), names.filter((name, at) => at >= SHOWN && !isUsed(name))] : [names, []];
  const field = (name: string) => (
    <PartField key={name} schema={schema.properties![name]!} value={value[name]} path={inner(path, name)} name={name} required={required.has(name)}
      set={(next) => set(withField(value, name, next), inner(path, name))} />
  );
  return (
    <div className="space-y-3">
      {first.map(field)}
      {rest.length > 0 && (
        <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary className="min-h-6 cursor-pointer font-medium text-muted">{words.form.more(rest.length)}</summary>
          {open && <div className="mt-3 space-y-3">{rest.map(field)}</div>}
        </details>
      )}
    </div>
  );
}

/** The object with another field in its old place; without it where it is undefined. */
export function withField(value: Fields, name: string, next: Json | undefined): Fields {
  const { [name]: _, ...others } = value;
  if (next === undefined) return others;
  return name in value ? Object.fromEntries(Object.entries(value).map(([key, old]) => [key, key === name ? next : old])) : { ...value, [name]: next };
}
