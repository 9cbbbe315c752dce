/** What a day begins with: who moved, what is due, what renews, what was won; for one's own book, or for the team. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";

import type { Schemas } from "../api/client";
import { movers, team, wins } from "../api/desk";
import { someAccounts, status, tasks } from "../api/queries";
import { ago, day, money, number, share } from "../format";
import { useSession } from "../session";
import { Button, Change, Empty, HealthBadge, Loaded, Panel, RiskBadge } from "../ui/bits";
import { NoCustomers } from "../ui/NoCustomers";
import { Page } from "../ui/Page";
import { Table } from "../ui/Table";
import { desk as deskWords } from "../words/en.desk";
import { words } from "../words/en";

const route = getRouteApi("/");
const t = deskWords.today;
const RENEWAL_DAYS = 90;
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

export function Today() {
  const now = useQuery(status);
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const member = useSession((own) => own.session?.member ?? null);
  const leads = member === null || member.role === "admin" || member.role === "ops";
  const mine = member !== null && (search.whose === "mine" || (search.whose === undefined && member.role === "csm"));
  const owner = mine ? "me" : undefined;
  return (
    <Page title={words.nav.today} aside={member && (
      <div role="group" aria-label={t.whose} className="flex gap-1">{([["mine", t.myBook], ["all", t.everybody]] as const).map(([key, name]) => (
        <Button key={key} kind="quiet" aria-pressed={mine === (key === "mine")} className={mine === (key === "mine") ? "bg-accent-ground !text-accent" : ""} onClick={() => void navigate({ search: (old) => ({ ...old, whose: key }), replace: true })}>{name}</Button>
      ))}</div>
    )}>
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
            {data.accounts === 0 && <NoCustomers />}
          </>
        )}
      </Loaded>
      {now.data?.accounts !== 0 && <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2">
        <Due owner={owner} />
        <Movers owner={owner} days={search.days ?? 7} direction={search.rose ? "up" : "down"} />
        <Renewals owner={owner} />
        <Wins owner={owner} />
        {leads && !mine && <Team />}
      </div>}
    </Page>
  );
}

function Due({ owner }: { owner: string | undefined }) {
  const query = useInfiniteQuery(tasks({ status: ["open", "claimed"], limit: 8, ...(owner ? { owner } : {}) }));
  return (
    <Panel title={words.today.due} aside={<Link to="/inbox" search={owner ? {} : { whose: "all" }} className="text-accent underline">{words.nav.inbox}</Link>}>
      <Loaded query={query}>
        {(data) => {
          const found = data.pages[0]?.items ?? [];
          if (!found.length) return <Empty>{words.today.noDue}</Empty>;
          return (
            <ul className="divide-y divide-line">
              {found.map((task) => (
                <li key={task.id}>
                  <Link to="/inbox" search={{ task: task.id, ...(owner ? {} : { whose: "all" }) }} className="block rounded px-1 py-2 hover:bg-accent-ground">
                    <span className="flex justify-between gap-2"><b className="truncate font-medium">{task.account_name ?? task.account}</b><RiskBadge level={task.risk_level} /></span>
                    <span className="flex justify-between gap-2 text-muted"><span className="truncate">{task.title}</span><span className={`whitespace-nowrap ${new Date(task.due_at) < new Date() ? "font-medium text-bad" : ""}`}>{ago(task.due_at)}</span></span>
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

function Movers({ owner, days, direction }: { owner: string | undefined; days: 1 | 7 | 30; direction: "up" | "down" }) {
  const navigate = useNavigate({ from: "/" });
  const query = useQuery(movers({ days, direction, limit: 8, ...(owner ? { owner } : {}) }));
  const choice = (on: boolean): string => `!px-2 ${on ? "bg-accent-ground !text-accent" : ""}`;
  return (
    <Panel title={t.movers} aside={
      <span className="flex flex-wrap gap-1">
        {([[1, t.d1], [7, t.d7], [30, t.d30]] as const).map(([one, name]) => <Button key={one} kind="quiet" aria-pressed={one === days} className={choice(one === days)} onClick={() => void navigate({ search: (old) => ({ ...old, days: one }), replace: true })}>{name}</Button>)}
        {([["down", t.down], ["up", t.up]] as const).map(([one, name]) => <Button key={one} kind="quiet" aria-pressed={one === direction} className={choice(one === direction)} onClick={() => void navigate({ search: (old) => ({ ...old, rose: one === "up" || undefined }), replace: true })}>{name}</Button>)}
      </span>
    }>
      <Loaded query={query}>{({ items }) => (
        <Rows none={t.none} rows={items.map((one) => ({ id: one.account, name: one.account_name, health: one, aside: <span className="whitespace-nowrap"><Change value={one.change} /> {one.half_width !== null && Math.abs(one.change) <= one.half_width && <span className="text-xs text-muted">{t.noise}</span>}</span> }))} />
      )}</Loaded>
    </Panel>
  );
}

function Renewals({ owner }: { owner: string | undefined }) {
  const query = useQuery(someAccounts({ sort: "renews_on", renews_after: inDays(0), renews_before: inDays(RENEWAL_DAYS), include_churned: false, limit: 8, ...(owner ? { owner } : {}) }));
  return (
    <Panel title={t.renewals} aside={<Link to="/accounts" search={{ view: "renewing", renews_after: inDays(0), renews_before: inDays(RENEWAL_DAYS), include_churned: false, sort: "renews_on", ...(owner ? { owner } : {}) }} className="text-accent underline">{words.nav.accounts}</Link>}>
      <Loaded query={query}>{(data) => (
        <Rows none={t.noRenewals} rows={data.items.map((one) => ({ id: one.external_id, name: one.name, health: one.health, aside: <span className="text-right whitespace-nowrap text-muted">{day(one.renews_on)} · {money(one.arr, one.currency)}{one.churn && <span className={one.churn.probability >= 0.5 ? "font-medium text-bad" : ""}> · {share(one.churn.probability)}</span>}</span> }))} />
      )}</Loaded>
    </Panel>
  );
}

function Wins({ owner }: { owner: string | undefined }) {
  const query = useQuery(wins(owner));
  return (
    <Panel title={t.wins}>
      <Loaded query={query}>{({ items }) => items.length === 0 ? <Empty>{t.noWins}</Empty> : (
        <ul className="divide-y divide-line">{items.map((one) => (
          <li key={`${one.account}${one.at}`}><Link to="/accounts/$id" params={{ id: one.account }} className="block rounded px-1 py-2 hover:bg-accent-ground">
            <span className="flex justify-between gap-2"><b className="truncate font-medium">{one.account_name ?? one.account}</b><span className="rounded-full bg-good-ground px-2 py-0.5 text-xs font-semibold text-good">{t.kinds[one.kind]}</span></span>
            <span className="flex justify-between gap-2 text-muted"><span className="truncate">{one.how}{one.who && ` · ${one.who}`}</span><span className="whitespace-nowrap">{money(one.arr, one.currency)} · {ago(one.at)}</span></span>
          </Link></li>
        ))}</ul>
      )}</Loaded>
    </Panel>
  );
}

function Team() {
  const query = useQuery(team);
  return (
    <Panel title={t.team} className="lg:col-span-2">
      <Loaded query={query}>{({ currency, items }) => <Table label={t.team} minWidth="44rem" rows={items} keyOf={(one) => one.member_id ?? 0} columns={[
        { name: t.member, cell: (one) => (one.email ? <Link to="/accounts" search={{ owner: one.email }} className="text-accent underline">{one.name}</Link> : <Link to="/accounts" search={{ owner: "none" }} className="text-accent underline">{t.nobody}</Link>) },
        { name: t.accounts, cell: (one) => <>{number(one.accounts)} <span className="text-muted">{money(one.arr, currency)}</span></>, right: true },
        { name: t.risk, cell: (one) => (one.at_risk ? <span className="text-bad">{number(one.at_risk)} <span className="text-muted">{money(one.arr_at_risk, currency)}</span></span> : "0"), right: true },
        { name: t.tasks, cell: (one) => number(one.open_tasks), right: true }, { name: t.overdue, cell: (one) => (one.overdue ? <b className="font-medium text-bad">{number(one.overdue)}</b> : "0"), right: true },
        { name: t.load, cell: (one) => (one.tasks_per_day ? <span className={one.due_today > one.tasks_per_day ? "font-medium text-bad" : ""}>{one.due_today} / {one.tasks_per_day}</span> : one.due_today), right: true },
      ]} />}</Loaded>
    </Panel>
  );
}

type Line = { id: string; name: string | null; health: { score: number; band: Schemas["Band"] } | null; aside: React.ReactNode };

function Rows({ rows, none }: { rows: Line[]; none: string }) {
  if (!rows.length) return <Empty>{none}</Empty>;
  return (
    <ul className="divide-y divide-line">
      {rows.map((one) => (
        <li key={one.id}>
          <Link to="/accounts/$id" params={{ id: one.id }} className="flex flex-wrap items-center justify-between gap-x-2 gap-y-1 rounded px-1 py-2 hover:bg-accent-ground">
            <span className="min-w-32 flex-1 truncate font-medium">{one.name ?? one.id}</span>
            <HealthBadge health={one.health} />
            {one.aside}
          </Link>
        </li>
      ))}
    </ul>
  );
}
