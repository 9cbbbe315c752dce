/** Every customer in one table: filtered, sorted, grouped and counted by the server; the address holds it all. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { toast } from "../ui/toast";

import { counts, exportCsv, type GroupBy } from "../api/desk";
import { accounts } from "../api/queries";
import { money, number } from "../format";
import { useKeys } from "../shell/keys";
import { Button, Empty, Failure, Skeleton } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { NoCustomers, useNobody } from "../ui/NoCustomers";
import { Page } from "../ui/Page";
import { desk as deskWords } from "../words/en.desk";
import { words } from "../words/en";
import { BulkBar, BulkDialog, type Kind } from "./accounts/Bulk";
import { columnsOf, keysOf } from "./accounts/columns";
import { Grid, type Line } from "./accounts/Grid";
import { countOf, GROUPS, inGroup, NOTHING, questionOf, selectionOf, type AccountsSearch, type Picked } from "./accounts/question";
import { rememberWalk } from "./accounts/walk";
import { late } from "../ui/late";

const Chips = late(() => import("./accounts/Chips").then((found) => found.Chips), <div className="min-h-7" />);
const ColumnChooser = late(() => import("./accounts/ColumnChooser").then((found) => found.ColumnChooser), <span className="min-h-7 w-20" />);
const ViewBar = late(() => import("./accounts/ViewBar").then((found) => found.ViewBar), <div className="min-h-7" />);

const route = getRouteApi("/accounts");
const t = deskWords;

export function Accounts() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/accounts" });
  const go = (next: AccountsSearch): void => void navigate({ search: next });
  const patch = (part: Partial<AccountsSearch>): void => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const filter = questionOf(search);
  const asked = JSON.stringify(filter);
  const [picked, setPicked] = useState<Picked>(NOTHING);
  const [kind, setKind] = useState<Kind | null>(null);
  useEffect(() => setPicked(NOTHING), [asked]);
  const found = useLines(search);
  useEffect(() => rememberWalk(found.walked), [JSON.stringify(found.walked)]);
  const total = useQuery(counts(filter));
  const nobody = useNobody();
  const keys = keysOf(search.cols);
  const sort = search.sort ?? "score";
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.focus(), Escape: () => setPicked(NOTHING) });
  const chosen = countOf(picked, total.data?.count ?? 0);
  const selection = selectionOf(picked, filter);
  const exportAll = (): void => void exportCsv(selectionOf({ all: true, ids: new Set() }, filter), sort).catch((error: unknown) => toast.error(error instanceof Error ? error.message : String(error)));
  return (
    <Page flush title={words.accounts.title} aside={
      <div className="flex flex-wrap items-center gap-2">
        <span className="text-muted" aria-live="polite">{total.data ? <>{t.total(number(total.data.count))}{total.data.sums.filter((sum) => sum.arr_at_risk > 0).map((sum) => <span key={sum.currency ?? ""}> · {t.atRisk(money(sum.arr_at_risk, sum.currency))}</span>)}</> : t.counting}</span>
        <select aria-label={t.group.label} className={`${CONTROL} !w-auto`} value={search.group ?? ""} onChange={(event) => patch({ group: (event.target.value || undefined) as GroupBy | undefined, open: undefined })}>
          <option value="">{t.group.none}</option>
          {GROUPS.map((one) => <option key={one} value={one}>{t.group[one]}</option>)}
        </select>
        <ColumnChooser keys={keys} change={(cols) => patch({ cols })} />
        <Button kind="quiet" onClick={exportAll}>{t.bulk.exportAll}</Button>
        <FilterInput ref={input} value={search.q ?? ""} change={(q) => patch({ q: q || undefined })} />
      </div>
    }>
      <div className="flex h-[calc(100dvh-3.6rem)] flex-col max-md:h-[calc(100dvh-7rem)]">
        <div className="space-y-1.5 border-b border-line bg-panel px-4 py-2">
          <ViewBar search={search} go={go} />
          <Chips search={search} change={(field, value) => patch({ [field]: value })} clear={() => go({ ...(search.cols ? { cols: search.cols } : {}), ...(search.group ? { group: search.group } : {}) })} />
        </div>
        {chosen > 0 && <BulkBar count={chosen} matching={total.data?.count} isAll={picked.all} all={() => setPicked({ all: true, ids: new Set() })} none={() => setPicked(NOTHING)} begin={setKind} selection={selection} sort={sort} />}
        {found.error ? <div className="p-5"><Failure error={found.error} retry={found.retry} /></div>
          : found.pending ? <div className="flex-1 p-5"><Skeleton lines={10} /></div>
          : found.lines.length === 0 && nobody ? <NoCustomers />
          : found.lines.length === 0 ? <Empty>{words.accounts.none} <Button kind="quiet" className="!text-accent underline" onClick={() => go({})}>{t.clearAll}</Button></Empty>
          : <Grid lines={found.lines} columns={columnsOf(keys)} sort={sort} turn={(column) => patch({ sort: sort === column ? `-${column}` : column })} more={found.more} load={found.load}
              total={total.data?.count} picked={picked} pick={setPicked} openGroup={(open) => patch({ open })} />}
        <p aria-hidden className="border-t border-line bg-panel px-4 py-1 text-xs text-muted max-md:hidden">{t.keys}</p>
      </div>
      {kind && <BulkDialog kind={kind} selection={selection} close={(done) => { setKind(null); if (done) setPicked(NOTHING); }} />}
    </Page>
  );
}

/** The lines of the table: accounts, or groups with the accounts of the one that is open. */
function useLines(search: AccountsSearch) {
  const base = questionOf(search);
  const by = search.group;
  const groups = useQuery({ ...counts(base, by), enabled: by !== undefined });
  const keyOf = (value: string | null): string => value ?? "-";
  const open = by === undefined ? undefined : groups.data?.groups.find((one) => keyOf(one.value) === search.open);
  const walked = by === undefined ? base : open ? inGroup(base, by, open.value) : base;
  const rows = useInfiniteQuery({ ...accounts(walked), enabled: by === undefined || open !== undefined });
  const listed: Line[] = rows.data?.pages.flatMap((page) => page.items.map((row): Line => ({ kind: "row", row }))) ?? [];
  const nameOf = (value: string | null, label: string | null): string => {
    if (value === null) return by === "owner" ? t.nobody : t.group.unknown;
    return by === "band" ? words.band[value as keyof typeof words.band] : (label ?? value);
  };
  const lines = by === undefined ? listed : (groups.data?.groups ?? []).flatMap((group): Line[] => {
    const key = keyOf(group.value);
    const isOpen = key === search.open;
    const head: Line = { kind: "group", group, key, name: nameOf(group.value, group.label), isOpen };
    if (!isOpen) return [head];
    return [head, ...(rows.isPending ? [{ kind: "note", key: `${key}:note`, note: words.loading } as Line] : listed)];
  });
  const waits = by === undefined ? rows.isPending : groups.isPending;
  return {
    lines, walked, more: rows.hasNextPage, load: () => void (!rows.isFetchingNextPage && rows.fetchNextPage()), pending: waits && !rows.error && !groups.error,
    error: by === undefined ? (rows.data ? null : rows.error) : groups.data ? null : groups.error, retry: () => void (by === undefined ? rows.refetch() : groups.refetch()),
  };
}

function FilterInput({ ref, value, change }: { ref: React.Ref<HTMLInputElement>; value: string; change: (q: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return;
    const wait = window.setTimeout(() => change(typed.trim()), 150);
    return () => window.clearTimeout(wait);
  }, [typed]);
  useEffect(() => setTyped((old) => (old.trim() === value ? old : value)), [value]);
  return <input ref={ref} type="search" value={typed} aria-label={words.accounts.filter} placeholder={`${words.accounts.filter}  /`} onChange={(event) => setTyped(event.target.value)} className={`${CONTROL} !w-60`} />;
}
