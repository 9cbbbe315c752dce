/** What people wrote down about the account: written, changed, deleted with undo; a little Markdown, drawn as text and links only. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { api, body, once, Problem } from "../../api/client";
import { notes, type Note } from "../../api/desk";
import { ago, moment } from "../../format";
import { may } from "../../session";
import { GuardedButton } from "../../ui/Guarded";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { Marked } from "./Marked";
import { useSaved } from "./useSaved";

const t = deskWords.note;

export function Notes({ id }: { id: string }) {
  const query = useQuery(notes(id));
  const [text, setText] = useState("");
  const saved = useSaved("notes");
  const path = { external_id: id };
  const write = async (): Promise<void> => {
    const made = await saved(body(api.POST("/api/accounts/{external_id}/notes", { params: { path, header: once() }, body: { text: text.trim() } })));
    if (made) setText("");
  };
  return (
    <Panel title={t.title}>
      <form className="mb-4 space-y-2" onSubmit={(event) => { event.preventDefault(); void write(); }}>
        <textarea aria-label={t.write} placeholder={t.write} rows={3} disabled={!may("accounts:write")} className={CONTROL} value={text} onChange={(event) => setText(event.target.value)} />
        <div className="flex flex-wrap items-center justify-between gap-2"><span className="text-xs text-muted">{t.hint}</span><GuardedButton needs="accounts:write" kind="primary" type="submit" disabled={!text.trim()}>{t.keep}</GuardedButton></div>
      </form>
      <Loaded query={query} lines={4}>{({ items }) => items.length === 0 ? <Empty>{t.empty}</Empty> : <ul className="divide-y divide-line">{items.map((one) => <One key={one.id} id={id} note={one} />)}</ul>}</Loaded>
    </Panel>
  );
}

function One({ id, note }: { id: string; note: Note }) {
  const [draft, setDraft] = useState<string | null>(null);
  const [theirs, setTheirs] = useState(false);
  const client = useQueryClient();
  const saved = useSaved("notes");
  const path = { external_id: id, note_id: note.id };
  async function change(): Promise<void> {
    try {
      await api.PUT("/api/accounts/{external_id}/notes/{note_id}", { params: { path, header: { "If-Match": `"${note.revision}"` } }, body: { text: (draft ?? "").trim() } });
      setDraft(null);
      setTheirs(false);
    } catch (error) {
      if (error instanceof Problem && error.status === 412) setTheirs(true);
      else toast.error(error instanceof Error ? error.message : String(error));
    }
    void client.invalidateQueries({ queryKey: ["notes"] });
  }
  async function remove(): Promise<void> {
    const done = await saved(api.DELETE("/api/accounts/{external_id}/notes/{note_id}", { params: { path } }));
    if (done) toast(t.deleted, { action: { label: words.undo, onClick: () => void saved(api.POST("/api/accounts/{external_id}/notes/{note_id}/restore", { params: { path, header: once() } })) } });
  }
  return (
    <li className="py-3">
      <p className="mb-1 flex flex-wrap items-center gap-2 text-muted"><b className="text-text">{note.author_name ?? words.unknown}</b> <time dateTime={note.created_at} title={moment(note.created_at)}>{ago(note.created_at)}</time>{note.revision > 1 && ` · ${t.changed} ${ago(note.updated_at)}`}
        {note.is_mine && draft === null && <span className="ml-auto flex gap-1"><GuardedButton needs="accounts:write" kind="quiet" onClick={() => setDraft(note.text)}>{t.edit}</GuardedButton><GuardedButton needs="accounts:write" kind="quiet" onClick={() => void remove()}>{t.remove}</GuardedButton></span>}</p>
      {draft === null ? <Marked text={note.text} /> : (
        <form className="space-y-2" onSubmit={(event) => { event.preventDefault(); void change(); }}>
          {theirs && <div role="alert" className="rounded-md bg-watch-ground p-2 text-watch"><p>{t.conflict}</p><p className="mt-1 font-medium">{t.theirs}</p><Marked text={note.text} /></div>}
          <textarea autoFocus aria-label={t.edit} rows={4} className={CONTROL} value={draft} onChange={(event) => setDraft(event.target.value)} />
          <div className="flex justify-end gap-2"><Button onClick={() => { setDraft(null); setTheirs(false); }}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={!draft.trim()}>{t.keep}</Button></div>
        </form>
      )}
    </li>
  );
}
