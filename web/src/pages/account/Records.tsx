/** What support and billing say of the account, row by row, and the people there. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { invoices, people, tickets } from "../../api/desk";
import { ago, day, money, moment, number } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { FeedNote } from "./FeedNote";

type Of = { data: Schemas["AccountView"] };

export function Tickets({ data }: Of) {
  const [onlyOpen, setOnlyOpen] = useState(false);
  const query = useQuery(tickets(data.external_id, onlyOpen));
  const t = deskWords.ticketTable;
  return (
    <>
      <FeedNote data={data} feed="tickets" />
      <Panel title={t.summary} aside={<Button kind="quiet" aria-pressed={onlyOpen} onClick={() => setOnlyOpen(!onlyOpen)}>{onlyOpen ? t.all : t.onlyOpen}</Button>}>
        <p className="mb-3 text-muted"><b className="text-text">{data.tickets.open}</b> {t.open} · <b className="text-text">{data.tickets.escalated}</b> {t.escalated} · <b className="text-text">{data.tickets.opened_30d}</b> {t.d30}{data.tickets.csat_90d !== null && <> · {t.csat} <b className="text-text">{number(data.tickets.csat_90d)}</b>/5</>}</p>
        <Loaded query={query} lines={6}>{({ items }) => items.length === 0 ? <Empty>{t.none}</Empty> : <Table label={t.summary} minWidth="44rem" rows={items} keyOf={(one) => one.external_id} columns={[
          { name: t.subject, cell: (one) => <>{one.subject ?? one.external_id} {one.escalated_at && <span className="text-bad">▲ {t.escalated}</span>}</> }, { name: t.priority, cell: (one) => one.priority ?? "–" },
          { name: t.opened, cell: (one) => moment(one.opened_at) }, { name: t.answered, cell: (one) => moment(one.first_response_at) }, { name: t.closed, cell: (one) => (one.closed_at ? moment(one.closed_at) : <b className="font-medium text-watch">{t.open}</b>) }, { name: t.csat, cell: (one) => one.csat ?? "–", right: true },
        ]} />}</Loaded>
      </Panel>
    </>
  );
}

export function Billing({ data }: Of) {
  const query = useQuery(invoices(data.external_id));
  const t = deskWords.money;
  return (
    <div className="space-y-4">
      <FeedNote data={data} feed="billing" />
      <Panel title={t.subscriptions}>{data.subscriptions.length === 0 ? <Empty>{words.account.noMoney}</Empty> : <Table label={t.subscriptions} minWidth="40rem" rows={data.subscriptions} keyOf={(one) => one.external_id} columns={[
        { name: t.product, cell: (one) => one.plan ?? one.product ?? one.external_id }, { name: t.seats, cell: (one) => (one.seats === null ? "–" : number(one.seats)), right: true }, { name: t.mrr, cell: (one) => money(one.mrr, one.currency), right: true },
        { name: t.started, cell: (one) => day(one.started_on) }, { name: t.ended, cell: (one) => day(one.ended_on) }, { name: t.renews, cell: (one) => day(one.renews_on) },
      ]} />}</Panel>
      <Panel title={t.invoices} aside={<><b className="text-text">{data.invoices.unpaid}</b> {t.unpaid}{data.invoices.overdue > 0 && <span className="text-bad"> · {data.invoices.overdue} {t.status["overdue"]}, {money(data.invoices.overdue_amount, data.currency)}</span>}</>}>
        <Loaded query={query} lines={6}>{({ items }) => items.length === 0 ? <Empty>{t.none}</Empty> : <Table label={t.invoices} minWidth="40rem" rows={items} keyOf={(one) => one.external_id} columns={[
          { name: t.invoice, cell: (one) => one.external_id }, { name: t.amount, cell: (one) => money(one.amount, one.currency ?? data.currency), right: true }, { name: t.issued, cell: (one) => day(one.issued_on) }, { name: t.due, cell: (one) => day(one.due_on) }, { name: t.paid, cell: (one) => day(one.paid_on) },
          { name: t.state, cell: (one) => <span className={one.status === "overdue" ? "font-medium text-bad" : one.status === "paid_late" ? "text-watch" : ""}>{t.status[one.status]}{one.days_late !== null && `, ${t.late(number(one.days_late))}`}</span> },
        ]} />}</Loaded>
      </Panel>
    </div>
  );
}

type Person = Schemas["PersonShape"];

export function People({ data }: Of) {
  const query = useQuery(people(data.external_id));
  const t = deskWords.people;
  return (
    <>
      <FeedNote data={data} feed="interactions" />
      <Panel title={words.account.tabs.people}>
        <Loaded query={query} lines={6}>{({ items }) => items.length === 0 ? <Empty>{words.account.noPeople}</Empty> : <Table label={words.account.tabs.people} minWidth="52rem" rows={items} keyOf={(one) => one.id} columns={[
          { name: t.name, cell: (one) => <><b className="font-medium">{one.name ?? one.external_id}</b><br /><span className="text-muted">{one.title} {one.email}</span></> },
          { name: t.role, cell: (one) => <>{[one.is_sponsor && words.account.sponsor, one.is_champion && words.account.champion].filter(Boolean).join(", ")}{one.left_on && <span className="text-bad"> {words.account.left} {day(one.left_on)}</span>}</> },
          { name: t.contact, cell: (one) => (one.last_contact_at ? <>{ago(one.last_contact_at)} <span className="text-muted">{t.channel} {one.last_contact_channel}</span></> : <span className="text-muted">{t.never}</span>) },
          { name: t.message, cell: (one) => (one.last_message_at ? ago(one.last_message_at) : <span className="text-muted">{t.never}</span>) }, { name: t.consent, cell: (one) => <Consent one={one} /> },
        ]} />}</Loaded>
      </Panel>
    </>
  );
}

function Consent({ one }: { one: Person }) {
  const t = deskWords.people;
  if (one.suppressed) return <span className="text-bad">{t.suppressed}{one.suppressed}</span>;
  if (!one.consents.length) return <>{t.yes}</>;
  return <ul>{one.consents.map((each) => <li key={`${each.channel}${each.purpose}`} className={each.is_given ? "" : "text-bad"}>{each.channel}, {each.purpose}: {each.is_given ? t.given : t.refused} <span className="text-muted">{day(each.at)}</span></li>)}</ul>;
}
