/** A map of names to values: a row each. A name is handed on when it is written to its end. */
import { useState } from "react";

import { Button } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { words } from "../words/en";
import { inner, useErrors, useForm, type Place } from "./context";
import { Legended } from "./Frame";
import { PartField } from "./Part";
import { isFields, type Schema } from "./schema";
import { beginningOf, titleOf } from "./shapes";

export function Pairs({ schema, value, path, name, required, set, keys, values }: Place & { keys: Schema; values: Schema }) {
  const { id, root, context } = useForm();
  const map = isFields(value) ? value : {};
  const title = titleOf(schema, name);
  const entries = Object.entries(map);
  const fresh = ["name", ...Array.from({ length: entries.length + 1 }, (_, at) => `name${at + 2}`)].find((one) => !(one in map))!;
  const rename = (from: string, to: string) => { if (to !== from && to !== "" && !(to in map)) set(Object.fromEntries(entries.map(([key, one]) => [key === from ? to : key, one]))); };
  return (
    <Legended id={id(path)} label={title} hint={schema.description} errors={useErrors(path, false)} required={required}
      aside={<Button disabled={context.disabled || entries.length >= (schema.maxProperties ?? Infinity)} onClick={() => set({ ...map, [fresh]: beginningOf(values, root) ?? "" })}>{words.form.add(words.form.of(words.form.value, title))}</Button>}>
      <ul className="space-y-3">
        {entries.map(([key, one], at) => (
          <li key={at} className="grid grid-cols-[minmax(6rem,1fr)_2fr_auto] items-start gap-2">
            <Name at={`${id(inner(path, key))}-name`} label={words.form.item(words.form.name, at + 1)} value={key} pattern={keys.pattern} rename={(to) => rename(key, to)} />
            <PartField schema={{ ...values, title: words.form.item(words.form.value, at + 1) }} value={one} path={inner(path, key)} name={key} required set={(next) => set(Object.fromEntries(entries.map(([other, old]) => [other, other === key ? next ?? "" : old])))} />
            <Button kind="quiet" className="mt-6 px-1.5" aria-label={words.form.remove(key)} disabled={context.disabled} onClick={() => set(entries.length > 1 || required ? Object.fromEntries(entries.filter(([other]) => other !== key)) : undefined)}>✕</Button>
          </li>
        ))}
      </ul>
    </Legended>
  );
}

function Name({ at, label, value, pattern, rename }: { at: string; label: string; value: string; pattern: string | undefined; rename: (to: string) => void }) {
  const { context } = useForm();
  const [draft, setDraft] = useState<string | null>(null);
  const finish = () => {
    if (draft !== null) rename(draft.trim());
    setDraft(null);
  };
  return (
    <div>
      <label htmlFor={at} className="mb-1 block font-medium">{label}</label>
      <input id={at} type="text" className={CONTROL} value={draft ?? value} pattern={pattern} disabled={context.disabled} onChange={(event) => setDraft(event.target.value)} onBlur={finish} onKeyDown={(event) => event.key === "Enter" && finish()} />
    </div>
  );
}
