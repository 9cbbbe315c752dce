/** Choices of words, flags, and lists of words to tick. */
import { CONTROL } from "../ui/Field";
import { words } from "../words/en";
import { useErrors, useForm, type Place } from "./context";
import { controlOf, Errors, Labelled, Legended } from "./Frame";
import { type Json, type Schema } from "./schema";
import { titleOf } from "./shapes";
import { NumberInput } from "./Text";

/** 'active_users' → 'active users'. */
export const wordOf = (option: Json) => String(option).replaceAll("_", " ");

/** One of some words; orNumber: or a number of one's own. */
export function Choice(place: Place & { options: Json[]; orNumber: Schema | null }) {
  const { schema, value, path, name, required, set, options, orNumber } = place;
  const { id, context } = useForm();
  const chosen = typeof value === "number" ? "#" : String(value ?? schema.default ?? "");
  const known = options.some((option) => String(option) === chosen) || chosen === "" || chosen === "#";
  return (
    <Labelled id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, true)} required={required}>
      {(control) => (
        <span className="flex gap-2">
          <select {...control} className={CONTROL} value={chosen} disabled={context.disabled} onChange={(event) => set(event.target.value === "#" ? orNumber?.minimum ?? 1 : options.find((option) => String(option) === event.target.value))}>
            {chosen === "" && <option value="">{words.form.choose}</option>}
            {!known && <option value={chosen}>{chosen}</option>}
            {options.map((option) => <option key={String(option)} value={String(option)}>{wordOf(option)}</option>)}
            {orNumber && <option value="#">{words.form.types["integer"]}</option>}
          </select>
          {orNumber && chosen === "#" && <NumberInput {...place} schema={orNumber} whole control={{ id: `${control.id}-number`, "aria-label": words.form.of(words.form.value, titleOf(schema, name)) }} />}
        </span>
      )}
    </Labelled>
  );
}

export function Flag({ schema, value, path, name, set }: Place) {
  const { id, context } = useForm();
  const errors = useErrors(path, true);
  const own = id(path);
  const { "aria-required": _, ...control } = controlOf(own, schema.description, errors, false);
  return (
    <div>
      <label htmlFor={own} className="flex min-h-6 items-center gap-2 font-medium">
        <input {...control} type="checkbox" className="size-4 accent-[var(--accent)]" checked={Boolean(value ?? schema.default ?? false)} disabled={context.disabled} onChange={(event) => set(event.target.checked)} />
        {titleOf(schema, name)}
      </label>
      {schema.description && <p id={`${own}-hint`} className="mt-0.5 ml-6 text-xs text-muted">{schema.description}</p>}
      <Errors id={`${own}-errors`} errors={errors} />
    </div>
  );
}

/** Any of some words, in their order. */
export function Choices({ schema, value, path, name, required, set, options }: Place & { options: Json[] }) {
  const { id, context } = useForm();
  const chosen = Array.isArray(value) ? value : Array.isArray(schema.default) ? schema.default : [];
  const toggle = (option: Json, on: boolean) => set(options.filter((one) => (one === option ? on : chosen.includes(one))));
  return (
    <Legended id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, true)} required={required}>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {options.map((option) => (
          <label key={String(option)} className="flex min-h-6 items-center gap-1.5">
            <input type="checkbox" className="size-4 accent-[var(--accent)]" checked={chosen.includes(option)} disabled={context.disabled} onChange={(event) => toggle(option, event.target.checked)} />{wordOf(option)}
          </label>
        ))}
      </div>
    </Legended>
  );
}
