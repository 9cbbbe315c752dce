/** Receivers of webhooks: address and signing secret under a name that journeys and triggers use. Secrets are sealed once written. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, body } from "../../api/client";
import { workspace } from "../../api/settings";
import { useWrite } from "../../api/write";
import { Ask } from "../../ui/Ask";
import { Button, Empty, Failure, Loaded } from "../../ui/bits";
import { CopyButton } from "../../ui/Copy";
import { Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.webhooks;
type Endpoint = { key: string; url: string; secret: string };

/** A Standard Webhooks secret: 32 random bytes. */
const madeUp = (): string => `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;

export function Webhooks() {
  const query = useQuery(workspace);
  const [edited, setEdited] = useState<Endpoint | "new" | null>(null);
  return (
    <>
      <ReadOnly needs="config:write" />
      <div className="flex flex-wrap items-center justify-between gap-2"><p className="max-w-prose text-muted">{said.intro}</p><GuardedButton needs="config:write" kind="primary" onClick={() => setEdited("new")}>{said.add}</GuardedButton></div>
      <Loaded query={query}>
        {(data) => {
          const found = (data.settings["webhooks"] ?? []) as Endpoint[];
          return (
            <>
              {found.length === 0 ? <Empty>{said.none}</Empty> : (
                <Table label={officeWords.settings.tabs.webhooks} rows={found} keyOf={(row) => row.key} columns={[
                  { name: said.key, cell: (row) => <b className="font-medium">{row.key}</b> },
                  { name: said.url, cell: (row) => <span className="break-all">{row.url}</span> },
                  { name: said.secret, cell: (row) => <code>{row.secret}</code> },
                  { name: officeWords.members.actions, right: true, cell: (row) => <div className="flex justify-end gap-1"><GuardedButton needs="config:write" onClick={() => setEdited(row)} aria-label={`${said.edit}: ${row.key}`}>{said.edit}</GuardedButton><Remove one={row} all={found} /></div> },
                ]} />
              )}
              {edited !== null && <Editor one={edited === "new" ? null : edited} all={found} close={() => setEdited(null)} />}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

/** The server keeps secrets that come back as they were shown. */
const keep = (webhooks: Endpoint[]) => body(api.PATCH("/api/workspace", { body: { settings: { webhooks } } }));

function Remove({ one, all }: { one: Endpoint; all: Endpoint[] }) {
  const [asking, setAsking] = useState(false);
  const remove = useWrite(() => keep(all.filter((other) => other.key !== one.key)), { topics: ["workspace"], said: said.removed(one.key) });
  return (
    <>
      <GuardedButton needs="config:write" onClick={() => setAsking(true)} aria-label={`${said.remove}: ${one.key}`}>{said.remove}</GuardedButton>
      <Ask open={asking} setOpen={setAsking} title={said.removeTitle(one.key)} go={said.remove} busy={remove.isPending} confirm={() => remove.mutate()}><p>{said.removeHow}</p>{remove.error && <Failure error={remove.error} />}</Ask>
    </>
  );
}

function Editor({ one, all, close }: { one: Endpoint | null; all: Endpoint[]; close: () => void }) {
  const [secret, setSecret] = useState(() => one?.secret ?? madeUp());
  const save = useWrite((wanted: Endpoint) => keep([...all.filter((other) => other.key !== (one?.key ?? wanted.key)), wanted]), { topics: ["workspace"], said: said.saved, done: close });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({ key: String(form.get("key")).trim(), url: String(form.get("url")).trim(), secret: secret.trim() });
  };
  const isFresh = secret !== one?.secret;
  return (
    <Modal open setOpen={close} title={one ? said.editTitle(one.key) : said.add}>
      <form onSubmit={submit} className="space-y-3">
        <Field label={said.key} hint={said.keyHint}><input name="key" required maxLength={100} defaultValue={one?.key ?? ""} /></Field>
        <Field label={said.url}><input name="url" type="url" required maxLength={2000} placeholder="https://" defaultValue={one?.url ?? ""} /></Field>
        <Field label={said.secret} hint={isFresh ? said.secretFresh : said.secretKept}><input required value={secret} onChange={(event) => setSecret(event.target.value)} /></Field>
        <div className="flex gap-2">{isFresh && <CopyButton text={secret} />}<Button onClick={() => setSecret(madeUp())}>{said.makeUp}</Button></div>
        {save.error && <Failure error={save.error} />}
        <div className="flex justify-end gap-2"><Button onClick={close}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={save.isPending}>{words.save}</Button></div>
      </form>
    </Modal>
  );
}
