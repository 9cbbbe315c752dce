/** What customer success comes to: numbers with what is behind them, interventions, the team, renewals, and whether health was right. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { impact } from "../api/insights";
import { Button } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { NoCustomers, useNobody } from "../ui/NoCustomers";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { insights as words } from "../words/en.insights";
import { Audit } from "./insights/Audit";
import { Behind } from "./insights/Behind";
import { Interventions } from "./insights/Interventions";
import { Kpis } from "./insights/Kpis";
import { CHOICES, periodOf, USUAL } from "./insights/period";
import { Pipeline } from "./insights/Pipeline";
import { Team } from "./insights/Team";

const route = getRouteApi("/insights");
const TABS = Object.entries(words.tabs).map(([key, name]) => ({ key, name }));

export function Insights() {
  const search = route.useSearch();
  const tab = TABS.some((one) => one.key === search.tab) ? (search.tab as keyof typeof words.tabs) : "kpis";
  const period = periodOf(search);
  const nobody = useNobody();
  const currency = useQuery(impact).data?.currency ?? null;
  return (
    <Page flush title={words.title} aside={tab === "pipeline" ? undefined : <Choose />}>
      <Tabs tabs={TABS} at={tab} label={words.title} />
      <div className="mx-auto w-full max-w-7xl p-5 max-md:p-3">
        {nobody && <NoCustomers>{words.noCustomers}</NoCustomers>}
        {tab === "kpis" && (search.kpi ? <Behind key={search.kpi} name={search.kpi} side={search.side ?? "counted"} period={period} currency={currency} /> : <Kpis period={period} currency={currency} />)}
        {tab === "interventions" && <Interventions period={period} />}
        {tab === "team" && <Team period={period} currency={currency} />}
        {tab === "pipeline" && <Pipeline />}
        {tab === "audit" && <Audit period={period} missed={search.missed ?? false} />}
      </div>
    </Page>
  );
}

/** The period lives in the address, so a link shows a colleague the same. */
function Choose() {
  const { days, since, until } = route.useSearch();
  const navigate = useNavigate({ from: "/insights" });
  const [own, setOwn] = useState(since !== undefined);
  const [from, setFrom] = useState(since ?? "");
  const [to, setTo] = useState(until ?? "");
  const choose = (value: string): void => {
    setOwn(value === "own");
    if (value !== "own") void navigate({ search: (old) => ({ ...old, since: undefined, until: undefined, days: Number(value) === USUAL ? undefined : Number(value) }) });
  };
  return (
    <form className="flex flex-wrap items-center gap-2" onSubmit={(event) => { event.preventDefault(); void navigate({ search: (old) => ({ ...old, days: undefined, since: from || undefined, until: to || undefined }) }); }}>
      <select aria-label={words.period} className={`${CONTROL} !w-auto`} value={own ? "own" : String(days ?? USUAL)} onChange={(event) => choose(event.target.value)}>
        {[...new Set([...CHOICES, days ?? USUAL])].sort((a, b) => a - b).map((one) => <option key={one} value={one}>{words.days(one)}</option>)}
        <option value="own">{words.custom}</option>
      </select>
      {own && <>
        <input type="date" aria-label={words.from} className={`${CONTROL} !w-auto`} value={from} max={to || undefined} onChange={(event) => setFrom(event.target.value)} />
        <input type="date" aria-label={words.to} className={`${CONTROL} !w-auto`} value={to} min={from || undefined} onChange={(event) => setTo(event.target.value)} />
        <Button type="submit" disabled={!from}>{words.show}</Button>
      </>}
    </form>
  );
}
