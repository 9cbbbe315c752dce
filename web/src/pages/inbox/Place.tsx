/** Why the task stands where it stands in the queue, in the order of the rule, with what is at stake. */
import { useQuery } from "@tanstack/react-query";

import { account, type Task } from "../../api/queries";
import { ago, money, share } from "../../format";
import { Panel } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.place;

export function Place({ task, at, shown }: { task: Task; at: number; shown: number }) {
  const query = useQuery(account(task.account));
  const [arr, risk] = [query.data?.arr ?? null, query.data?.churn?.probability ?? null];
  return (
    <Panel title={t.title} {...(at >= 0 ? { aside: t.rank(at + 1, shown) } : {})}>
      <p className="text-muted">{t.order}</p>
      <ul className="mt-1 list-disc space-y-1 pl-5">
        <li>{t.level(words.risk[task.risk_level])}</li>
        <li>{t.due(ago(task.due_at))}</li>
        {query.data && <li>{arr !== null && risk !== null ? t.stake(money(arr, query.data.currency), share(risk), money(arr * risk, query.data.currency)) : t.noStake}</li>}
      </ul>
    </Panel>
  );
}
