/** A task written by hand, from the inbox or from an account; taken back for eight seconds. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { api, body, once, type Schemas } from "../../api/client";
import { members } from "../../api/queries";
import { AccountPicker } from "../../ui/AccountPicker";
import { Button } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.task;

export function NewTask({ account, close }: { account?: string; close: () => void }) {
  const people = useQuery(members);
  const client = useQueryClient();
  const [form, setForm] = useState<{ account: string; title: string; text: string; risk_level: Schemas["RiskLevel"]; owner: string; due: string }>({ account: account ?? "", title: "", text: "", risk_level: "medium", owner: "", due: "" });
  const [fault, setFault] = useState<string | null>(null);
  const refresh = (): void => ["tasks", "account", "accounts"].forEach((topic) => void client.invalidateQueries({ queryKey: [topic] }));
  async function make(): Promise<void> {
    try {
      const made = await body(api.POST("/api/tasks", { params: { header: once() }, body: { account: form.account, title: form.title.trim(), text: form.text.trim() || null, risk_level: form.risk_level, owner: form.owner || null, due_at: form.due ? new Date(form.due).toISOString() : null } }));
      toast(t.made, { action: { label: words.undo, onClick: () => void api.POST("/api/tasks/{task_id}/cancel", { params: { path: { task_id: made.id }, header: once() }, body: { reason: words.undo } }).then(refresh) } });
      refresh();
      close();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  }
  const set = (part: Partial<typeof form>): void => setForm((old) => ({ ...old, ...part }));
  return (
    <Modal open setOpen={close} title={t.create}>
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); void make(); }}>
        {account === undefined && <AccountPicker autoFocus label={t.account} value={form.account} choose={(id) => set({ account: id })} />}
        <Field label={t.title}><input autoFocus={account !== undefined} required maxLength={300} value={form.title} onChange={(event) => set({ title: event.target.value })} /></Field>
        <Field label={t.text}><textarea rows={3} value={form.text} onChange={(event) => set({ text: event.target.value })} /></Field>
        <Field label={t.risk}><select value={form.risk_level} onChange={(event) => set({ risk_level: event.target.value as Schemas["RiskLevel"] })}>{(Object.keys(words.risk) as Schemas["RiskLevel"][]).map((one) => <option key={one} value={one}>{words.risk[one]}</option>)}</select></Field>
        <Field label={t.owner}><select value={form.owner} onChange={(event) => set({ owner: event.target.value })}><option value="">{t.ownerOfAccount}</option>{people.data?.items.filter((one) => one.disabled_at === null).map((one) => <option key={one.id} value={one.email}>{one.name}</option>)}</select></Field>
        <Field label={t.due}><input type="datetime-local" value={form.due} onChange={(event) => set({ due: event.target.value })} /></Field>
        {fault && <p role="alert" className="text-bad">{fault}</p>}
        <div className="flex justify-end gap-2"><Button onClick={close}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={!form.title.trim() || !form.account}>{t.make}</Button></div>
      </form>
    </Modal>
  );
}
