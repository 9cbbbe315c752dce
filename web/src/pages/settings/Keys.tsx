/** Keys: write keys for what collects, management keys for what manages. A secret is shown once, in the answer that makes it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { keys, roles, type Key } from "../../api/settings";
import { useWrite } from "../../api/write";
import { ago, day } from "../../format";
import { may } from "../../session";
import { Ask } from "../../ui/Ask";
import { Button, Empty, Failure, Loaded } from "../../ui/bits";
import { Secret } from "../../ui/Copy";
import { Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.keys;

export function Keys() {
  const query = useQuery({ ...keys, enabled: may("keys:admin") });
  const [making, setMaking] = useState(false);
  const [old, setOld] = useState(false);
  if (!may("keys:admin")) return <ReadOnly needs="keys:admin" />;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="max-w-prose text-muted">{said.intro}</p>
        <Button kind="primary" onClick={() => setMaking(true)}>{said.make}</Button>
      </div>
      <Loaded query={query}>
        {({ items }) => {
          const shown = items.filter((one) => old || !one.revoked_at);
          return (
            <>
              {shown.length === 0 ? <Empty>{said.none}</Empty> : <List keys={shown} />}
              <label className="flex items-center gap-2"><input type="checkbox" className="size-4" checked={old} onChange={(event) => setOld(event.target.checked)} /> {said.showRevoked}</label>
            </>
          );
        }}
      </Loaded>
      {making && <MakeKey close={() => setMaking(false)} />}
    </>
  );
}

function List({ keys: shown }: { keys: Key[] }) {
  return (
    <Table label={officeWords.settings.tabs.keys} rows={shown} keyOf={(row) => row.id} minWidth="48rem" columns={[
      { name: said.name, cell: (row) => <><b className="font-medium">{row.name}</b><br /><code className="text-xs text-muted">{row.prefix}…</code></> },
      { name: said.kind, cell: (row) => said.kinds[row.kind] },
      { name: said.scopes, cell: (row) => (row.kind === "write" ? <span className="text-muted">{said.writeOnly}</span> : row.scopes.includes("*") ? said.everything : <span className="break-words">{row.scopes.join(", ")}</span>) },
      { name: said.lastUsed, cell: (row) => <span className="whitespace-nowrap">{row.last_used_at ? ago(row.last_used_at) : said.never}</span> },
      { name: said.madeAt, cell: (row) => <span className="whitespace-nowrap">{day(row.created_at)}</span> },
      { name: officeWords.members.actions, right: true, cell: (row) => (row.revoked_at ? <span className="text-bad">{said.revoked}</span> : <Revoke one={row} />) },
    ]} />
  );
}

function Revoke({ one }: { one: Key }) {
  const [asking, setAsking] = useState(false);
  const revoke = useWrite(() => api.DELETE("/api/keys/{key_id}", { params: { path: { key_id: one.id } } }), { topics: ["keys"], said: said.wasRevoked(one.name), done: () => setAsking(false) });
  return (
    <>
      <GuardedButton needs="keys:admin" onClick={() => setAsking(true)} aria-label={`${said.revoke}: ${one.name}`}>{said.revoke}</GuardedButton>
      <Ask open={asking} setOpen={setAsking} title={said.revokeTitle(one.name)} go={said.revoke} busy={revoke.isPending} confirm={() => revoke.mutate()}>
        <p>{said.revokeHow}</p>{one.last_used_at && <p>{said.lastUsed}: {ago(one.last_used_at)}</p>}
        {revoke.error && <Failure error={revoke.error} />}
      </Ask>
    </>
  );
}

function MakeKey({ close }: { close: () => void }) {
  const [kind, setKind] = useState<Schemas["KeyKind"]>("write");
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const { data } = useQuery(roles);
  const every = data?.items[0]?.permissions as string[] | undefined;
  const make = useWrite(() => body(api.POST("/api/keys", { body: { kind, name: name.trim(), scopes: kind === "write" ? [] : scopes } })), { topics: ["keys"] });
  if (make.data) return <Modal open setOpen={close} title={said.made(make.data.name)}><div className="space-y-3"><Secret secret={make.data.secret} hint={said.shownOnce} /><div className="flex justify-end"><Button kind="primary" onClick={close}>{words.frame.done}</Button></div></div></Modal>;
  return (
    <Modal open setOpen={close} title={said.make}>
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); make.mutate(); }}>
        <Field label={said.name} hint={said.nameHint}><input required maxLength={200} autoFocus value={name} onChange={(event) => setName(event.target.value)} /></Field>
        <Field label={said.kind}><select value={kind} onChange={(event) => setKind(event.target.value as Schemas["KeyKind"])}>{(["write", "management"] as const).map((one) => <option key={one} value={one}>{said.kinds[one]} – {said.kindMeaning[one]}</option>)}</select></Field>
        {kind === "management" && (
          <fieldset>
            <legend className="mb-1 font-medium">{said.scopes}</legend>
            <label className="flex min-h-6 items-center gap-2"><input type="checkbox" className="size-4" checked={scopes.includes("*")} onChange={(event) => setScopes(event.target.checked ? ["*"] : [])} /> {said.everything}</label>
            {!scopes.includes("*") && <div className="mt-1 grid max-h-56 overflow-auto rounded-md border border-line p-2 sm:grid-cols-2" tabIndex={0} role="group" aria-label={said.scopes}>
              {every?.map((one) => <label key={one} className="flex min-h-6 items-center gap-2"><input type="checkbox" className="size-4" checked={scopes.includes(one)} onChange={(event) => setScopes(event.target.checked ? [...scopes, one] : scopes.filter((other) => other !== one))} /> {one}</label>)}
            </div>}
          </fieldset>
        )}
        {make.error && <Failure error={make.error} />}
        <div className="flex justify-end gap-2"><Button onClick={close}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={make.isPending || (kind === "management" && !scopes.length)}>{said.make}</Button></div>
      </form>
    </Modal>
  );
}
