/** Every text: those that ship, those of the workspace, and which replaces which. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { shipped, templates, type Template } from "../../api/messages";
import { Empty, Loaded } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";

const route = getRouteApi("/messages");
const said = officeWords.messages;
type Row = { key: string; document: Template; state: keyof typeof said.states };
const USES = ["message", "draft", "script"] as const;

export function TemplateList() {
  const { q, use } = route.useSearch();
  const navigate = useNavigate({ from: "/messages" });
  const own = useQuery(templates);
  const ours = useQuery(shipped);
  const [making, setMaking] = useState(false);
  const rows = rowsOf(own.data?.items ?? [], ours.data?.items ?? []);
  const found = rows.filter((row) => (!use || row.document.use === use) && (!q || `${row.key} ${row.document.description} ${row.document.subject}`.toLowerCase().includes(q.toLowerCase())));
  return (
    <>
      <ReadOnly needs="config:write" />
      <div className="flex flex-wrap items-center gap-2">
        <input type="search" aria-label={said.find} placeholder={said.find} className={`${CONTROL} !w-64`} defaultValue={q ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, q: event.target.value || undefined }), replace: true })} />
        <select aria-label={said.use} className={`${CONTROL} !w-auto max-w-full`} value={use ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, use: event.target.value || undefined }), replace: true })}>
          <option value="">{said.anyUse}</option>{USES.map((one) => <option key={one} value={one}>{said.uses[one]}</option>)}
        </select>
        <span className="grow" />
        <GuardedButton needs="config:write" kind="primary" onClick={() => setMaking(true)}>{said.make}</GuardedButton>
      </div>
      <Loaded query={own}>{() => <Loaded query={ours}>{() => (found.length === 0 ? <Empty>{said.noTemplate}</Empty> : (
        <Table label={said.tabs.templates} rows={found} keyOf={(row) => row.key} minWidth="44rem" columns={[
          { name: said.template, cell: (row) => <><Link to="/messages/$key" params={{ key: row.key }} className="inline-block min-h-6 font-medium text-accent underline">{row.key}</Link><span className="block text-muted">{row.document.description}</span></> },
          { name: said.subject, cell: (row) => row.document.subject || <span className="text-muted">–</span> },
          { name: said.use, cell: (row) => <span className="whitespace-nowrap">{said.uses[row.document.use ?? "message"]}</span> },
          { name: said.state, cell: (row) => <span className={`whitespace-nowrap ${row.state === "draft" || row.state === "changed" ? "text-watch" : row.state === "shipped" ? "text-muted" : "text-good"}`}>{said.states[row.state]}</span> },
        ]} />
      ))}</Loaded>}</Loaded>
      {making && <NewTemplate taken={new Set(rows.map((row) => row.key))} close={() => setMaking(false)} go={(key) => void navigate({ to: "/messages/$key", params: { key }, search: { own: true } })} />}
    </>
  );
}

type Pair = { key: string; live: { body: unknown } | null; draft: { body: unknown } | null };

function rowsOf(own: Pair[], ours: { key: string; body: Template }[]): Row[] {
  const mine = own.map(({ key, live, draft }): Row => ({ key, document: (draft ?? live)?.body as Template, state: live ? (draft ? "changed" : "own") : "draft" }));
  const known = new Set(mine.map((row) => row.key));
  return [...mine, ...ours.filter((one) => !known.has(one.key)).map((one): Row => ({ key: one.key, document: one.body, state: "shipped" }))].sort((a, b) => a.key.localeCompare(b.key));
}

function NewTemplate({ taken, close, go }: { taken: ReadonlySet<string>; close: () => void; go: (key: string) => void }) {
  const [key, setKey] = useState("");
  return (
    <Modal open setOpen={close} title={said.make}>
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); go(key); }}>
        <Field label={said.key} hint={taken.has(key) ? said.keyTaken : said.keyHint}><input required autoFocus maxLength={120} pattern="[a-z0-9][a-z0-9\/_\-]*" value={key} onChange={(event) => setKey(event.target.value)} /></Field>
        <div className="flex justify-end"><GuardedButton needs="config:write" kind="primary" type="submit" disabled={taken.has(key)}>{said.make}</GuardedButton></div>
      </form>
    </Modal>
  );
}
