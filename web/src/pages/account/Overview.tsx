/** The first look at an account. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { healthHistory } from "../../api/queries";
import { day, money, moment, number, share } from "../../format";
import { Change, Facts, Loaded, Panel } from "../../ui/bits";
import { Bar, HealthChart } from "../../ui/chart";
import { words } from "../../words/en";
import { NextBest } from "./NextBest";
import { Outlook } from "./Outlook";

const HISTORY_DAYS = 90;
type View = Schemas["AccountView"];

export function Overview({ data }: { data: View }) {
  const [since] = useState(() => new Date(Math.floor(Date.now() / 86_400_000 - HISTORY_DAYS) * 86_400_000).toISOString());
  const query = useQuery(healthHistory(data.external_id, since));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-[2fr_1fr]">
      <div className="min-w-0 space-y-4">
        <Panel title={words.account.healthOver} aside={data.health && `${words.account.confidence} ${share(data.health.confidence)}`}>
          <Loaded query={query} lines={8}>{(history) => <HealthChart history={history} />}</Loaded>
        </Panel>
        <Panel title={words.account.why}><Why data={data} /></Panel>
      </div>
      <div className="space-y-4">
        <Outlook id={data.external_id} readiness={data.readiness} />
        <NextBest data={data} />
        <Panel title={words.account.facts}>
          <Facts rows={[
            [words.account.arr, money(data.arr, data.currency)], [words.account.plan, data.plan ?? "–"], [words.account.seats, data.seats === null ? "–" : number(data.seats)],
            [words.account.renewal, day(data.renews_on)], [words.account.owner, data.owner_name ?? data.owner ?? words.account.nobody], [words.account.since, day(data.customer_since)],
            [words.account.industry, data.industry ?? "–"], [words.account.country, data.country ?? "–"],
            [words.account.tickets, `${data.tickets.open} ${words.account.open}, ${data.tickets.escalated} ${words.account.escalated}`],
            ...(data.churned_on ? [[words.account.churned, day(data.churned_on)] as [string, string]] : []),
          ]} />
        </Panel>
        <Panel title={words.account.sources}>
          <Facts rows={data.feeds.map((one) => [words.feed[one.feed], <span key={one.feed} className={one.stale_since ? "text-watch" : ""}>{words.feedState[one.status] ?? one.status}{one.stale_since ? ` ${moment(one.stale_since)}` : one.last_at ? ` · ${moment(one.last_at)}` : ""}</span>])} />
        </Panel>
      </div>
    </div>
  );
}

function Why({ data }: { data: View }) {
  if (!data.health) return <p className="text-muted">{words.noHealth}</p>;
  return (
    <>
      <div className="space-y-2">
        {data.health.contributions.map((one) => (
          <div key={one.dimension} className="grid grid-cols-[9rem_3rem_1fr_2.5rem] items-center gap-3 max-sm:grid-cols-[7rem_1fr_2.5rem]">
            <span>{one.name}</span><span className="text-muted max-sm:hidden">{share(one.weight)}</span><Bar value={one.value} />
            <b className="text-right font-semibold">{one.value === null ? <span className="font-normal text-muted">{words.account.missing}</span> : Math.round(one.value)}</b>
          </div>
        ))}
      </div>
      <p className="mt-3 flex gap-4 text-muted">{data.health.trends.map((one) => <span key={one.days}>{one.days} d <Change value={one.change} /></span>)}</p>
    </>
  );
}
