/** The plain lists of an account: measures, people, money, work, journeys. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Schemas } from "../../api/client";
import { journeysOf } from "../../api/queries";
import { ago, day, money, moment, number } from "../../format";
import { Empty, Evidence, Loaded, Panel, RiskBadge } from "../../ui/bits";
import { words } from "../../words/en";

type Of = { data: Schemas["AccountView"] };

function Rows({ label, rows }: { label: string; rows: [string | number, ReactNode[]][] }) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-left"><tbody>
        {rows.map(([key, cells]) => <tr key={key} className="border-t border-line first:border-0">{cells.map((cell, place) => (place === 0 ? <th key={place} scope="row" className="py-1.5 pr-4 font-medium">{cell}</th> : <td key={place} className="py-1.5 pr-4">{cell}</td>))}</tr>)}
      </tbody></table>
    </div>
  );
}

export function Usage({ data }: Of) {
  return <Panel title={words.account.tabs.usage}><Rows label={words.account.tabs.usage} rows={data.measures.map((one) => [one.key, [<span key="n" title={one.description}>{one.label}</span>, one.value === null ? <span key="v" className="text-muted">{words.account.missing}</span> : `${number(one.value)} ${one.unit}`]])} /></Panel>;
}

export function People({ data }: Of) {
  if (!data.contacts.length) return <Empty>{words.account.noPeople}</Empty>;
  return (
    <Panel title={words.account.tabs.people}>
      <Rows label={words.account.tabs.people} rows={data.contacts.map((one) => [one.id, [
        one.name ?? one.external_id, one.title ?? "", one.email ?? "",
        [one.is_sponsor && words.account.sponsor, one.is_champion && words.account.champion].filter(Boolean).join(", "),
        one.left_on ? <span key="l" className="text-bad">{words.account.left} {day(one.left_on)}</span> : (one.zone ?? ""),
      ]])} />
    </Panel>
  );
}

export function Billing({ data }: Of) {
  if (!data.subscriptions.length && !data.invoices.last_issued_on) return <Empty>{words.account.noMoney}</Empty>;
  return (
    <Panel title={words.account.tabs.billing} aside={data.invoices.overdue > 0 && <span className="text-bad">{data.invoices.overdue} {words.account.overdueInvoices}, {money(data.invoices.overdue_amount, data.currency)}</span>}>
      <Rows label={words.account.tabs.billing} rows={data.subscriptions.map((one) => [one.external_id, [
        one.plan ?? one.product ?? one.external_id, one.seats === null ? "" : `${number(one.seats)} ${words.account.seats.toLowerCase()}`, one.mrr === null ? "" : `${money(one.mrr, one.currency)} MRR`,
        `${day(one.started_on)} – ${one.ended_on ? day(one.ended_on) : ""}`, one.renews_on ? `${words.account.renewal} ${day(one.renews_on)}` : "",
      ]])} />
    </Panel>
  );
}

export function Work({ data }: Of) {
  if (!data.tasks.length && !data.signals.length) return <Empty>{words.account.noWork}</Empty>;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2">
      <Panel title={words.inbox.title}>
        <Rows label={words.inbox.title} rows={data.tasks.map((one) => [one.id, [
          <Link key="t" to="/inbox" search={{ task: one.id, whose: "all" }} className="text-accent underline">{one.title}</Link>, <RiskBadge key="r" level={one.risk_level} />, words.status[one.status], ago(one.created_at),
        ]])} />
      </Panel>
      <div className="space-y-4">
        {data.signals.map((one) => <Panel key={one.id} title={one.trigger} aside={<><RiskBadge level={one.risk_level} /> {moment(one.fired_at)}</>}><Evidence items={one.evidence} /></Panel>)}
      </div>
    </div>
  );
}

export function Journeys({ id }: { id: string }) {
  const query = useQuery(journeysOf(id));
  return (
    <Loaded query={query}>
      {({ items }) => items.length === 0 ? <Empty>{words.account.noJourneys}</Empty> : (
        <Panel title={words.account.tabs.journeys}><Rows label={words.account.tabs.journeys} rows={items.map((one) => [one.id, [one.journey, `v${one.version}`, one.status, moment(one.entered_at)]])} /></Panel>
      )}
    </Loaded>
  );
}
