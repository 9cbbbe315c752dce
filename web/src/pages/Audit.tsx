/** Who did what, when: searched by the server, filter in the address, each entry sealed to the one before. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { entries, verification, type AuditFilter, type Entry } from "../api/audit";
import { allMembers } from "../api/settings";
import { ago, moment, number } from "../format";
import { may } from "../session";
import { Button, Empty, Loaded } from "../ui/bits";
import { CopyButton } from "../ui/Copy";
import { CONTROL } from "../ui/Field";
import { ReadOnly } from "../ui/Guarded";
import { Page } from "../ui/Page";
import { Table } from "../ui/Table";
import { office as officeWords } from "../words/en.office";
import { words } from "../words/en";
import { Detail } from "./audit/Detail";
import { Export } from "./audit/Export";
import { actionOf, actorOf, factsOf, objectOf } from "./audit/inWords";

const route = getRouteApi("/audit");
const said = officeWords.audit;
const KINDS = Object.entries(said.kinds).sort((a, b) => a[1].localeCompare(b[1]));

export function Audit() {
  if (!may("audit:read")) return <Page title={said.title}><ReadOnly needs="audit:read" /></Page>;
  return <Trail />;
}

function Trail() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const put = (part: Partial<typeof search>): void => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const filter: AuditFilter = {
    ...(search.q ? { q: search.q } : {}), ...(search.actor ? { actor: search.actor } : {}), ...(search.kind ? { kind: search.kind } : {}),
    ...(search.since ? { since: search.since } : {}), ...(search.until ? { until: dayAfter(search.until) } : {}),
  };
  const query = useInfiniteQuery(entries(filter));
  const members = useQuery({ ...allMembers, enabled: may("config:read") });
  const people = useMemo(() => new Map((members.data?.items ?? []).map((one) => [one.id, one.name])), [members.data]);
  const [open, setOpen] = useState<Entry | null>(null);
  const found = query.data?.pages.flatMap((shown) => shown.items) ?? [];
  return (
    <Page title={said.title} aside={<div className="flex flex-wrap gap-2"><Verify /><Export filter={filter} /></div>}>
      <form className="mb-4 flex flex-wrap gap-2" onSubmit={(event) => { event.preventDefault(); put({ q: String(new FormData(event.currentTarget).get("q") ?? "").trim() || undefined }); }}>
        <input name="q" key={search.q ?? ""} type="search" aria-label={said.find} placeholder={said.find} defaultValue={search.q ?? ""} className={`${CONTROL} !w-56`} />
        <select aria-label={said.who} className={`${CONTROL} !w-auto max-w-full`} value={search.actor ?? ""} onChange={(event) => put({ actor: event.target.value || undefined })}><option value="">{said.anybody}</option><option value="system">{words.product}</option>{members.data?.items.map((one) => <option key={one.id} value={`member:${one.id}`}>{one.name}</option>)}</select>
        <select aria-label={said.kind} className={`${CONTROL} !w-auto max-w-full`} value={search.kind ?? ""} onChange={(event) => put({ kind: event.target.value || undefined })}><option value="">{said.anything}</option>{KINDS.map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select>
        <input type="date" aria-label={said.since} title={said.since} className={`${CONTROL} !w-40`} value={search.since ?? ""} onChange={(event) => put({ since: event.target.value || undefined })} />
        <input type="date" aria-label={said.until} title={said.until} className={`${CONTROL} !w-40`} value={search.until ?? ""} onChange={(event) => put({ until: event.target.value || undefined })} />
        <Button type="submit">{said.search}</Button>
        {Object.keys(filter).length > 0 && <Button kind="quiet" onClick={() => void navigate({ search: {} })}>{words.accounts.clear}</Button>}
      </form>
      <Loaded query={query} lines={10}>{() => (found.length === 0 ? <Empty>{said.none}</Empty> : (
        <Table label={said.title} rows={found} keyOf={(row) => row.seq} minWidth="52rem" columns={[
          { name: said.entry, cell: (row) => <button type="button" className="min-h-6 font-medium text-accent underline" onClick={() => setOpen(row)}>#{row.seq}</button> },
          { name: said.when, cell: (row) => <span className="whitespace-nowrap" title={ago(row.at)}>{moment(row.at)}</span> },
          { name: said.who, cell: (row) => <span className="whitespace-nowrap">{actorOf(row.actor, people)}</span> },
          { name: said.what, cell: (row) => <span className="block min-w-56">{actionOf(row.action)} <b className="font-medium break-words">{objectOf(row, people)}</b></span> },
          { name: said.details, cell: (row) => <span className="text-muted">{factsOf(row.detail).filter(([name]) => name !== said.facts["hash"]).map(([name, value]) => `${name}: ${value}`).join(" · ")}</span> },
        ]} />
      ))}</Loaded>
      {query.hasNextPage && <Button className="mt-3" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
      {open && <Detail entry={open} people={people} close={() => setOpen(null)} />}
    </Page>
  );
}

/** 'until' names a day that still counts; the server's bound does not. */
const dayAfter = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

function Verify() {
  const query = useQuery(verification);
  const told = query.data;
  return (
    <span className="flex flex-wrap items-center gap-2" aria-live="polite">
      {query.error && <span className="text-bad">{query.error.message}</span>}
      {told && (told.intact ? <><span className="text-good">✓ {said.intact(number(told.entries))}</span><CopyButton text={told.last_hash} label={said.copyHash} kind="quiet" /></> : <span className="text-bad">✗ {said.broken(told.first_broken ?? 0)}</span>)}
      <Button disabled={query.isFetching} onClick={() => void query.refetch()}>{said.verify}</Button>
    </span>
  );
}
