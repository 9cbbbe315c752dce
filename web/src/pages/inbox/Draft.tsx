/** The drafted message: corrected, kept, and sent through the ledger; what would become of it is asked first and said. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { toast } from "../../ui/toast";

import { api, body, once, type Schemas } from "../../api/client";
import { people, sendings } from "../../api/desk";
import type { Task } from "../../api/queries";
import { moment } from "../../format";
import { useSession } from "../../session";
import { GuardedButton } from "../../ui/Guarded";
import { Button, Panel } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

export type DraftText = { to: string; subject: string; text: string };
const t = deskWords.send;

export function draftOf(task: Task): DraftText {
  const told = task.draft as { to?: unknown; subject?: unknown; body?: unknown; text?: unknown };
  const text = told.text ?? told.body;
  const to = typeof told.to === "string" ? told.to : ((told.to as { email?: string } | null)?.email ?? "");
  return { to, subject: typeof told.subject === "string" ? told.subject : "", text: typeof text === "string" ? text : "" };
}

/** A refusal's word in words; 'suppressed: bounced' keeps what stands behind the colon. */
const why = (reason: string): string => t.why[reason] ?? t.why[reason.split(":")[0] ?? ""] ?? reason.replaceAll("_", " ");

export function Draft({ task, draft, change, save }: { task: Task; draft: DraftText; change: (draft: DraftText) => void; save: (() => void) | undefined }) {
  const kept = draftOf(task);
  const hasDraft = Object.keys(task.draft).length > 0;
  const changed = kept.subject !== draft.subject || kept.text !== draft.text;
  const member = useSession((own) => own.session?.member ?? null);
  const query = useQuery(people(task.account));
  const able = query.data?.items.filter((one) => one.email && !one.left_on) ?? [];
  const [picked, setPicked] = useState<string | null>(null);
  const to = picked ?? able.find((one) => one.email?.toLowerCase() === draft.to.toLowerCase())?.external_id ?? "";
  const ready = to !== "" && draft.subject.trim() !== "" && draft.text.trim() !== "";
  const client = useQueryClient();
  const message = { to, subject: draft.subject, text: draft.text };
  const path = { task_id: task.id };
  const foreseen = useQuery({
    queryKey: ["effects", "foreseen", task.id, to], enabled: save !== undefined && member !== null && ready, staleTime: 30_000, retry: false,
    queryFn: () => body(api.POST("/api/tasks/{task_id}/send", { params: { path, query: { preview: true } }, body: message })),
  });
  const refresh = (): void => ["effects", "tasks", "messages", "account"].forEach((topic) => void client.invalidateQueries({ queryKey: [topic] }));
  async function send(): Promise<void> {
    try {
      const done = await body(api.POST("/api/tasks/{task_id}/send", { params: { path, header: once() }, body: message }));
      const back = (): void => void api.POST("/api/tasks/{task_id}/sendings/{request_id}/take-back", { params: { path: { ...path, request_id: done.id as number }, header: once() } })
        .catch((error: unknown) => toast.error(error instanceof Error ? error.message : String(error))).finally(refresh);
      toast(t.sent, { action: { label: words.undo, onClick: back } });
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    }
    refresh();
  }
  return (
    <Panel title={words.inbox.draft} aside={!hasDraft && t.template}>
      <div className="space-y-2">
        <Field label={t.to}><select value={to} disabled={!save} onChange={(event) => setPicked(event.target.value)}>
          <option value="">{t.choose}</option>
          {able.map((one) => <option key={one.external_id} value={one.external_id}>{one.name ?? one.external_id}{one.is_sponsor ? ` (${words.account.sponsor})` : one.is_champion ? ` (${words.account.champion})` : ""} · {one.email}</option>)}
        </select></Field>
        <Field label={words.inbox.subject}><input value={draft.subject} maxLength={200} readOnly={!save} onChange={(event) => change({ ...draft, subject: event.target.value })} /></Field>
        <Field label={words.inbox.message}><textarea rows={8} value={draft.text} readOnly={!save} onChange={(event) => change({ ...draft, text: event.target.value })} /></Field>
        {save && (
          <>
            <p aria-live="polite" className={foreseen.data?.never ? "text-bad" : foreseen.data?.not_before ? "text-watch" : "text-muted"}>{member === null ? t.needs : foreseen.isError ? foreseen.error.message : !ready ? "" : foreseen.data ? outlook(foreseen.data) : t.check}</p>
            <div className="flex flex-wrap gap-2">
              <GuardedButton needs="tasks:write" kind="primary" disabled={!ready || member === null || foreseen.data?.never != null} onClick={() => void send()}>{t.go}</GuardedButton>
              {hasDraft && <Button disabled={!changed} onClick={save}>{words.inbox.saveDraft}</Button>}
            </div>
          </>
        )}
        <Sendings task={task} />
      </div>
    </Panel>
  );
}

function outlook(told: Schemas["SendShape"]): string {
  if (told.never) return t.never(why(told.never));
  return told.not_before ? t.waits(why(told.reason), moment(told.not_before)) : t.goes(told.to ?? "");
}

function Sendings({ task }: { task: Task }) {
  const query = useQuery(sendings(task.id));
  const items = query.data?.items ?? [];
  const waits = items.some((one) => one.status === "asked");
  useEffect(() => {
    if (!waits) return; // it leaves the grace without a word of the stream: look once when that is over
    const look = window.setTimeout(() => void query.refetch(), 11_000);
    return () => window.clearTimeout(look);
  }, [waits, query.dataUpdatedAt]);
  if (!items.length) return null;
  return (
    <div className="border-t border-line pt-2">
      <p className="font-medium">{t.sendings}</p>
      <ul aria-live="polite">{items.map((one) => <li key={one.id}>{one.subject} · <b className={one.status === "sent" ? "text-good" : one.status === "skipped" || one.status === "failed" ? "text-bad" : "text-watch"}>{t.state[one.status] ?? one.status}</b> <span className="text-muted">{one.recipient} {one.sent_by} {moment(one.updated_at ?? one.created_at)}{one.reason && one.status !== "sent" && ` · ${why(one.reason)}`}</span></li>)}</ul>
    </div>
  );
}
