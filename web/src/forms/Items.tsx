/** A list: items with their own fields, to add, to take away and to put in another order; focus follows what was moved. */
import { useRef } from "react";

import { Button } from "../ui/bits";
import { words } from "../words/en";
import { useErrors, useForm, type Place } from "./context";
import { Legended } from "./Frame";
import { PartField } from "./Part";
import { type Json, type Schema } from "./schema";
import { beginningOf, titleOf } from "./shapes";

export function Items({ schema, value, path, name, required, set, item }: Place & { item: Schema }) {
  const { id, root, context } = useForm();
  const box = useRef<HTMLOListElement>(null);
  const items = Array.isArray(value) ? value : Array.isArray(schema.default) ? schema.default : [];
  const title = titleOf(schema, name);
  const one = item.title ?? title;
  const focus = (at: number) => requestAnimationFrame(() => (box.current?.children[at]?.querySelector<HTMLElement>("input, select, textarea") ?? document.getElementById(id(path)))?.focus());
  const put = (next: Json[], at: number) => { set(next.length ? next : required ? next : undefined); focus(at); };
  const moved = (from: number, to: number) => { const next = items.toSpliced(from, 1); put(next.toSpliced(to, 0, items[from]!), to); };
  const isFull = schema.maxItems !== undefined && items.length >= schema.maxItems;
  return (
    <Legended id={id(path)} label={title} hint={schema.description} errors={useErrors(path, false)} required={required}
      aside={<Button disabled={context.disabled || isFull} onClick={() => put([...items, beginningOf(item, root) ?? ""], items.length)}>{words.form.add(one)}</Button>}>
      <ol ref={box} className="space-y-3">
        {items.map((part, at) => {
          const called = words.form.item(one, at + 1);
          return (
            <li key={at} className="grid grid-cols-[1fr_auto] items-start gap-2">
              <PartField schema={{ ...item, title: called }} value={part} path={`${path}[${at}]`} name={called} required set={(next) => set(items.with(at, next ?? ""))} />
              <span className="mt-6 flex">
                <Button kind="quiet" className="px-1.5" aria-label={words.form.up(called)} disabled={context.disabled || at === 0} onClick={() => moved(at, at - 1)}>↑</Button>
                <Button kind="quiet" className="px-1.5" aria-label={words.form.down(called)} disabled={context.disabled || at === items.length - 1} onClick={() => moved(at, at + 1)}>↓</Button>
                <Button kind="quiet" className="px-1.5" aria-label={words.form.remove(called)} disabled={context.disabled} onClick={() => put(items.toSpliced(at, 1), Math.max(0, at - 1))}>✕</Button>
              </span>
            </li>
          );
        })}
      </ol>
    </Legended>
  );
}
