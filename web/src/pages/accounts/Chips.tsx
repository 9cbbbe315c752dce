/** What the list is narrowed by, as chips: each says its field and value, can be changed in place and taken away. */
import { useQuery } from "@tanstack/react-query";
import { DropdownMenu, Popover } from "radix-ui";
import { useState } from "react";

import { counts, type GroupBy } from "../../api/desk";
import { members } from "../../api/queries";
import { day, number } from "../../format";
import { useSession } from "../../session";
import { Button } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { FIELDS, filtersOf, KINDS, type AccountsSearch, type Field } from "./question";
import { triggerKeys } from "./triggerKeys";

const t = deskWords;
type Value = NonNullable<AccountsSearch[Field]>;
type Change = (field: Field, value: Value | undefined) => void;

function told(field: Field, value: Value): string {
  const kind = KINDS[field];
  if (field === "band") return (value as string[]).map((one) => words.band[one as keyof typeof words.band] ?? one).join(", ");
  if (field === "owner") return value === "none" ? t.nobody : value === "me" ? t.me : String(value);
  if (kind === "yes") return value === true ? t.yes : t.no;
  if (kind === "share") return `${Math.round(Number(value) * 100)} ${t.percent}`;
  if (kind === "day") return day(String(value));
  if (kind === "number") return number(Number(value));
  return Array.isArray(value) ? value.join(", ") : String(value);
}

export function Chips({ search, change, clear }: { search: AccountsSearch; change: Change; clear: () => void }) {
  const [fresh, setFresh] = useState<Field | null>(null);
  const set = filtersOf(search);
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {set.map(([field, value]) => <Chip key={field} field={field} value={value} change={change} />)}
      {fresh && search[fresh] === undefined && <Chip key={fresh} field={fresh} value={undefined} change={change} begin close={() => setFresh(null)} />}
      <DropdownMenu.Root>
        <DropdownMenu.Trigger asChild><Button kind="quiet">+ {t.addFilter}</Button></DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="start" className="z-30 max-h-[60vh] overflow-auto rounded-md border border-line bg-panel p-1 shadow-lg">
            {FIELDS.filter((field) => search[field] === undefined).map((field) => (
              <DropdownMenu.Item key={field} onSelect={() => window.setTimeout(() => setFresh(field))} className="flex min-h-7 cursor-pointer items-center rounded px-2 data-highlighted:bg-accent-ground">{t.filters[field]}</DropdownMenu.Item>
            ))}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {set.length > 0 && <Button kind="quiet" onClick={clear}>{t.clearAll}</Button>}
    </div>
  );
}

function Chip({ field, value, change, begin = false, close }: { field: Field; value: Value | undefined; change: Change; begin?: boolean; close?: () => void }) {
  const [open, setOpen] = useState(begin);
  const name = t.filters[field];
  const shut = (next: boolean): void => {
    setOpen(next);
    if (!next) close?.();
  };
  return (
    <span className="inline-flex items-center rounded-full border border-strong-line bg-panel">
      <Popover.Root open={open} onOpenChange={shut}>
        <Popover.Trigger asChild><button type="button" className="min-h-7 max-w-72 truncate rounded-full pr-1 pl-3" aria-label={t.filterBy(name)}>{name}: <b className="font-medium">{value === undefined ? t.choose : told(field, value)}</b></button></Popover.Trigger>
        <Popover.Portal>
          <Popover.Content align="start" sideOffset={4} className="z-30 w-72 rounded-md border border-line bg-panel p-3 shadow-lg" aria-label={t.filterBy(name)}>
            <Editor field={field} value={value} change={(next) => change(field, next)} done={() => shut(false)} />
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      <button type="button" className="min-h-7 min-w-7 rounded-full text-muted hover:text-text" aria-label={t.removeFilter(name)} onClick={() => { change(field, undefined); close?.(); }}>×</button>
    </span>
  );
}

function Editor({ field, value, change, done }: { field: Field; value: Value | undefined; change: (value: Value | undefined) => void; done: () => void }) {
  const kind = KINDS[field];
  if (kind === "words") return <Many field={field} value={(value as string[] | undefined) ?? []} change={change} />;
  if (kind === "owner") return <Owner value={value as string | undefined} change={change} />;
  if (kind === "one") return <One field={field} value={value as string | undefined} change={change} />;
  if (kind === "yes") return (
    <div className="flex gap-2">{[true, false].map((one) => <Button key={String(one)} aria-pressed={value === one} kind={value === one ? "primary" : "plain"} onClick={() => { change(one); done(); }}>{one ? t.yes : t.no}</Button>)}</div>
  );
  return <Amount field={field} value={value} change={change} done={done} />;
}

function Amount({ field, value, change, done }: { field: Field; value: Value | undefined; change: (value: Value | undefined) => void; done: () => void }) {
  const kind = KINDS[field];
  const [typed, setTyped] = useState(value === undefined ? "" : kind === "share" ? String(Math.round(Number(value) * 100)) : String(value));
  const keep = (): void => {
    change(typed === "" ? undefined : kind === "day" ? typed : kind === "share" ? Number(typed) / 100 : Number(typed));
    done();
  };
  return (
    <form className="flex items-center gap-2" onSubmit={(event) => { event.preventDefault(); keep(); }}>
      <input autoFocus type={kind === "day" ? "date" : "number"} step="any" className={CONTROL} aria-label={t.filters[field]} value={typed} onChange={(event) => setTyped(event.target.value)} />
      {kind === "share" && <span>{t.percent}</span>}
      <Button kind="primary" type="submit">{t.apply}</Button>
    </form>
  );
}

const MISSABLE = ["band", "arr", "churn", "readiness", "renews_on", "plan", "lifecycle_stage", "industry", "country"];

function Many({ field, value, change }: { field: Field; value: string[]; change: (value: Value | undefined) => void }) {
  const fixed = field === "band" ? Object.keys(words.band) : field === "missing" ? MISSABLE : null;
  const query = useQuery({ ...counts({}, (fixed ? "band" : field) as GroupBy), enabled: fixed === null });
  const options: { value: string; count: number | undefined }[] = fixed ? fixed.map((one) => ({ value: one, count: undefined })) : (query.data?.groups ?? []).flatMap((one) => (one.value === null ? [] : [{ value: one.value, count: one.count }]));
  const turn = (one: string): void => {
    const next = value.includes(one) ? value.filter((other) => other !== one) : [...value, one];
    change(next.length ? next : undefined);
  };
  return (
    <ul className="max-h-64 overflow-auto">
      {options.map((one) => (
        <li key={one.value}><label className="flex min-h-7 items-center gap-2"><input type="checkbox" checked={value.includes(one.value)} onChange={() => turn(one.value)} />
          <span className="flex-1">{field === "band" ? told("band", [one.value]) : one.value.replaceAll("_", " ")}</span>{one.count !== undefined && <span className="text-muted">{number(one.count)}</span>}</label></li>
      ))}
    </ul>
  );
}

function Owner({ value, change }: { value: string | undefined; change: (value: Value | undefined) => void }) {
  const query = useQuery(members);
  const me = useSession((own) => own.session?.member ?? null);
  return (
    <select className={CONTROL} aria-label={t.filters.owner} value={value ?? ""} onChange={(event) => change(event.target.value || undefined)}>
      <option value="">{t.choose}</option>
      {me && <option value="me">{t.me}</option>}
      <option value="none">{t.nobody}</option>
      {query.data?.items.map((one) => <option key={one.id} value={one.email}>{one.name}</option>)}
    </select>
  );
}

function One({ field, value, change }: { field: Field; value: string | undefined; change: (value: Value | undefined) => void }) {
  const segments = useQuery({ ...counts({}, "segment"), enabled: field === "segment" });
  const triggers = useQuery({ ...triggerKeys, enabled: field === "signal" });
  const options = field === "segment" ? (segments.data?.groups ?? []).map((one) => ({ value: one.value ?? "", name: `${one.label ?? one.value} (${number(one.count)})` })) : (triggers.data ?? []).map((key) => ({ value: key, name: key }));
  return (
    <select className={CONTROL} aria-label={t.filters[field]} value={value ?? ""} onChange={(event) => change(event.target.value || undefined)}>
      <option value="">{t.choose}</option>
      {value && !options.some((one) => one.value === value) && <option value={value}>{value}</option>}
      {options.map((one) => <option key={one.value} value={one.value}>{one.name}</option>)}
    </select>
  );
}
