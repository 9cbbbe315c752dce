/** What could not be accepted: why, the item as it came, mended and replayed, or thrown away. Nothing is lost either way. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { api, body, once } from "../../api/client";
import { quarantined, reasons, type Quarantined } from "../../api/settings";
import { useWrite } from "../../api/write";
import { ago, moment, number } from "../../format";
import { Ask } from "../../ui/Ask";
import { Button, Empty, Failure, Loaded } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const route = getRouteApi("/settings");
const said = officeWords.quarantine;

export function Quarantine() {
  const { reason } = route.useSearch();
  const navigate = useNavigate({ from: "/settings" });
  const why = useQuery(reasons);
  const query = useInfiniteQuery(quarantined(reason));
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [item, setItem] = useState<Quarantined | null>(null);
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  const filter = (code: string | undefined): void => { setChosen(new Set()); void navigate({ search: (old) => ({ ...old, reason: code }), replace: true }); };
  return (
    <>
      <ReadOnly needs="quarantine:write" />
      <p className="max-w-prose text-muted">{said.intro}</p>
      <div className="flex flex-wrap gap-1" role="group" aria-label={said.reason}>
        <Button kind="quiet" aria-pressed={!reason} className={reason ? "" : "!bg-accent-ground !text-accent"} onClick={() => filter(undefined)}>{said.all}</Button>
        {why.data?.items.map((one) => <Button key={one.reason_code} kind="quiet" aria-pressed={one.reason_code === reason} className={one.reason_code === reason ? "!bg-accent-ground !text-accent" : ""} onClick={() => filter(one.reason_code)}>{one.reason_code} <b>{number(one.waiting)}</b></Button>)}
      </div>
      <Loaded query={query} lines={8}>{() => (found.length === 0 ? <Empty>{said.none}</Empty> : <List items={found} chosen={chosen} choose={setChosen} open={setItem} />)}</Loaded>
      <div className="flex flex-wrap items-center gap-2">
        {query.hasNextPage && <Button onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
        {chosen.size > 0 && <Bulk ids={[...chosen]} done={() => setChosen(new Set())} />}
      </div>
      {item && <Item item={item} close={() => setItem(null)} />}
    </>
  );
}

function List({ items, chosen, choose, open }: { items: Quarantined[]; chosen: ReadonlySet<number>; choose: (ids: ReadonlySet<number>) => void; open: (item: Quarantined) => void }) {
  const turn = (id: number): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  return (
    <Table label={officeWords.settings.tabs.quarantine} rows={items} keyOf={(row) => row.id} minWidth="48rem" columns={[
      { name: said.choose, cell: (row) => <label className="flex min-h-6 min-w-6 items-center"><input type="checkbox" className="size-4" aria-label={`${said.choose} #${row.id}`} checked={chosen.has(row.id)} onChange={() => turn(row.id)} /></label> },
      { name: said.reason, cell: (row) => <><code className="text-xs">{row.reason_code}</code><br />{row.reason}</> },
      { name: said.item, cell: (row) => <button type="button" className="block max-w-md truncate text-left font-mono text-xs text-accent underline" onClick={() => open(row)}>{row.item}</button> },
      { name: said.source, cell: (row) => row.source },
      { name: said.received, cell: (row) => <span className="whitespace-nowrap" title={moment(row.received_at)}>{ago(row.received_at)}</span> },
    ]} />
  );
}

const TOPICS = ["quarantine", "status"] as const;

function Bulk({ ids, done }: { ids: number[]; done: () => void }) {
  const [asking, setAsking] = useState(false);
  const replay = useWrite(() => body(api.POST("/api/quarantine/replay", { params: { header: once() }, body: { ids, fixed: {} } })), { topics: TOPICS, said: (told) => said.replayed(told.settled), done, loud: true });
  const discard = useWrite(() => body(api.POST("/api/quarantine/discard", { params: { header: once() }, body: { ids } })), { topics: TOPICS, said: (told) => said.discarded(told.settled), done: () => { setAsking(false); done(); } });
  return (
    <>
      <span className="text-muted">{said.chosen(ids.length)}</span>
      <GuardedButton needs="quarantine:write" disabled={replay.isPending} onClick={() => replay.mutate()}>{said.replay}</GuardedButton>
      <GuardedButton needs="quarantine:write" onClick={() => setAsking(true)}>{said.discard}</GuardedButton>
      <Ask open={asking} setOpen={setAsking} title={said.discardTitle(ids.length)} go={said.discard} busy={discard.isPending} confirm={() => discard.mutate()}><p>{said.discardHow}</p>{discard.error && <Failure error={discard.error} />}</Ask>
    </>
  );
}

/** JSON drawn over lines to be read; anything else as it came. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Item({ item, close }: { item: Quarantined; close: () => void }) {
  const [text, setText] = useState(() => readable(item.item));
  const path = { params: { path: { item_id: item.id }, header: once() } };
  const isMended = text !== readable(item.item);
  const replay = useWrite(() => body(api.POST("/api/quarantine/{item_id}/replay", { ...path, body: isMended ? { item: text } : {} })), { topics: TOPICS, said: said.replayed(1), done: close });
  const discard = useWrite(() => body(api.POST("/api/quarantine/{item_id}/discard", path)), { topics: TOPICS, said: said.discarded(1), done: close });
  const error = replay.error ?? discard.error;
  return (
    <Modal open setOpen={close} title={`${said.item} #${item.id}`}>
      <div className="space-y-3">
        <p className="rounded-md bg-watch-ground p-2 text-watch">{item.reason}</p>
        <Field label={said.mend} hint={said.mendHow}><textarea rows={14} spellCheck={false} className={`${CONTROL} font-mono text-xs`} value={text} onChange={(event) => setText(event.target.value)} /></Field>
        {error && <Failure error={error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <GuardedButton needs="quarantine:write" disabled={discard.isPending} onClick={() => discard.mutate()}>{said.discard}</GuardedButton>
          <GuardedButton needs="quarantine:write" kind="primary" disabled={replay.isPending} onClick={() => replay.mutate()}>{isMended ? said.replayMended : said.replay}</GuardedButton>
        </div>
      </div>
    </Modal>
  );
}
