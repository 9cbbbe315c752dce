/** What came of tasks of the same signal at other accounts: rates, and the latest that ended well. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { similar } from "../../api/desk";
import type { Task } from "../../api/queries";
import { ago, number } from "../../format";
import { Loaded, Panel } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.similar;

export function Similar({ task }: { task: Task }) {
  const query = useQuery({ ...similar(task.id), staleTime: 60_000 });
  return (
    <Panel title={t.title}>
      <Loaded query={query} lines={3}>
        {(told) => told.total === 0 ? <p className="text-muted">{t.none}</p> : (
          <div className="space-y-2">
            <p>{t.total(number(told.good), number(told.total))} {told.median_hours !== null && t.hours(number(told.median_hours))} {told.with_message > 0 && t.message(number(told.with_message_good), number(told.with_message))}</p>
            <ul className="space-y-1">{told.outcomes.map((one) => (
              <li key={one.outcome} className="grid grid-cols-[9rem_1fr_2.5rem] items-center gap-2"><span className="truncate">{words.outcome[one.outcome] ?? one.outcome}</span>
                <span aria-hidden className="block h-2 overflow-hidden rounded-full bg-ground"><span className="block h-full" style={{ width: `${(100 * one.count) / told.total}%`, background: one.is_good ? "var(--good)" : "var(--strong-line)" }} /></span><b className="text-right font-semibold">{number(one.count)}</b></li>
            ))}</ul>
            {told.effect && <p className="text-muted">{t.caution} {told.effect}</p>}
            {told.saves.length > 0 && <><p className="font-medium">{t.saves}</p><ul className="space-y-1">{told.saves.map((one) => (
              <li key={one.id}><Link to="/accounts/$id" params={{ id: one.account }} className="text-accent underline">{one.account_name ?? one.account}</Link>: <b>{words.outcome[one.outcome] ?? one.outcome}</b> <span className="text-muted">{ago(one.done_at)}{one.who && ` · ${one.who}`}{one.messages > 0 && ` · ${t.sent(one.messages)}`}</span>{one.note && <span className="block text-muted">“{one.note}”</span>}</li>
            ))}</ul></>}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
