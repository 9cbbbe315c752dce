/** Why the task stands where it stands in the queue, in the order that was chosen, with what is at stake. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client";
import { account, type Task } from "../../api/queries";
import { ago, money, share } from "../../format";
import { Panel } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.place;

export function Place({ task, at, shown, order }: { task: Task; at: number; shown: number; order: Schemas["TaskOrder"] }) {
  const query = useQuery(account(task.account));
  const [arr, risk] = [query.data?.arr ?? null, query.data?.churn?.probability ?? null];
  const reasons: Record<Schemas["TaskOrder"], string[]> = {
    urgency: [t.level(words.risk[task.risk_level]), t.due(ago(task.due_at))],
    stake: [...(task.arr_at_stake === null ? [] : [t.most(money(task.arr_at_stake, task.currency))]), t.due(ago(task.due_at))],
    due: [t.dueOnly(ago(task.due_at))],
  };
  return (
    <Panel title={t.title} {...(at >= 0 ? { aside: t.rank(at + 1, shown) } : {})}>
      <p className="text-muted">{t.rule[order]}</p>
      <ul className="mt-1 list-disc space-y-1 pl-5">
        {reasons[order].map((one) => <li key={one}>{one}</li>)}
        {query.data && <li>{arr !== null && risk !== null ? t.stake(money(arr, query.data.currency), share(risk), money(arr * risk, query.data.currency)) : t.noStake}</li>}
      </ul>
    </Panel>
  );
}
