/** What a trigger would have done: the state that you see, saved or not, beside the live version; progress while it runs. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { backtests, startBacktest, type BacktestAsk, type Run } from "../../api/triggers";
import { day, number } from "../../format";
import { Button, Empty, Loaded, Panel, Skeleton } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { triggers as triggerWords } from "../../words/en.triggers";
import type { TabProps } from "../Trigger";
import { BacktestCharts } from "./BacktestCharts";
import { Figures } from "./Figures";

const PERIODS = ["30", "90", "180", "365"] as const;
const OUTCOMES = ["churned", "renewed", "expanded"] as const;
type Asked = { period: string; outcome: (typeof OUTCOMES)[number]; within: number };

export function BacktestTab({ document, body }: TabProps) {
  const client = useQueryClient();
  const { key, live, isDirty, draft } = document;
  const [asked, setAsked] = useState<Asked>({ period: "180", outcome: (body["outcome"] as Asked["outcome"] | undefined) ?? "churned", within: Number(body["within_days"] ?? 90) });
  const [chosen, setChosen] = useState<{ mine: number; live: number | null } | null>(null);
  const [starting, setStarting] = useState(false);
  const isKnown = document.kept !== null || chosen !== null;
  const query = useQuery({ ...backtests(key), enabled: isKnown });
  const differs = live !== null && (isDirty || draft !== null);
  const start = async () => {
    setStarting(true);
    const since = new Date(Date.now() - Number(asked.period) * 86_400_000).toISOString().slice(0, 10);
    const ask: BacktestAsk = { since: `${since}T00:00:00Z`, outcome: asked.outcome, within_days: asked.within };
    try {
      const beside = differs ? await startBacktest(key, false, ask) : null;
      setChosen({ mine: await startBacktest(key, true, { ...ask, document: body }), live: beside });
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    } finally {
      await client.invalidateQueries({ queryKey: ["jobs"] });
      setStarting(false);
    }
  };
  return (
    <div className="space-y-4">
      <Panel>
        <div className="flex flex-wrap items-end gap-3">
          <Choice name={triggerWords.period} value={asked.period} of={PERIODS.map((one) => [one, triggerWords.periods[one] ?? one])} choose={(period) => setAsked({ ...asked, period })} />
          <Choice name={triggerWords.outcome} value={asked.outcome} of={OUTCOMES.map((one) => [one, triggerWords.outcomes[one] ?? one])} choose={(outcome) => setAsked({ ...asked, outcome: outcome as Asked["outcome"] })} />
          <label className="block"><span className="mb-1 block font-medium">{triggerWords.within}</span><input type="number" min={1} max={365} className={`${CONTROL} !w-24`} value={asked.within || ""} onChange={(event) => setAsked({ ...asked, within: Math.trunc(Number(event.target.value)) })} /></label>
          <Button kind="primary" disabled={starting || !body["condition"] || asked.within < 1 || asked.within > 365} onClick={() => void start()}>{triggerWords.run}</Button>
        </div>
        <p className="mt-2 text-muted">{differs ? triggerWords.testsYours : triggerWords.same}</p>
      </Panel>
      {!isKnown ? <Empty>{triggerWords.noRun} {triggerWords.noRunHow}</Empty> : <Loaded query={query}>{({ items }) => <Told runs={items} chosen={chosen} liveHash={live?.hash ?? null} keptHash={(draft ?? live)?.hash ?? null} />}</Loaded>}
    </div>
  );
}

function Choice({ name, value, of, choose }: { name: string; value: string; of: [string, string][]; choose: (value: string) => void }) {
  return <label className="block"><span className="mb-1 block font-medium">{name}</span><select className={`${CONTROL} !w-auto`} value={value} onChange={(event) => choose(event.target.value)}>{of.map(([one, text]) => <option key={one} value={one}>{text}</option>)}</select></label>;
}

/** The run that was started here, else the newest of what is kept, else the newest of all; beside it the live version over the same period. */
function Told({ runs, chosen, liveHash, keptHash }: { runs: Run[]; chosen: { mine: number; live: number | null } | null; liveHash: string | null; keptHash: string | null }) {
  const byId = (id: number | null) => runs.find((one) => one.job_id === id);
  const run = chosen ? byId(chosen.mine) : (runs.find((one) => one.status === "done" && one.hash === keptHash) ?? runs.find((one) => one.status === "done"));
  if (!run) return chosen ? <Skeleton lines={6} /> : <Empty>{triggerWords.noRun} {triggerWords.noRunHow}</Empty>;
  const alike = (one: Run) => one.hash === liveHash && one.hash !== run.hash && one.since === run.since && one.until === run.until && one.outcome === run.outcome && one.within_days === run.within_days;
  const beside = chosen?.live ? byId(chosen.live) : runs.find((one) => one.status === "done" && alike(one));
  const waiting = [run, beside].find((one) => one && one.status !== "done");
  if (waiting) return <Waiting run={waiting} />;
  if (!run.report) return <Skeleton lines={6} />;
  return (
    <div className="space-y-4">
      <p className="text-muted">{triggerWords.saysPeriod(day(run.since), day(run.until), triggerWords.outcomes[run.outcome] ?? run.outcome, number(run.within_days))}{run.hash === liveHash && ` · ${triggerWords.live}`}</p>
      <Figures mine={run.report} live={beside?.report ?? null} name={run.hash === liveHash ? triggerWords.liveOne : chosen || run.hash === keptHash ? triggerWords.thisOne : triggerWords.otherOne} />
      <BacktestCharts mine={run.report} live={beside?.report ?? null} />
      {run.report.not_reconstructible.length > 0 && (
        <Panel title={triggerWords.lost}><ul className="list-disc pl-5">{run.report.not_reconstructible.map((one) => <li key={one.column}><code>{one.column}</code>: {one.reason}</li>)}</ul></Panel>
      )}
    </div>
  );
}

function Waiting({ run }: { run: Run }) {
  if (run.status === "failed" || run.status === "cancelled") return <p role="alert" className="rounded-md border border-bad bg-bad-ground p-3 text-bad"><b>{triggerWords.failed}</b> {run.error}</p>;
  const { done, total, what } = run.progress as { done?: number; total?: number; what?: string };
  return (
    <Panel>
      <p role="status">{run.status === "queued" ? triggerWords.queued : triggerWords.running} {total ? triggerWords.progress(number(done ?? 0), number(total), what ?? "") : ""}</p>
      <progress aria-label={triggerWords.running} className="mt-2 w-full" max={total ?? 1} value={total ? (done ?? 0) : undefined} />
    </Panel>
  );
}
