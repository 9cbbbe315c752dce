/** The text as a customer's contact would read it, by the server's own hand; values that this customer does not have are named. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { rendered, type Template } from "../../api/messages";
import { someAccounts } from "../../api/queries";
import { useWrite } from "../../api/write";
import { useSettled } from "../../ui/settled";
import { useSession } from "../../session";
import { AccountPicker } from "../../ui/AccountPicker";
import { Empty, Failure, Panel, Skeleton } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { GuardedButton } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.messages;
const TO = ["sponsor", "champion", "active_users", "all"] as const;

export function Preview({ id, text }: { id: string; text: Template }) {
  const first = useQuery(someAccounts({ limit: 1 }));
  const [chosen, setChosen] = useState<string | null>(null);
  const [to, setTo] = useState<(typeof TO)[number]>("sponsor");
  const account = chosen ?? first.data?.items[0]?.external_id;
  const document = useSettled(text);
  if (first.isSuccess && account === undefined) return <Panel title={said.preview}><Empty>{words.today.empty}</Empty></Panel>;
  return (
    <Panel title={said.preview}>
      <div className="mb-3 grid gap-3 sm:grid-cols-[1fr_10rem]">
        <AccountPicker label={said.asCustomer} value={account ?? ""} choose={setChosen} />
        <Field label={said.to}><select value={to} onChange={(event) => setTo(event.target.value as (typeof TO)[number])}>{TO.map((one) => <option key={one} value={one}>{said.parts[one]}</option>)}</select></Field>
      </div>
      {account ? <Shown id={id} ask={{ account, to, document, evidence: [] }} /> : <Skeleton />}
    </Panel>
  );
}

function Shown({ id, ask }: { id: string; ask: Schemas["RenderAsk"] }) {
  const query = useQuery(rendered(id, ask));
  const mail = useSession((own) => own.session?.member?.email ?? null);
  const send = useWrite(() => body(api.POST("/api/templates/{key}/test-send", { params: { path: { key: id } }, body: ask })), { topics: ["effects", "messages"], said: (told) => said.sentTo(told.to), loud: true });
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Skeleton />;
  const { subject, text, html, to, missing } = query.data;
  return (
    <div aria-live="polite" className={query.isPlaceholderData ? "opacity-60" : ""}>
      <p className="text-muted">{to ? said.reaches(ask.account, to) : said.reachesNobody(ask.account)}</p>
      {missing.length > 0 && <p className="mt-2 rounded-md bg-watch-ground p-2 text-watch">{said.missing} {missing.map((name) => <code key={name} className="mr-1">{name}</code>)}</p>}
      <p className="mt-3 border-b border-line pb-2 font-semibold">{subject || <span className="text-muted">{said.noSubject}</span>}</p>
      <div className="pt-2 whitespace-pre-wrap">{text}</div>
      <details className="mt-3">
        <summary className="min-h-6 cursor-pointer text-accent">{said.asHtml}</summary>
        <iframe sandbox="" title={said.asHtml} className="mt-2 h-72 w-full rounded-md border border-line bg-white" srcDoc={`<body style="font:14px sans-serif;color:#14161f">${html}</body>`} />
      </details>
      <GuardedButton className="mt-3" needs="config:write" disabled={send.isPending || mail === null} title={mail === null ? said.noAddress : undefined} onClick={() => send.mutate()}>{said.sendToMe}</GuardedButton>
    </div>
  );
}
