/** The queue of human work: the most urgent first, and beside it why, what to say, and what came of it. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import type { Schemas } from "../api/client";
import { tasks, type Task, type TaskFilter } from "../api/queries";
import { money } from "../format";
import { useKeys } from "../shell/keys";
import { useSession } from "../session";
import { GuardedButton } from "../ui/Guarded";
import { Button, Empty, Loaded, RiskBadge } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { late } from "../ui/late";
import { Page } from "../ui/Page";
import { desk as deskWords } from "../words/en.desk";
import { words } from "../words/en";
import { AllClear, SnoozeMany } from "./inbox/Many";
import { SlaClock } from "./inbox/SlaClock";
import { TaskPane } from "./inbox/TaskPane";

const route = getRouteApi("/inbox");
const RISKS = Object.keys(words.risk) as Schemas["RiskLevel"][];
const ORDERS = Object.keys(deskWords.place.orders) as Schemas["TaskOrder"][];
const NewTask = late(() => import("./inbox/NewTask").then((found) => found.NewTask));

export function Inbox() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/inbox" });
  const mail = useSession((own) => own.session?.member?.email ?? null);
  const mine = search.whose !== "all" && mail !== null;
  const order = search.order ?? "urgency";
  const filter: TaskFilter = {
    status: ["open", "claimed"],
    order,
    ...(mine ? { owner: mail } : {}),
    ...(RISKS.some((one) => one === search.risk) ? { risk_level: [search.risk as Schemas["RiskLevel"]] } : {}),
  };
  const query = useInfiniteQuery(tasks(filter));
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  const at = found.findIndex((task) => task.id === search.task);
  const choose = (task: Task | undefined): void => void (task && navigate({ search: (old) => ({ ...old, task: task.id }), replace: true }));
  const [writing, setWriting] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const turn = (id: number): void => setChosen((old) => (old.has(id) ? new Set([...old].filter((one) => one !== id)) : new Set([...old, id])));
  const picked = found.filter((task) => chosen.has(task.id));
  useKeys({
    c: () => setWriting(true), x: () => { const here = found[Math.max(at, 0)]; if (here) turn(here.id); },
    j: () => choose(found[Math.min(at + 1, found.length - 1)]), ArrowDown: () => choose(found[Math.min(at + 1, found.length - 1)]),
    k: () => choose(found[Math.max(at - 1, 0)]), ArrowUp: () => choose(found[Math.max(at - 1, 0)]),
  });
  return (
    <Page flush title={words.inbox.title} aside={
      <div className="flex flex-wrap items-center gap-2">
        {mail && <Button kind="quiet" onClick={() => void navigate({ search: (old) => ({ ...old, whose: mine ? "all" : undefined }) })} aria-pressed={mine}>{mine ? words.inbox.mine : words.inbox.all}</Button>}
        <select aria-label={words.inbox.filter} className={`${CONTROL} !w-auto`} value={search.risk ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, risk: event.target.value || undefined }) })}>
          <option value="">{words.inbox.filter}</option>
          {RISKS.map((one) => <option key={one} value={one}>{words.risk[one]}</option>)}
        </select>
        <select aria-label={deskWords.place.sort} className={`${CONTROL} !w-auto`} value={order} onChange={(event) => void navigate({ search: (old) => ({ ...old, order: event.target.value === "urgency" ? undefined : (event.target.value as Schemas["TaskOrder"]) }) })}>
          {ORDERS.map((one) => <option key={one} value={one}>{deskWords.place.orders[one]}</option>)}
        </select>
        <GuardedButton needs="tasks:write" title="c" onClick={() => setWriting(true)}>{deskWords.task.create}</GuardedButton>
      </div>
    }>
      <div className="grid h-full grid-cols-[minmax(0,1fr)] md:grid-cols-[22rem_minmax(0,1fr)]">
        <div className={`border-line bg-panel md:h-[calc(100dvh-3.6rem)] md:overflow-auto md:border-r ${search.task !== undefined ? "max-md:hidden" : ""}`} tabIndex={0} role="region" aria-label={words.inbox.title}>
          {picked.length > 0 && <SnoozeMany tasks={picked} done={() => setChosen(new Set())} />}
          <div className="p-2"><Loaded query={query} lines={8}>
            {() => found.length === 0 ? (search.risk ? <Empty>{words.inbox.emptyFiltered}</Empty> : <AllClear owner={mine ? mail : null} />) : <List tasks={found} chosen={search.task} choose={choose} picked={chosen} turn={turn} />}
          </Loaded>
          {query.hasNextPage && <Button kind="quiet" onClick={() => void query.fetchNextPage()}>{words.more}</Button>}</div>
        </div>
        <div className="min-w-0 p-5 max-md:p-3 md:h-[calc(100dvh-3.6rem)] md:overflow-auto">
          {search.task === undefined ? found.length > 0 && <Empty>{words.inbox.choose}</Empty>
            : <TaskPane key={search.task} id={search.task} listed={found.find((task) => task.id === search.task)} at={at} shown={found.length} order={order} back={() => void navigate({ search: (old) => ({ ...old, task: undefined }) })} next={() => choose(found[at + 1] ?? found[at - 1])} />}
        </div>
      </div>
      {writing && <NewTask close={() => setWriting(false)} />}
    </Page>
  );
}

function List({ tasks, chosen, choose, picked, turn }: { tasks: Task[]; chosen: number | undefined; choose: (task: Task) => void; picked: ReadonlySet<number>; turn: (id: number) => void }) {
  const [shown] = useState(() => Date.now());
  return (
    <ul>
      {tasks.map((task) => (
        <li key={task.id} className="flex items-start">
          <label className="inline-flex min-h-8 min-w-6 items-center justify-center pt-1"><input type="checkbox" aria-label={deskWords.inbox.select(task.title)} checked={picked.has(task.id)} onChange={() => turn(task.id)} /></label>
          <button type="button" aria-current={task.id === chosen || undefined} onClick={() => choose(task)}
            className={`min-w-0 flex-1 rounded-md px-2 py-2 text-left ${task.id === chosen ? "bg-accent-ground" : "hover:bg-ground"}`}>
            <span className="flex justify-between gap-2"><b className="truncate font-medium">{task.account_name ?? task.account}</b><RiskBadge level={task.risk_level} /></span>
            <span className="block truncate">{task.title}</span>
            <span className="flex justify-between gap-2 text-muted"><span className="truncate">{words.status[task.status]}{task.owner_name ? ` · ${task.owner_name}` : ""}</span><SlaClock due={task.due_at} since={shown} /></span>
            {task.arr_at_stake !== null && <span className="block text-xs text-muted">{deskWords.place.atStake(money(task.arr_at_stake, task.currency))}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
