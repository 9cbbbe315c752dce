/** Tasks still to do and open signals with their evidence, each to be judged. */
import { Link } from "@tanstack/react-router";
import { toast } from "../../ui/toast";

import { api, once, type Schemas } from "../../api/client";
import { ago, moment } from "../../format";
import { GuardedButton } from "../../ui/Guarded";
import { Empty, Evidence, Panel, RiskBadge } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { useSaved } from "./useSaved";

type Verdict = keyof typeof words.verdict;

export function Work({ data }: { data: Schemas["AccountView"] }) {
  const saved = useSaved("signals");
  const judge = async (signal: number, verdict: Verdict): Promise<void> =>
    void ((await saved(api.POST("/api/signals/{signal_id}/feedback", { params: { path: { signal_id: signal }, header: once() }, body: { verdict } }))) && toast(deskWords.verdict.thanks));
  if (!data.tasks.length && !data.signals.length) return <Empty>{words.account.noWork}</Empty>;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-2">
      <Panel title={words.inbox.title}>
        <Table label={words.inbox.title} minWidth="26rem" rows={data.tasks} keyOf={(one) => one.id} columns={[
          { name: deskWords.task.title, cell: (one) => <Link to="/inbox" search={{ task: one.id, whose: "all" }} className="text-accent underline">{one.title}</Link> },
          { name: deskWords.task.risk, cell: (one) => <RiskBadge level={one.risk_level} /> }, { name: words.journeys.state, cell: (one) => words.status[one.status] }, { name: words.inbox.due, cell: (one) => ago(one.due_at) },
        ]} />
      </Panel>
      <div className="space-y-4">
        {data.signals.map((one) => (
          <Panel key={one.id} title={one.trigger} aside={<><RiskBadge level={one.risk_level} /> {moment(one.fired_at)}</>}>
            <Evidence items={one.evidence} />
            <p className="mt-3 mb-1 font-medium">{deskWords.verdict.title}</p>
            <div className="flex flex-wrap gap-2">{(Object.keys(words.verdict) as Verdict[]).map((verdict) => <GuardedButton key={verdict} needs="feedback:write" onClick={() => void judge(one.id, verdict)}>{words.verdict[verdict]}</GuardedButton>)}</div>
          </Panel>
        ))}
      </div>
    </div>
  );
}
