/** A value that may have several forms: chosen by name, the form's own fields below. What both forms know is taken along. */
import { CONTROL } from "../ui/Field";
import { words } from "../words/en";
import { useErrors, useForm, type Place } from "./context";
import { Labelled, Legended } from "./Frame";
import { GroupFields } from "./Group";
import { PartField } from "./Part";
import { isFields, type Fields, type Schema } from "./schema";
import { beginningOf, formIn, titleOf, typeIn } from "./shapes";

export function OneOf({ schema, value, path, name, required, set, forms, telling }: Place & { forms: Schema[]; telling: string | null }) {
  const { id, root, context } = useForm();
  const at = formIn(forms, telling, value);
  const form = forms[at];
  const title = titleOf(schema, name);
  const own = `${id(path)}-kind`;
  const choose = (next: Schema) => set({ ...told(next, telling, (beginningOf(next, root) ?? {}) as Fields), ...(telling === null ? {} : { [telling]: next.properties?.[telling]?.const ?? null }), ...shared(value, form, next) });
  return (
    <Legended id={id(path)} label={title} hint={schema.description ?? form?.description} errors={useErrors(path, !form)} required={required}>
      <label htmlFor={own} className="sr-only">{words.form.kindOf(title)}</label>
      <select id={own} className={CONTROL} value={at} disabled={context.disabled} onChange={(event) => choose(forms[Number(event.target.value)]!)}>
        {at < 0 && <option value={-1}>{words.form.choose}</option>}
        {forms.map((one, place) => <option key={place} value={place}>{titleOf(one, String(place))}</option>)}
      </select>
      {form && <GroupFields schema={form} value={isFields(value) ? value : {}} path={path} set={(next) => set(isFields(next) ? told(form, telling, next) : next)} />}
    </Legended>
  );
}

/** A form that is known by a key that it must have keeps that key, empty while nobody has said what stands there: else it would be no form. */
export function told(form: Schema, telling: string | null, value: Fields): Fields {
  const key = form.required?.[0];
  return telling !== null || key === undefined || key in value ? value : { [key]: "", ...value };
}

/** Optional fields that both forms have. */
function shared(value: Place["value"], from: Schema | undefined, to: Schema): Fields {
  if (!isFields(value) || !from) return {};
  return Object.fromEntries(Object.entries(value).filter(([key]) => key in (from.properties ?? {}) && key in (to.properties ?? {}) && to.properties![key]!.const === undefined));
}

/** One of several simple types: the type is chosen beside the value. */
export function Simple({ schema, value, path, name, required, set, forms }: Place & { forms: Schema[] }) {
  const { id, root, context } = useForm();
  const at = typeIn(forms, value);
  const form = forms[at];
  const title = titleOf(schema, name);
  const begin = (next: Schema) => set(next.type === "null" ? null : beginningOf(next, root) ?? (next.type === "number" ? 0 : next.type === "array" ? [] : next.type === "object" ? {} : next.type === "boolean" ? true : ""));
  return (
    <div className="space-y-1">
      {form && form.type !== "null" ? <PartField schema={{ ...form, title }} value={value} path={path} name={name} required={required} set={set} />
        : <Labelled id={id(path)} label={title} hint={schema.description} errors={[]} required={required}>{(control) => <input {...control} className={CONTROL} readOnly value={words.form.notSet} />}</Labelled>}
      <select aria-label={words.form.kindOf(title)} className="min-h-6 rounded border border-line bg-panel px-1 text-xs text-muted" value={at} disabled={context.disabled} onChange={(event) => begin(forms[Number(event.target.value)]!)}>
        {at < 0 && <option value={-1}>{words.form.choose}</option>}
        {forms.map((one, place) => <option key={place} value={place}>{words.form.types[one.type ?? "object"] ?? one.type}</option>)}
      </select>
    </div>
  );
}
