/** Every trigger: what it asks, how often it fired, how right it was, how early, what learning moved; pause, resume, copy, new. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { toast } from "../ui/toast";

import { api, body } from "../api/client";
import { learned, moves, triggers, type Learned, type MoveShape, type TriggerItem } from "../api/triggers";
import { useWrite } from "../api/write";
import { StateBadge } from "../documents/DocumentBar";
import { NewDocument } from "../documents/NewDocument";
import { ago, number, share } from "../format";
import { may } from "../session";
import { Empty, Loaded, RiskBadge } from "../ui/bits";
import { GuardedButton } from "../ui/Guarded";
import { Page } from "../ui/Page";
import { Table, type TableColumn } from "../ui/Table";
import { triggers as triggerWords } from "../words/en.triggers";
import { words } from "../words/en";

const UNDO = 8_000;

export function Triggers() {
  const query = useQuery(triggers);
  const told = useQuery(learned);
  const moved = useQuery(moves());
  const [making, setMaking] = useState(false);
  const navigate = useNavigate();
  const items = query.data?.items ?? [];
  const taken = useMemo(() => new Set(items.map((one) => one.key)), [items]);
  const learnedOf = (key: string) => told.data?.items.find((one) => one.trigger === key && one.segment === "");
  const movedOf = (key: string) => moved.data?.items.find((one) => one.trigger === key && one.undone_at === null);
  const columns: TableColumn<TriggerItem>[] = [
    { name: triggerWords.columns.name, cell: (one) => <Named item={one} /> },
    { name: triggerWords.columns.state, cell: (one) => <StateBadge state={!one.live ? "draft" : one.is_paused ? "paused" : one.draft ? "changed" : "published"} version={(one.live ?? one.draft)?.version} /> },
    { name: triggerWords.columns.fired, right: true, cell: (one) => number(one.fired_30d) },
    { name: triggerWords.columns.open, right: true, cell: (one) => number(one.open_signals) },
    { name: triggerWords.columns.precision, cell: (one) => <Precision learned={learnedOf(one.key)} /> },
    { name: triggerWords.columns.lead, cell: (one) => <Lead item={one} /> },
    { name: triggerWords.columns.learned, cell: (one) => <Learning learned={learnedOf(one.key)} move={movedOf(one.key)} /> },
    { name: triggerWords.columns.act, cell: (one) => <Switch item={one} /> },
  ];
  return (
    <Page title={triggerWords.title} aside={<GuardedButton kind="primary" needs="triggers:write" onClick={() => setMaking(true)}>{triggerWords.create}</GuardedButton>}>
      <Loaded query={query} lines={8}>
        {(page) => page.items.length === 0 ? <Empty>{triggerWords.none} {triggerWords.how}</Empty> : <Table label={triggerWords.title} columns={columns} rows={page.items} keyOf={(one) => one.key} minWidth="68rem" />}
      </Loaded>
      <NewDocument open={making} setOpen={setMaking} title={triggerWords.newTitle} copies={items} taken={taken}
        go={({ key, name, from }) => void navigate({ to: "/triggers/$key", params: { key }, search: { name, from } })} />
    </Page>
  );
}

const Named = ({ item }: { item: TriggerItem }) => (
  <div className="max-w-md">
    <span className="flex flex-wrap items-center gap-2"><Link to="/triggers/$key" params={{ key: item.key }} className="inline-block min-h-6 font-medium text-accent underline">{item.name}</Link><RiskBadge level={item.risk_level} /></span>
    <code className="block text-xs break-words text-muted">{item.condition_text}</code>
  </div>
);

function Precision({ learned: found }: { learned: Learned | undefined }) {
  if (!found) return <span className="text-muted">–</span>;
  const judged = found.precision.hits + found.precision.misses;
  if (judged < 0.5) return <span className="text-muted">{triggerWords.unjudged(share(found.target))}</span>;
  return <><b className="font-semibold">{share(found.precision.mean)}</b> <span className="block text-xs text-muted">{triggerWords.ofJudged(number(judged), share(found.precision.low), share(found.precision.high))}</span></>;
}

function Lead({ item: { key, last_backtest: last } }: { item: TriggerItem }) {
  if (!last) return <Link to="/triggers/$key" params={{ key }} search={{ tab: "backtest" }} className="inline-block min-h-6 text-accent underline">{triggerWords.noLead}</Link>;
  return <>{last.lead_days === null ? "–" : triggerWords.leadDays(number(last.lead_days))}<span className="block text-xs text-muted">{triggerWords.backtested(ago(last.at))}</span></>;
}

function Learning({ learned: found, move }: { learned: Learned | undefined; move: MoveShape | undefined }) {
  const suggests = found && found.suggestion.move !== "stay" ? triggerWords.suggests[found.suggestion.move] : null;
  if (!move && !suggests) return <span className="text-muted">–</span>;
  return (
    <>
      {move && <span className="block">{move.threshold_before !== null && move.threshold_after !== null ? triggerWords.moved(number(move.threshold_before), number(move.threshold_after)) : move.kind} <span className="text-muted">{ago(move.at)}</span></span>}
      {suggests && <span className="block text-watch">{suggests}</span>}
    </>
  );
}

function Switch({ item }: { item: TriggerItem }) {
  const turn = useWrite(
    (way: "pause" | "resume") => {
      const path = { params: { path: { key: item.key } } };
      return body(way === "pause" ? api.POST("/api/triggers/{key}/pause", path) : api.POST("/api/triggers/{key}/resume", path));
    },
    { topics: ["triggers"], loud: true },
  );
  if (!item.live) return null;
  const way = item.is_paused ? "resume" : "pause";
  const back = item.is_paused ? "pause" : "resume";
  const said = words.documents[way === "pause" ? "paused" : "resumed"];
  return (
    <GuardedButton needs="triggers:publish" disabled={turn.isPending} aria-label={`${words.documents[way]}: ${item.name}`}
      onClick={() => turn.mutate(way, { onSuccess: () => toast.success(`${said}: ${item.name}`, { duration: UNDO, action: { label: words.undo, onClick: () => may("triggers:publish") && turn.mutate(back) } }) })}>{words.documents[way]}</GuardedButton>
  );
}
