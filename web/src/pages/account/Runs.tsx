/** Journeys of the account: where each run stands, to pause, let go on or end; and a way in by hand. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { api, body, once } from "../../api/client";
import { journeys, journeysOf } from "../../api/queries";
import { ago, moment } from "../../format";
import { Ask } from "../../ui/Ask";
import { GuardedButton } from "../../ui/Guarded";
import { Empty, Loaded, Panel } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { useSaved } from "./useSaved";

const t = deskWords.journey;
const LIVE = ["running", "paused", "held", "failed"];

export function Runs({ id }: { id: string }) {
  const query = useQuery(journeysOf(id));
  const known = useQuery(journeys);
  const [key, setKey] = useState("");
  const [ending, setEnding] = useState<number | null>(null);
  const saved = useSaved("account", "runs", "journeys", "tasks");
  const at = (run: number) => ({ params: { path: { run_id: run }, header: once() } });
  const enter = async (): Promise<void> => {
    const done = await saved(body(api.POST("/api/journeys/{key}/enter", { params: { path: { key }, header: once() }, body: { account: id, values: {} } })));
    if (done) { toast(t.entered); setKey(""); }
  };
  const end = async (): Promise<void> => {
    const run = ending as number;
    setEnding(null);
    await saved(api.POST("/api/runs/{run_id}/cancel", at(run)));
  };
  const open = known.data?.items.filter((one) => one.status === "active") ?? [];
  return (
    <Panel title={words.account.tabs.journeys} aside={
      <form className="flex flex-wrap items-center gap-2" onSubmit={(event) => { event.preventDefault(); void enter(); }}>
        <select aria-label={t.which} className={`${CONTROL} !w-auto max-w-60`} value={key} onChange={(event) => setKey(event.target.value)}><option value="">{deskWords.choose}</option>{open.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</select>
        <GuardedButton needs="journeys:operate" type="submit" disabled={!key}>{t.enter}</GuardedButton>
      </form>
    }>
      <Loaded query={query}>
        {({ items }) => items.length === 0 ? <Empty>{words.account.noJourneys}</Empty> : <Table label={words.account.tabs.journeys} minWidth="48rem" rows={items} keyOf={(one) => one.id} columns={[
          { name: t.name, cell: (one) => <Link to="/journeys/$key" params={{ key: one.journey }} search={{ tab: "runs" }} className="text-accent underline">{one.journey_name ?? one.journey}</Link> },
          { name: t.state, cell: (one) => <>{one.status}{one.reason && <span className="text-muted"> · {one.reason}</span>}</> },
          { name: t.at, cell: (one) => <>{one.steps.join(", ") || "–"}{one.due_at && LIVE.includes(one.status) && <span className="text-muted"> · {t.due} {ago(one.due_at)}</span>}</> }, { name: t.since, cell: (one) => moment(one.entered_at) },
          { name: "", cell: (one) => LIVE.includes(one.status) && <span className="flex gap-1">
            {one.status === "running" ? <GuardedButton needs="journeys:operate" onClick={() => void saved(api.POST("/api/runs/{run_id}/pause", at(one.id)))}>{t.pause}</GuardedButton> : one.status !== "failed" && <GuardedButton needs="journeys:operate" onClick={() => void saved(api.POST("/api/runs/{run_id}/resume", at(one.id)))}>{t.resume}</GuardedButton>}
            <GuardedButton needs="journeys:operate" onClick={() => setEnding(one.id)}>{t.cancel}</GuardedButton></span> },
        ]} />}
      </Loaded>
      <Ask open={ending !== null} setOpen={() => setEnding(null)} title={t.sure} go={t.cancel} confirm={() => void end()}><p>{t.sureHow}</p></Ask>
    </Panel>
  );
}
