/** Many tasks laid aside at once, each with its own answer; and what to say when nothing is left. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast";

import { api, body, once } from "../../api/client";
import type { Task } from "../../api/queries";
import { ago, number } from "../../format";
import { may } from "../../session";
import { Empty } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { NoCustomers, useNobody } from "../../ui/NoCustomers";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.inbox;

/** Nine in the morning, some days from now, where the reader is. */
export function until(days: number): string {
  const at = new Date();
  at.setDate(at.getDate() + days);
  at.setHours(9, 0, 0, 0);
  return at.toISOString();
}

export function SnoozeMany({ tasks, done }: { tasks: Task[]; done: () => void }) {
  const client = useQueryClient();
  const refresh = (): void => void client.invalidateQueries({ queryKey: ["tasks"] });
  const each = (some: Task[], call: (task: Task) => Promise<unknown>): Promise<PromiseSettledResult<unknown>[]> => Promise.allSettled(some.map(call));
  async function snooze(days: number): Promise<void> {
    const to = until(days);
    const ends = await each(tasks, (task) => api.POST("/api/tasks/{task_id}/snooze", { params: { path: { task_id: task.id }, header: { ...once(), "If-Match": `"${task.revision}"` } }, body: { until: to, reason: "" } }));
    const went = tasks.filter((_task, place) => ends[place]?.status === "fulfilled");
    const undo = (): void => void each(went, (task) => api.POST("/api/tasks/{task_id}/undo", { params: { path: { task_id: task.id }, header: once() } })).then(refresh);
    if (went.length) toast(t.snoozed(number(went.length)), { action: { label: words.undo, onClick: undo } });
    if (went.length < tasks.length) toast.error(t.failed(number(tasks.length - went.length)));
    done();
    refresh();
  }
  const choices: [string, number][] = [[words.inbox.tomorrow, 1], [words.inbox.days3, 3], [words.inbox.week, 7]];
  return (
    <div className="sticky top-0 z-10 border-b border-line bg-accent-ground p-2">
      <select aria-label={t.snoozeAll(number(tasks.length))} disabled={!may("tasks:write")} title={may("tasks:write") ? undefined : words.forbidden("tasks:write")} className={CONTROL} value="" onChange={(event) => void snooze(Number(event.target.value))}>
        <option value="" disabled>{t.snoozeAll(number(tasks.length))}</option>
        {choices.map(([name, days]) => <option key={days} value={days}>{name}</option>)}
      </select>
    </div>
  );
}

/** Nothing is open; what comes back next is told. */
export function AllClear({ owner }: { owner: string | null }) {
  const nobody = useNobody();
  const query = useQuery({ queryKey: ["tasks", "laid aside", owner], queryFn: () => body(api.GET("/api/tasks", { params: { query: { status: ["snoozed"], limit: 200, ...(owner ? { owner } : {}) } } })) });
  const next = query.data?.items.filter((one) => one.snoozed_until !== null).sort((a, b) => (a.snoozed_until as string).localeCompare(b.snoozed_until as string))[0];
  if (nobody) return <NoCustomers>{t.noCustomers}</NoCustomers>;
  return <Empty>{next ? `${t.next} ${next.title}, ${t.until} ${ago(next.snoozed_until as string)}` : words.inbox.empty}</Empty>;
}
