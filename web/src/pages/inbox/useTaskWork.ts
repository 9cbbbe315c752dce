/** What a person does with a task: seen at once, taken back when the server refuses, undone for eight seconds. */
import { useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast";

import { api, body, once, Problem } from "../../api/client";
import type { Task } from "../../api/queries";
import { words } from "../../words/en";

export type Verdict = keyof typeof words.verdict;

export function useTaskWork(task: Task | undefined) {
  const client = useQueryClient();
  const key = ["tasks", "one", task?.id];

  const refresh = (): void => {
    void client.invalidateQueries({ queryKey: ["tasks"] });
    void client.invalidateQueries({ queryKey: ["account", task?.account] });
    void client.invalidateQueries({ queryKey: ["status"] });
  };

  async function change(shown: Partial<Task>, call: (headers: Record<string, string>) => Promise<Task>, undo?: string, owner?: number | null): Promise<boolean> {
    if (!task) return false;
    client.setQueryData<Task>(key, { ...task, ...shown });
    try {
      client.setQueryData<Task>(key, await call({ ...once(), "If-Match": `"${task.revision}"` }));
      if (undo && owner !== null) toast(undo, { action: { label: words.undo, onClick: () => void takeBack(owner) } });
      return true;
    } catch (error) {
      client.setQueryData<Task>(key, task);
      const conflict = error instanceof Problem && error.status === 409;
      toast.error(conflict ? `${words.inbox.conflict} ${error.message}` : error instanceof Error ? error.message : String(error));
      await client.invalidateQueries({ queryKey: key });
      return false;
    } finally {
      refresh();
    }
  }

  async function takeBack(owner: number | undefined): Promise<void> {
    if (!task) return;
    try {
      const at = { params: { path: { task_id: task.id }, header: once() } };
      client.setQueryData<Task>(key, await body(owner === undefined ? api.POST("/api/tasks/{task_id}/undo", at) : api.POST("/api/tasks/{task_id}/reassign", { ...at, body: { member_id: owner } })));
      // a task that was taken up before it was laid aside is taken up again
      if (task.status === "claimed" && owner === undefined && task.owner_id !== null) client.setQueryData<Task>(key, await body(api.POST("/api/tasks/{task_id}/claim", { params: { path: { task_id: task.id }, header: once() }, body: { member_id: task.owner_id } })));
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    }
    refresh();
  }

  const path = { task_id: task?.id ?? 0 };
  return {
    claim: () => change({ status: "claimed" }, (header) => body(api.POST("/api/tasks/{task_id}/claim", { params: { path, header } }))),
    complete: (outcome: string, note: string | null, draft: { subject: string | null; text: string | null }) =>
      change({ status: "done", outcome }, (header) => body(api.POST("/api/tasks/{task_id}/complete", { params: { path, header }, body: { outcome, note, ...draft } })), words.inbox.done),
    snooze: (until: string) =>
      change({ status: "snoozed", snoozed_until: until }, (header) => body(api.POST("/api/tasks/{task_id}/snooze", { params: { path, header }, body: { until, reason: "" } })), words.status.snoozed),
    reassign: (memberId: number) =>
      change({}, (header) => body(api.POST("/api/tasks/{task_id}/reassign", { params: { path, header }, body: { member_id: memberId } })), words.inbox.reassign.replace("…", ""), task?.owner_id ?? null),
    saveDraft: (subject: string, text: string) =>
      change({}, (header) => body(api.PUT("/api/tasks/{task_id}/draft", { params: { path, header }, body: { subject, text } }))),
    judge: async (verdict: Verdict): Promise<void> => {
      try {
        await body(api.POST("/api/tasks/{task_id}/feedback", { params: { path, header: once() }, body: { verdict } }));
        toast(words.inbox.said);
      } catch (error) {
        toast.error(error instanceof Error ? error.message : String(error));
      }
    },
  };
}
