/** One customer, whole: health and what moved it, what happened, who they are, what is being done. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import { Problem } from "../api/client";
import { account, accounts } from "../api/queries";
import { number } from "../format";
import { useKeys } from "../shell/keys";
import { GuardedButton } from "../ui/Guarded";
import { Button, Empty, HealthBadge, Loaded, Skeleton } from "../ui/bits";
import { Page } from "../ui/Page";
import { desk as deskWords } from "../words/en.desk";
import { words } from "../words/en";
import { Overview } from "./account/Overview";
import { Timeline } from "./account/Timeline";
import { walkOf } from "./accounts/walk";
import { NewTask } from "./inbox/NewTask";

const Health = lazy(() => import("./account/Health").then((m) => ({ default: m.Health })));
const UsageTab = lazy(() => import("./account/UsageTab").then((m) => ({ default: m.UsageTab })));
const Tickets = lazy(() => import("./account/Records").then((m) => ({ default: m.Tickets })));
const Billing = lazy(() => import("./account/Records").then((m) => ({ default: m.Billing })));
const People = lazy(() => import("./account/Records").then((m) => ({ default: m.People })));
const Runs = lazy(() => import("./account/Runs").then((m) => ({ default: m.Runs })));
const Ahead = lazy(() => import("./account/Ahead").then((m) => ({ default: m.Ahead })));
const Work = lazy(() => import("./account/Work").then((m) => ({ default: m.Work })));
const Notes = lazy(() => import("./account/Notes").then((m) => ({ default: m.Notes })));

const route = getRouteApi("/accounts/$id");
type Tab = keyof typeof words.account.tabs;
const TABS = Object.keys(words.account.tabs) as Tab[];

export function Account() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/accounts/$id" });
  const tab = TABS.find((one) => one === search.tab) ?? "overview";
  const query = useQuery(account(id));
  const [writing, setWriting] = useState(false);
  useKeys({ c: () => setWriting(true) });
  if (query.error instanceof Problem && query.error.status === 404 && !query.data) {
    return <Page title={id}><Empty>{words.account.notFound} <Link to="/accounts" className="text-accent underline">{words.accounts.title}</Link></Empty></Page>;
  }
  const kinds = search.kinds?.split(",") ?? [];
  return (
    <Page title={query.data?.name ?? id} aside={
      <span className="flex flex-wrap items-center gap-3 max-md:min-h-18 max-md:basis-full max-md:content-start">{/* as high before the account is there */}
        {query.data && <><HealthBadge health={query.data.health} /><span className="text-muted">{query.data.external_id}</span></>}
        <Walk id={id} tab={search.tab} />
        <GuardedButton needs="tasks:write" title="c" onClick={() => setWriting(true)}>{deskWords.task.create}</GuardedButton>
      </span>
    }>
      <nav aria-label={query.data?.name ?? id} className="mb-4 flex gap-1 overflow-x-auto">
        {TABS.map((one) => (
          <Link key={one} to="/accounts/$id" params={{ id }} search={{ tab: one === "overview" ? undefined : one }} aria-current={one === tab ? "page" : undefined}
            className={`rounded-md px-2.5 py-1 font-medium whitespace-nowrap ${one === tab ? "bg-accent-ground text-accent" : "text-muted hover:bg-accent-ground"}`}>{words.account.tabs[one]}</Link>
        ))}
      </nav>
      <Loaded query={query} lines={12}>
        {(data) => (
          <Suspense fallback={<Skeleton lines={10} />}>{({
            overview: <Overview data={data} />, health: <Health id={id} />, usage: <UsageTab data={data} />, tickets: <Tickets data={data} />, billing: <Billing data={data} />, people: <People data={data} />,
            timeline: <Timeline id={id} kinds={kinds} choose={(next) => void navigate({ search: (old) => ({ ...old, kinds: next.length ? next.join(",") : undefined }), replace: true })} />,
            journeys: <Runs id={id} />, outlook: <Ahead id={id} />, work: <Work data={data} />, notes: <Notes id={id} />,
          })[tab]}</Suspense>
        )}
      </Loaded>
      {writing && <NewTask account={id} close={() => setWriting(false)} />}
    </Page>
  );
}

/** J and K go on along the list that one came from, in its order. */
function Walk({ id, tab }: { id: string; tab: string | undefined }) {
  const [filter] = useState(walkOf);
  const navigate = useNavigate();
  const list = useInfiniteQuery(accounts(filter));
  const ids = list.data?.pages.flatMap((page) => page.items.map((one) => one.external_id)) ?? [];
  const at = ids.indexOf(id);
  const go = async (step: number): Promise<void> => {
    let known = ids;
    if (step > 0 && at === known.length - 1 && list.hasNextPage) known = (await list.fetchNextPage()).data?.pages.flatMap((page) => page.items.map((one) => one.external_id)) ?? known;
    const next = known[at + step];
    if (at >= 0 && next !== undefined) await navigate({ to: "/accounts/$id", params: { id: next }, search: { tab } });
  };
  useKeys({ J: () => void go(1), K: () => void go(-1) });
  if (at < 0) return null;
  const t = deskWords.walk;
  return (
    <span className="flex items-center gap-1 text-muted">
      <Button kind="quiet" aria-label={t.previous} title="K" disabled={at === 0} onClick={() => void go(-1)}>↑</Button>
      <span>{t.place(number(at + 1), `${number(ids.length)}${list.hasNextPage ? "+" : ""}`)}</span>
      <Button kind="quiet" aria-label={t.next} title="J" disabled={at === ids.length - 1 && !list.hasNextPage} onClick={() => void go(1)}>↓</Button>
    </span>
  );
}
