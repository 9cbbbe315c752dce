/** What was to leave: sent, waiting, skipped and why, failed, of unknown end. The address holds the filter. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";

import { effectCounts, effects, type Channel, type Effect, type EffectFilter, type Status } from "../../api/messages";
import { journeys } from "../../api/queries";
import { ago, moment, number } from "../../format";
import { Button, Empty, Loaded } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { EffectDialog } from "./EffectDialog";
import { reasonOf } from "./reasonOf";
import { Reasons } from "./Reasons";

const route = getRouteApi("/messages");
const said = officeWords.messages;
const CHANNELS = ["email", "in_app", "webhook", "task", "record", "connector"] as const;
const STATUSES = Object.keys(said.statuses) as Status[];
export const COLOURS: Record<string, string> = { sent: "text-good", pending: "text-accent", skipped: "text-muted", failed: "text-bad", unknown: "text-watch", cancelled: "text-muted" };

export function SendLog() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/messages" });
  const put = (part: Partial<typeof search>): void => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const status = STATUSES.find((one) => one === search.status);
  const channel = CHANNELS.find((one) => one === search.channel);
  const filter: EffectFilter = {
    ...(status ? { status } : {}), ...(channel ? { channel: channel as Channel } : {}), ...(search.account ? { account: search.account } : {}),
    ...(search.journey ? { journey: search.journey } : {}), ...(search.reason ? { reason: search.reason } : {}),
  };
  const query = useInfiniteQuery(effects(filter));
  const counts = useQuery(effectCounts);
  const known = useQuery(journeys);
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <div className="flex flex-wrap gap-1" role="group" aria-label={said.state}>
        <Button kind="quiet" aria-pressed={!status} className={status ? "" : "!bg-accent-ground !text-accent"} onClick={() => put({ status: undefined, reason: undefined })}>{said.everything}</Button>
        {STATUSES.map((one) => <Button key={one} kind="quiet" aria-pressed={one === status} className={one === status ? "!bg-accent-ground !text-accent" : ""} onClick={() => put({ status: one, reason: undefined })}>{said.statuses[one]} <b>{counts.data ? number(counts.data[one] ?? 0) : ""}</b></Button>)}
      </div>
      <div className="flex flex-wrap gap-2">
        <select aria-label={said.channel} className={`${CONTROL} !w-auto max-w-full`} value={channel ?? ""} onChange={(event) => put({ channel: event.target.value || undefined })}><option value="">{said.anyChannel}</option>{CHANNELS.map((one) => <option key={one} value={one}>{said.channels[one]}</option>)}</select>
        <select aria-label={said.journey} className={`${CONTROL} !w-auto max-w-full`} value={search.journey ?? ""} onChange={(event) => put({ journey: event.target.value || undefined })}><option value="">{said.anyJourney}</option>{known.data?.items.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</select>
        <form onSubmit={(event) => { event.preventDefault(); put({ account: String(new FormData(event.currentTarget).get("account") ?? "").trim() || undefined }); }}><input name="account" key={search.account ?? ""} type="search" aria-label={said.account} placeholder={said.account} defaultValue={search.account ?? ""} className={`${CONTROL} !w-44`} /></form>
        {search.reason && <Button onClick={() => put({ reason: undefined })}>{said.reason}: {search.reason} <span aria-hidden>×</span><span className="sr-only">{words.accounts.clear}</span></Button>}
      </div>
      {status && ["failed", "skipped", "unknown", "cancelled"].includes(status) && <Reasons status={status} journey={search.journey} channel={channel} chosen={search.reason} choose={(reason) => put({ reason })} />}
      <Loaded query={query} lines={8}>{() => (found.length === 0 ? <Empty>{Object.keys(filter).length > 0 ? said.noEffect : said.nothingLeft}</Empty> : <List effects={found} open={(id) => put({ effect: id })} />)}</Loaded>
      {query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
      {search.effect !== undefined && <EffectDialog id={search.effect} close={() => put({ effect: undefined })} />}
    </>
  );
}

function List({ effects: shown, open }: { effects: Effect[]; open: (id: number) => void }) {
  return (
    <Table label={said.tabs.log} rows={shown} keyOf={(row) => row.id} minWidth="60rem" columns={[
      { name: said.effect, cell: (row) => <button type="button" className="min-h-6 font-medium text-accent underline" onClick={() => open(row.id)}>#{row.id}</button> },
      { name: said.state, cell: (row) => <><span className={COLOURS[row.status]}>{said.statuses[row.status]}</span>{row.reason && <span className="block max-w-xs text-muted">{reasonOf(row.reason)}</span>}</> },
      { name: said.channel, cell: (row) => <>{said.channels[row.channel]}<span className="block text-muted">{said.purposes[row.purpose] ?? row.purpose}</span></> },
      { name: said.recipient, cell: (row) => <span className="break-all">{row.recipient}</span> },
      { name: said.account, cell: (row) => (row.account ? <Link to="/accounts/$id" params={{ id: row.account }} className="inline-block min-h-6 whitespace-nowrap text-accent underline">{row.account}</Link> : "–") },
      { name: said.journey, cell: (row) => (row.journey ? <Link to="/journeys/$key" params={{ key: row.journey }} className="inline-block min-h-6 text-accent underline">{row.journey}</Link> : "–") },
      { name: said.when, cell: (row) => <span className="whitespace-nowrap" title={moment(row.updated_at)}>{ago(row.updated_at)}</span> },
    ]} />
  );
}
