/** What each CSM carries this week, against what the member can do. */
import { useQuery } from "@tanstack/react-query";

import { capacity, type Period } from "../../api/insights";
import type { Schemas } from "../../api/client";
import { money, number, share, span } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { insights as words } from "../../words/en.insights";
import { download, tableCsv } from "./csv";

type Load = Schemas["LoadShape"];

export function Team({ period, currency }: { period: Period; currency: string | null }) {
  const query = useQuery(capacity(period));
  return <Loaded query={query} lines={8}>{({ items }) => (items.length === 0 ? <Empty>{words.team.none}</Empty> : <Whole items={items} currency={currency} />)}</Loaded>;
}

function Whole({ items, currency }: { items: Load[]; currency: string | null }) {
  const HEAD = ["member", "name", "role", "accounts", "arr", "red", "yellow", "open", "overdue", "due_soon", "tasks_a_week", "load", "done", "median_hours"] as const satisfies readonly (keyof Load)[];
  return (
    <div className="space-y-4">
      <Panel title={words.team.chart} aside={words.team.full}><Loads items={items.filter((one) => one.load !== null)} /><p className="mt-2 text-xs text-muted">{words.team.hint}</p></Panel>
      <Table label={words.tabs.team} rows={items} keyOf={(one) => one.member ?? ""} minWidth="62rem" columns={[
        { name: words.team.member, cell: (one) => one.name ?? <i>{words.team.nobody}</i> },
        { name: words.team.accounts, cell: (one) => one.accounts, right: true }, { name: words.team.arr, cell: (one) => money(one.arr, currency), right: true },
        { name: words.team.red, cell: (one) => one.red, right: true }, { name: words.team.yellow, cell: (one) => one.yellow, right: true },
        { name: words.team.open, cell: (one) => one.open, right: true }, { name: words.team.overdue, cell: (one) => (one.overdue > 0 ? <b className="font-semibold text-bad">{one.overdue}</b> : 0), right: true }, { name: words.team.soon, cell: (one) => one.due_soon, right: true },
        { name: words.team.load, cell: (one) => (one.load === null ? words.team.noLimit : share(one.load)), right: true },
        { name: words.team.done, cell: (one) => one.done, right: true }, { name: words.team.hours, cell: (one) => (one.median_hours === null ? "–" : span(one.median_hours * 3600)), right: true },
      ]} />
      <Button kind="quiet" onClick={() => download("team.csv", tableCsv(HEAD, items.map((one) => HEAD.map((name) => one[name]))))}>{words.export}</Button>
    </div>
  );
}

/** The line at the end of each bar's ground is a full week; what goes beyond it is red and says so in its number. */
function Loads({ items }: { items: Load[] }) {
  const top = Math.max(1, ...items.map((one) => one.load ?? 0));
  return (
    <ul className="space-y-1.5">{items.map((one) => (
      <li key={one.member} className="grid grid-cols-[minmax(0,9rem)_1fr_6.5rem] items-center gap-3">
        <span className="truncate">{one.name}</span>
        <span aria-hidden className="relative block h-3 rounded bg-ground">
          <span className="absolute inset-y-0 left-0 rounded" style={{ width: `${(100 * (one.load ?? 0)) / top}%`, background: (one.load ?? 0) > 1 ? "var(--bad)" : "var(--accent)" }} />
          <span className="absolute inset-y-[-2px] w-0.5 bg-text" style={{ left: `calc(${100 / top}% - 2px)` }} />
        </span>
        <span className="text-right tabular-nums"><b className="font-semibold">{share(one.load ?? 0)}</b> <span className="text-xs text-muted">{number(one.overdue + one.due_soon)}/{one.tasks_a_week}</span></span>
      </li>
    ))}</ul>
  );
}
