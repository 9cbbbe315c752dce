/** What a day begins with: who moved, what is due, what renews. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { someAccounts, status, tasks, type AccountRow } from "../api/queries";
import { ago, day, money, number } from "../format";
import { Change, Empty, HealthBadge, Loaded, Panel, RiskBadge } from "../ui/bits";
import { Page } from "../ui/Page";
import { words } from "../words/en";

const RENEWAL_DAYS = 90;
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

export function Today() {
  const now = useQuery(status);
  return (
    <Page title={words.nav.today}>
      <Loaded query={now} lines={1}>
        {(data) => (
          <>
            <p className="mb-4 flex flex-wrap gap-x-5 gap-y-1 text-muted">
              {([[data.accounts, words.today.accounts], [data.open_signals, words.today.signals], [data.open_tasks, words.today.tasks], [data.overdue_tasks, words.today.overdue]] as const).map(
                ([count, what]) => <span key={what}><b className="text-text">{number(count)}</b> {what}</span>,
              )}
            </p>
            {data.attention.length > 0 && (
              <Panel title={words.today.attention} className="mb-4"><ul className="list-disc pl-5">{data.attention.map((one) => <li key={one}>{one}</li>)}</ul></Panel>
            )}
            {data.accounts === 0 && <Panel title={words.today.empty}><p className="text-muted">{words.today.emptyHow}</p></Panel>}
          </>
        )}
      </Loaded>
      <div className="grid gap-4 lg:grid-cols-3">
        <Due />
        <Movers />
        <Renewals />
      </div>
    </Page>
  );
}

function Due() {
  const query = useInfiniteQuery(tasks({ status: ["open", "claimed"], limit: 8 }));
  return (
    <Panel title={words.today.due} aside={<Link to="/inbox" className="text-accent underline">{words.nav.inbox}</Link>}>
      <Loaded query={query}>
        {(data) => {
          const found = data.pages[0]?.items ?? [];
          if (!found.length) return <Empty>{words.today.noDue}</Empty>;
          return (
            <ul className="divide-y divide-line">
              {found.map((task) => (
                <li key={task.id}>
                  <Link to="/inbox" search={{ task: task.id }} className="block rounded px-1 py-2 hover:bg-accent-ground">
                    <span className="flex justify-between gap-2"><b className="truncate font-medium">{task.account_name ?? task.account}</b><RiskBadge level={task.risk_level} /></span>
                    <span className="flex justify-between gap-2 text-muted"><span className="truncate">{task.title}</span><span className="whitespace-nowrap">{ago(task.due_at)}</span></span>
                  </Link>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Panel>
  );
}

const trend = (one: AccountRow) => one.health?.trends.find((over) => over.days === 30)?.change;

function Movers() {
  const query = useQuery(someAccounts({ sort: "trend", limit: 8 }));
  return (
    <Panel title={words.today.movers}>
      <Loaded query={query}>{(data) => <Rows rows={data.items.filter((one) => (trend(one) ?? 0) < 0)} none={words.today.noMovers} aside={(one) => <Change value={trend(one)} />} />}</Loaded>
    </Panel>
  );
}

function Renewals() {
  const query = useQuery(someAccounts({ sort: "renews_on", renews_before: inDays(RENEWAL_DAYS), limit: 8 }));
  return (
    <Panel title={words.today.renewals}>
      <Loaded query={query}>{(data) => <Rows rows={data.items} none={words.today.noRenewals} aside={(one) => <span className="whitespace-nowrap text-muted">{day(one.renews_on)} · {money(one.arr, one.currency)}</span>} />}</Loaded>
    </Panel>
  );
}

function Rows({ rows, none, aside }: { rows: AccountRow[]; none: string; aside: (one: AccountRow) => React.ReactNode }) {
  if (!rows.length) return <Empty>{none}</Empty>;
  return (
    <ul className="divide-y divide-line">
      {rows.map((one) => (
        <li key={one.external_id}>
          <Link to="/accounts/$id" params={{ id: one.external_id }} className="flex items-center justify-between gap-2 rounded px-1 py-2 hover:bg-accent-ground">
            <span className="min-w-0 flex-1 truncate font-medium">{one.name ?? one.external_id}</span>
            <HealthBadge health={one.health} />
            {aside(one)}
          </Link>
        </li>
      ))}
    </ul>
  );
}
