/** One field of a form, whatever its schema is: picks the control by the shape, and adds or takes away what may be nothing. */
import { Button } from "../ui/bits";
import { words } from "../words/en";
import { useErrors, useForm, type Place } from "./context";
import { Choice, Choices, Flag } from "./Choice";
import { controlOf, Labelled, Legended } from "./Frame";
import { Group } from "./Group";
import { Items } from "./Items";
import { Measures } from "./Measures";
import { Pairs } from "./Pairs";
import { resolved, withoutNull } from "./schema";
import { beginningOf, kept, shapeOf, titleOf } from "./shapes";
import { AnyValue, MomentField, NumberField, TextField } from "./Text";
import { OneOf, Simple } from "./Union";

/** What is added and taken away as a whole; lists and maps grow from their own button. */
const WHOLE = new Set(["group", "measures", "oneOf", "choices"]);

export function PartField(place: Place) {
  const { root, context, id } = useForm();
  const { schema, nullable } = withoutNull(resolved(place.schema, root), root);
  const shape = shapeOf(schema, root);
  const set = (value: Place["value"]) => place.set(place.required ? (value === "" ? undefined : value) : kept(value, schema));
  const title = titleOf(schema, place.name);
  const isAbsent = place.value === undefined || place.value === null;
  const errors = useErrors(place.path, true);
  if (!WHOLE.has(shape.is) || place.required || (shape.is === "choices" && !nullable)) return <Control {...place} schema={schema} set={set} shape={shape} />;
  if (isAbsent) {
    return (
      <Legended id={id(place.path)} label={title} hint={schema.description} errors={errors}>
        <Button disabled={context.disabled} onClick={() => place.set(beginningOf({ ...schema, default: null }, root) ?? {})}>{words.form.add(title)}</Button>
      </Legended>
    );
  }
  return (
    <div className="space-y-1">
      <Control {...place} schema={schema} set={set} shape={shape} />
      <Button kind="quiet" disabled={context.disabled} onClick={() => place.set(undefined)}>{words.form.remove(title)}</Button>
    </div>
  );
}

function Control({ shape, ...place }: Place & { shape: ReturnType<typeof shapeOf> }) {
  switch (shape.is) {
    case "fixed": return null;
    case "condition": return <ConditionField {...place} />;
    case "text": return <TextField {...place} names={shape.names} long={shape.long} suggestions={shape.suggestions} />;
    case "number": return <NumberField {...place} whole={shape.whole} />;
    case "moment": return <MomentField {...place} />;
    case "flag": return <Flag {...place} />;
    case "choice": return <Choice {...place} options={shape.options} orNumber={shape.orNumber} />;
    case "choices": return <Choices {...place} options={shape.options} />;
    case "list": return <Items {...place} item={shape.item} />;
    case "map": return <Pairs {...place} keys={shape.key} values={shape.value} />;
    case "measures": return <Measures {...place} />;
    case "group": return <Group {...place} />;
    case "oneOf": return <OneOf {...place} forms={shape.forms} telling={shape.telling} />;
    case "anyOf": return <Simple {...place} forms={shape.forms} />;
    case "anything": return <AnyValue {...place} />;
  }
}

/** A condition: by the editor that the page brings, else as text. */
function ConditionField({ schema, value, path, name, required, set }: Place) {
  const { context, id } = useForm();
  const errors = useErrors(path, true);
  const label = titleOf(schema, name);
  const own = id(path);
  if (context.ConditionEditor) {
    const { ConditionEditor } = context;
    const control = controlOf(own, schema.description, errors, required);
    return (
      <Legended id={own} label={label} hint={schema.description} errors={errors} required={required}>
        <ConditionEditor value={value} onChange={set} label={label} id={`${own}-condition`} describedBy={control["aria-describedby"]} invalid={control["aria-invalid"] ?? false} errors={errors} disabled={context.disabled ?? false} />
      </Legended>
    );
  }
  return (
    <Labelled id={own} label={label} hint={schema.description} errors={errors} required={required}>
      {(control) => <textarea {...control} className="w-full rounded-md border border-strong-line bg-panel px-2 py-1 font-mono text-xs" rows={2} placeholder={words.form.condition} disabled={context.disabled}
        value={typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value)} onChange={(event) => set(event.target.value)} />}
    </Labelled>
  );
}
