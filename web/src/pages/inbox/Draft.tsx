/** The drafted message, to be corrected before a person sends it by finishing the task. */
import type { Task } from "../../api/queries";
import { Button, Panel } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { words } from "../../words/en";

export type DraftText = { to: string; subject: string; text: string };

export function draftOf(task: Task): DraftText | null {
  const told = task.draft as { to?: unknown; subject?: unknown; body?: unknown; text?: unknown };
  const text = told.text ?? told.body;
  if (typeof text !== "string") return null;
  const to = typeof told.to === "string" ? told.to : ((told.to as { email?: string; name?: string } | null)?.email ?? "");
  return { to, subject: typeof told.subject === "string" ? told.subject : "", text };
}

export function Draft({ task, draft, change, save }: { task: Task; draft: DraftText; change: (draft: DraftText) => void; save: (() => void) | undefined }) {
  const kept = draftOf(task);
  const changed = kept?.subject !== draft.subject || kept.text !== draft.text;
  return (
    <Panel title={words.inbox.draft} aside={draft.to && `${words.inbox.to} ${draft.to}`}>
      <div className="space-y-2">
        <Field label={words.inbox.subject}><input value={draft.subject} readOnly={!save} onChange={(event) => change({ ...draft, subject: event.target.value })} /></Field>
        <Field label={words.inbox.message}><textarea rows={8} value={draft.text} readOnly={!save} onChange={(event) => change({ ...draft, text: event.target.value })} /></Field>
        {save && <Button disabled={!changed} onClick={save}>{words.inbox.saveDraft}</Button>}
      </div>
    </Panel>
  );
}
