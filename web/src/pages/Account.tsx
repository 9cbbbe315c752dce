/** One customer, whole: health and what moved it, what happened, who they are, what is being done. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { Problem } from "../api/client";
import { account } from "../api/queries";
import { Empty, HealthBadge, Loaded } from "../ui/bits";
import { Page } from "../ui/Page";
import { words } from "../words/en";
import { Billing, Journeys, People, Usage, Work } from "./account/lists";
import { Health } from "./account/Health";
import { Overview } from "./account/Overview";
import { Timeline } from "./account/Timeline";

const route = getRouteApi("/accounts/$id");
type Tab = keyof typeof words.account.tabs;
const TABS = Object.keys(words.account.tabs) as Tab[];

export function Account() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const tab = TABS.find((one) => one === search.tab) ?? "overview";
  const query = useQuery(account(id));
  if (query.error instanceof Problem && query.error.status === 404 && !query.data) {
    return <Page title={id}><Empty>{words.account.notFound} <Link to="/accounts" className="text-accent underline">{words.accounts.title}</Link></Empty></Page>;
  }
  return (
    <Page title={query.data?.name ?? id} aside={query.data && <span className="flex items-center gap-3"><HealthBadge health={query.data.health} /><span className="text-muted">{query.data.external_id}</span></span>}>
      <nav aria-label={query.data?.name ?? id} className="mb-4 flex gap-1 overflow-x-auto">
        {TABS.map((one) => (
          <Link key={one} to="/accounts/$id" params={{ id }} search={{ tab: one === "overview" ? undefined : one }} aria-current={one === tab ? "page" : undefined}
            className={`rounded-md px-2.5 py-1 font-medium whitespace-nowrap ${one === tab ? "bg-accent-ground text-accent" : "text-muted hover:bg-accent-ground"}`}>{words.account.tabs[one]}</Link>
        ))}
      </nav>
      <Loaded query={query} lines={12}>
        {(data) => ({
          overview: <Overview data={data} />, timeline: <Timeline id={id} />, health: <Health id={id} />, usage: <Usage data={data} />,
          people: <People data={data} />, billing: <Billing data={data} />, work: <Work data={data} />, journeys: <Journeys id={id} />,
        })[tab]}
      </Loaded>
    </Page>
  );
}
