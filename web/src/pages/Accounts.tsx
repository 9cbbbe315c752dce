/** Every customer in one table: filtered and sorted by the server, drawn row by row as they come into view. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";

import { accounts, type AccountFilter, type AccountRow } from "../api/queries";
import { useKeys } from "../shell/keys";
import { useSession } from "../session";
import { Button, Empty, Failure, Skeleton } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { Page } from "../ui/Page";
import { words } from "../words/en";
import { ColumnChooser, useColumns, type Column } from "./accounts/columns";
import { ExportButton } from "./accounts/ExportButton";

const route = getRouteApi("/accounts");
const ROW = 36;
const SOON_DAYS = 90;

type View = keyof typeof words.accounts.views;
const VIEWS = Object.keys(words.accounts.views) as View[];

function filterOf(view: View, mail: string | null): AccountFilter {
  const soon = new Date(Date.now() + SOON_DAYS * 86_400_000).toISOString().slice(0, 10);
  const filters: Record<View, AccountFilter> = {
    all: {}, risk: { band: ["red"] }, watch: { band: ["yellow"] }, renewing: { renews_before: soon, sort: "renews_on" },
    ready: { readiness_min: 60, sort: "-readiness" }, mine: mail ? { owner: mail } : {},
  };
  return filters[view];
}

export function Accounts() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/accounts" });
  const mail = useSession((own) => own.session?.member?.email ?? null);
  const view = VIEWS.find((one) => one === search.view) ?? "all";
  const shaped = filterOf(view, mail);
  const sort = search.sort ?? shaped.sort ?? "score";
  const filter: AccountFilter = { ...shaped, sort, ...(search.q ? { q: search.q } : {}) };
  const query = useInfiniteQuery(accounts(filter));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const columns = useColumns();
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.focus() });
  const turn = (column: string) => void navigate({ search: (old) => ({ ...old, sort: sort === column ? `-${column}` : column }), replace: true });
  return (
    <Page flush title={words.accounts.title} aside={
      <div className="flex flex-wrap items-center gap-2">
        <ColumnChooser />
        <ExportButton filter={filter} />
        <FilterInput ref={input} value={search.q ?? ""} change={(q) => void navigate({ search: (old) => ({ ...old, q: q || undefined }), replace: true })} />
      </div>
    }>
      <div className="flex gap-1 overflow-x-auto border-b border-line bg-panel px-4 py-2" role="group" aria-label={words.accounts.title}>
        {VIEWS.filter((one) => one !== "mine" || mail).map((one) => (
          <Button key={one} kind="quiet" aria-pressed={one === view} className={one === view ? "bg-accent-ground !text-accent" : ""}
            onClick={() => void navigate({ search: { view: one === "all" ? undefined : one, q: search.q } })}>{words.accounts.views[one]}</Button>
        ))}
      </div>
      {query.error && !query.data ? <div className="p-5"><Failure error={query.error} retry={() => void query.refetch()} /></div>
        : query.isPending ? <div className="p-5"><Skeleton lines={10} /></div>
        : rows.length === 0 ? <Empty>{words.accounts.none} <Link to="/accounts" className="text-accent underline">{words.accounts.clear}</Link></Empty>
        : <Table rows={rows} columns={columns} sort={sort} turn={turn} more={query.hasNextPage} load={() => !query.isFetchingNextPage && void query.fetchNextPage()} />}
    </Page>
  );
}

function FilterInput({ ref, value, change }: { ref: React.Ref<HTMLInputElement>; value: string; change: (q: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return;
    const wait = window.setTimeout(() => change(typed.trim()), 150);
    return () => window.clearTimeout(wait);
  }, [typed]);
  return <input ref={ref} type="search" value={typed} aria-label={words.accounts.filter} placeholder={`${words.accounts.filter}  /`} onChange={(event) => setTyped(event.target.value)} className={`${CONTROL} !w-60`} />;
}

type TableProps = { rows: AccountRow[]; columns: Column[]; sort: string; turn: (column: string) => void; more: boolean; load: () => void };

function Table({ rows, columns, sort, turn, more, load }: TableProps) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW, overscan: 12 });
  const shown = list.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last > rows.length - 30) load();
  }, [last, more, rows.length]);
  const move = (step: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, at + step));
    setAt(next);
    list.scrollToIndex(next);
  };
  const open = () => rows[at] && void navigate({ to: "/accounts/$id", params: { id: rows[at].external_id } });
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: open });
  const grid = { gridTemplateColumns: columns.map((column) => column.width).join(" "), minWidth: columns.length * 105 };
  return (
    <div ref={box} className="h-[calc(100dvh-7.2rem)] overflow-auto" tabIndex={0} role="region" aria-label={words.accounts.title}>
      <div role="table" aria-rowcount={more ? -1 : rows.length + 1} aria-label={words.accounts.title}>
        <div role="row" aria-rowindex={1} className="sticky top-0 z-10 grid border-b border-line bg-ground px-5" style={grid}>
          {columns.map((column) => <Header key={column.key} column={column} sort={sort} turn={turn} />)}
        </div>
        <div role="rowgroup" style={{ height: list.getTotalSize(), position: "relative", minWidth: grid.minWidth }}>
          {shown.map(({ index, start }) => {
            const row = rows[index] as AccountRow;
            return (
              <div key={row.external_id} role="row" aria-rowindex={index + 2} aria-current={index === at || undefined}
                className={`absolute inset-x-0 grid items-center border-b border-line px-5 ${index === at ? "bg-accent-ground" : "bg-panel hover:bg-ground"}`}
                style={{ ...grid, height: ROW, transform: `translateY(${start}px)` }}
                onClick={() => setAt(index)}>
                {columns.map((column) => <div key={column.key} role="cell" className="truncate pr-3">{column.cell(row)}</div>)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Header({ column, sort, turn }: { column: Column; sort: string; turn: (column: string) => void }) {
  const name = words.accounts.columns[column.key];
  const state = sort === column.sort ? "ascending" : sort === `-${column.sort}` ? "descending" : "none";
  if (!column.sort) return <div role="columnheader" className="py-2 text-muted">{name}</div>;
  return (
    <div role="columnheader" aria-sort={state} className="py-1">
      <button type="button" className="min-h-6 font-medium text-muted hover:text-text" onClick={() => turn(column.sort as string)}>
        {name} <span aria-hidden>{state === "ascending" ? "↑" : state === "descending" ? "↓" : ""}</span>
      </button>
    </div>
  );
}
