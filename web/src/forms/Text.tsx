/** Texts, numbers and moments. A text that names something offers what there is; a Liquid text offers fields to insert; the
 * name of a way out is handed on when it is written to its end, so that ways are not rewired letter by letter. */
import { useEffect, useRef, useState } from "react";

import { CONTROL } from "../ui/Field";
import { words } from "../words/en";
import { useErrors, useForm, type Place } from "./context";
import { Labelled, type Described } from "./Frame";
import { titleOf } from "./shapes";

const asText = (value: Place["value"]) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const placeholderOf = ({ schema }: Place) => (schema.default === undefined || schema.default === null || schema.default === "" ? undefined : words.form.fallback(asText(schema.default)));

export function TextField(place: Place & { names: string | undefined; long: boolean; suggestions: string[] }) {
  const { schema, path, name, required, names, long } = place;
  const { id } = useForm();
  return (
    <Labelled id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, true)} required={required}>
      {(control) => (names === "liquid" ? <Liquid {...place} control={control} /> : long ? <Area {...place} control={control} /> : <Line {...place} control={control} />)}
    </Labelled>
  );
}

function Line({ control, ...place }: Place & { control: Described; names: string | undefined; suggestions: string[] }) {
  const { context } = useForm();
  const { value, set, schema, names, suggestions } = place;
  const [draft, setDraft] = useState<string | null>(null);
  const known = [...suggestions.map((one) => ({ value: one, label: undefined })), ...(names ? context.known?.[names] ?? [] : [])];
  const waits = names === "port";
  const finish = () => {
    if (draft !== null) set(draft.trim());
    setDraft(null);
  };
  return (
    <>
      <input {...control} type="text" className={CONTROL} value={draft ?? asText(value)} placeholder={placeholderOf(place)} maxLength={schema.maxLength} disabled={context.disabled}
        list={known.length ? `${control.id}-known` : undefined} autoComplete="off" spellCheck={names === undefined}
        onChange={(event) => (waits ? setDraft(event.target.value) : set(event.target.value))} onBlur={finish} onKeyDown={(event) => event.key === "Enter" && finish()} />
      {known.length > 0 && <datalist id={`${control.id}-known`}>{known.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}</datalist>}
    </>
  );
}

function Area({ control, ...place }: Place & { control: Described }) {
  const { context } = useForm();
  return <textarea {...control} className={CONTROL} rows={3} value={asText(place.value)} placeholder={placeholderOf(place)} maxLength={place.schema.maxLength} disabled={context.disabled} onChange={(event) => place.set(event.target.value)} />;
}

/** Text with {{ fields }}: they are put in where the caret stands. */
function Liquid({ control, ...place }: Place & { control: Described; long: boolean }) {
  const { context } = useForm();
  const box = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  useEffect(() => {
    if (caret.current === null) return;
    box.current?.focus();
    box.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const text = asText(place.value);
  const insert = (field: string) => {
    const at = box.current?.selectionStart ?? text.length;
    caret.current = at + field.length + 6;
    place.set(`${text.slice(0, at)}{{ ${field} }}${text.slice(box.current?.selectionEnd ?? at)}`);
  };
  const title = titleOf(place.schema, place.name);
  return (
    <>
      <textarea ref={box} {...control} className={CONTROL} rows={place.long ? 4 : 2} value={text} placeholder={placeholderOf(place)} maxLength={place.schema.maxLength} disabled={context.disabled} onChange={(event) => place.set(event.target.value)} />
      {(context.fields?.length ?? 0) > 0 && (
        <select aria-label={words.form.insert(title)} className="mt-1 min-h-6 max-w-full rounded border border-line bg-panel px-1 text-xs text-muted" value="" disabled={context.disabled} onChange={(event) => event.target.value && insert(event.target.value)}>
          <option value="">{words.form.insertShort}</option>
          {context.fields!.map((one) => <option key={one.value} value={one.value}>{one.label ?? one.value}</option>)}
        </select>
      )}
    </>
  );
}

export function NumberField(place: Place & { whole: boolean }) {
  const { schema, path, name, required } = place;
  const { id } = useForm();
  return (
    <Labelled id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, true)} required={required}>
      {(control) => <NumberInput {...place} control={control} />}
    </Labelled>
  );
}

/** Keeps what is typed as long as it is no number yet ("1." or "-"). */
export function NumberInput({ control, whole, ...place }: Place & { whole: boolean; control: Partial<Described> & { id: string; "aria-label"?: string } }) {
  const { schema, value, set } = place;
  const { context } = useForm();
  const [draft, setDraft] = useState<string | null>(null);
  const shown = draft !== null && Number(draft) === value ? draft : asText(value);
  return (
    <span className="flex items-center gap-2">
      <input {...control} type="number" inputMode={whole ? "numeric" : "decimal"} className={`${CONTROL} max-w-40`} value={shown} placeholder={asText(schema.default) || undefined} disabled={context.disabled}
        min={schema.minimum ?? schema.exclusiveMinimum} max={schema.maximum} step={whole ? 1 : "any"}
        onChange={(event) => { setDraft(event.target.value); set(event.target.value === "" ? undefined : Number(event.target.value)); }} onBlur={() => setDraft(null)} />
      {schema["x-unit"] && <span className="text-muted">{schema["x-unit"]}</span>}
    </span>
  );
}

const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/;

export function MomentField(place: Place) {
  const { schema, value, path, name, required, set } = place;
  const { id, context } = useForm();
  const text = asText(value);
  return (
    <Labelled id={id(path)} label={titleOf(schema, name)} hint={schema.description} errors={useErrors(path, true)} required={required}>
      {(control) => <input {...control} type={text === "" || LOCAL.test(text) ? "datetime-local" : "text"} className={CONTROL} value={text} disabled={context.disabled} onChange={(event) => set(event.target.value)} />}
    </Labelled>
  );
}

/** Whatever JSON there may be: lists and objects within a payload. */
export function AnyValue({ schema, value, path, name, required, set }: Place) {
  const { id, context } = useForm();
  const [draft, setDraft] = useState<string | null>(null);
  const errors = useErrors(path, true);
  const told = draft === null ? errors : [...errors, { place: path, message: words.form.notJson }];
  const take = (text: string) => {
    try {
      set(text.trim() === "" ? undefined : JSON.parse(text));
      setDraft(null);
    } catch {
      setDraft(text);
    }
  };
  return (
    <Labelled id={id(path)} label={titleOf(schema, name)} hint={schema.description ?? words.form.json} errors={told} required={required}>
      {(control) => <textarea {...control} className={`${CONTROL} font-mono text-xs`} rows={3} disabled={context.disabled} value={draft ?? (value === undefined ? "" : JSON.stringify(value, null, 1))} onChange={(event) => take(event.target.value)} />}
    </Labelled>
  );
}
