/** What is behind one number: every signal, account or intervention of the server's, in pages, and as CSV. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { kpiPage, kpiRows, kpis, type Kpi, type KpiRow, type Period, type Side } from "../../api/insights";
import { moment, money, number } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { Table, type TableColumn } from "../../ui/Table";
import { words as common } from "../../words/en";
import { insights as words } from "../../words/en.insights";
import { csvOf, download } from "./csv";
import { Before, Course } from "./Kpis";
import { before } from "./period";
import { inUnit } from "./say";

export function Behind({ name, side, period, currency }: { name: string; side: Side; period: Period; currency: string | null }) {
  const query = useQuery(kpis(period));
  const old = useQuery(kpis(before(period))).data?.items.find((one) => one.key === name);
  return (
    <Loaded query={query} lines={8}>{({ items }) => {
      const kpi = items.find((one) => one.key === name);
      return kpi ? <Whole kpi={kpi} old={old} side={side} period={period} currency={currency} /> : <Empty>{common.notFound.title}</Empty>;
    }}</Loaded>
  );
}

function Whole({ kpi, old, side, period, currency }: { kpi: Kpi; old: Kpi | undefined; side: Side; period: Period; currency: string | null }) {
  return (
    <div className="space-y-4">
      <Link to="/insights" search={(was) => ({ ...was, kpi: undefined, side: undefined })} className="text-accent hover:underline">← {words.back}</Link>
      <Panel title={kpi.name} aside={kpi.has_course ? <Before kpi={kpi} old={old} currency={currency} /> : undefined}>
        <p className={kpi.value === null ? "text-muted" : "text-2xl font-semibold tabular-nums"}>{inUnit(kpi.value, kpi.unit, currency)}</p>
        <p className="text-muted">{number(kpi.numerator)} {kpi.numerator_is} / {number(kpi.denominator)} {kpi.denominator_is}</p>
        <p className="mt-1">{words.formula}: {kpi.formula}</p>
        {kpi.note && <p className="text-muted">{kpi.note}</p>}
        {kpi.has_course && <Course kpi={kpi} period={period} currency={currency} height={180} />}
      </Panel>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <nav aria-label={words.side} className="flex gap-1">{(["counted", "others"] as const).map((one) => (
          <Link key={one} to="/insights" search={(was) => ({ ...was, side: one === "counted" ? undefined : one })} aria-current={one === side ? "page" : undefined} className={`rounded-md px-2.5 py-1.5 font-medium ${one === side ? "bg-accent-ground text-accent" : "text-muted hover:bg-accent-ground"}`}>{words.sides[kpi.behind_is]?.[one] ?? one}</Link>
        ))}</nav>
        <Export name={kpi.key} side={side} period={period} />
      </div>
      <Rows kpi={kpi} side={side} period={period} currency={currency} />
    </div>
  );
}

const ACCOUNT: TableColumn<KpiRow>[] = [
  { name: words.rows.account, cell: (row) => (row.account === null ? "–" : <Link to="/accounts/$id" params={{ id: row.account }} className="font-medium text-accent hover:underline">{row.account_name ?? row.account}</Link>) },
  { name: words.rows.health, cell: (row) => (row.band ? common.band[row.band] : common.noHealth) },
  { name: words.rows.arr, cell: (row) => money(row.arr, row.currency), right: true },
];
const columnsOf = (kpi: Kpi, currency: string | null): TableColumn<KpiRow>[] =>
  kpi.behind_is === "signal" ? [...ACCOUNT,
    { name: words.rows.trigger, cell: (row) => row.trigger ?? "–" }, { name: words.rows.fired, cell: (row) => moment(row.fired_at ?? null) },
    { name: words.rows.touched, cell: (row) => (row.hours == null ? words.rows.nobody : `${number(row.hours)} ${words.hours}`), right: true },
    { name: words.rows.outcome, cell: (row) => (row.outcome ? (common.outcome[row.outcome] ?? words.endings[row.outcome] ?? row.outcome) : "–") },
    { name: words.rows.task, cell: (row) => (row.task == null ? "–" : <Link to="/inbox" search={{ task: row.task, whose: "all" }} className="text-accent hover:underline" aria-label={`${words.rows.openTask} ${row.task}`}>{words.rows.openTask}</Link>) }]
  : kpi.behind_is === "account" ? [...ACCOUNT,
    { name: words.rows.before, cell: (row) => money(row.mrr_before ?? null, currency), right: true }, { name: words.rows.after, cell: (row) => money(row.mrr_after ?? null, currency), right: true },
    { name: words.rows.change, cell: (row) => money((row.mrr_after ?? 0) - (row.mrr_before ?? 0), currency), right: true }]
  : [{ name: words.rows.intervention, cell: (row) => row.intervention ?? "–" }, { name: words.rows.words, cell: (row) => row.words ?? "" }];

function Rows({ kpi, side, period, currency }: { kpi: Kpi; side: Side; period: Period; currency: string | null }) {
  const query = useInfiniteQuery(kpiRows(kpi.key, period, side));
  return (
    <Loaded query={query} lines={6}>{({ pages }) => {
      const rows = pages.flatMap((page) => page.items);
      if (rows.length === 0) return <Empty>{words.noRows}</Empty>;
      return (
        <>
          <Table label={words.behind} rows={rows} keyOf={(row, place) => row.signal ?? row.intervention ?? `${row.account} ${place}`} columns={columnsOf(kpi, currency)} minWidth="46rem" />
          {query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
        </>
      );
    }}</Loaded>
  );
}

function Export({ name, side, period }: { name: string; side: Side; period: Period }) {
  const [read, setRead] = useState<number | null>(null);
  const run = async (): Promise<void> => {
    const rows: KpiRow[] = [];
    let cursor: string | null = null;
    setRead(0);
    try {
      do {
        const page: { items: KpiRow[]; next?: string | null } = await kpiPage(name, { ...period, side, limit: 200, cursor });
        rows.push(...page.items);
        cursor = page.next ?? null;
        setRead(rows.length);
      } while (cursor);
      download(`${name}-${side}.csv`, csvOf(rows));
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    } finally {
      setRead(null);
    }
  };
  return <Button kind="quiet" disabled={read !== null} onClick={() => void run()}>{read === null ? words.export : words.exporting(read)}</Button>;
}
