/** Who may not be written to: addresses that are shut for good, and what a contact allowed and refused. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";

import { api, body, type Schemas } from "../../api/client";
import { consents, contacts, suppressions, type Channel } from "../../api/messages";
import { useWrite } from "../../api/write";
import { useSettled } from "../../ui/settled";
import { day } from "../../format";
import { Ask } from "../../ui/Ask";
import { Button, Empty, Failure, Loaded, Panel } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const route = getRouteApi("/messages");
const said = officeWords.messages;
const CHANNELS = ["email", "in_app"] as const;
const PURPOSES = ["success", "marketing"] as const;

export function Stops() {
  const { contact } = route.useSearch();
  return (
    <>
      <ReadOnly needs="accounts:write" />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2"><Suppressions /><Panel title={said.consents}><FindContact />{contact && <Consents key={contact} id={contact} />}</Panel></div>
    </>
  );
}

function Suppressions() {
  const [typed, setTyped] = useState("");
  const address = useSettled(typed.trim().toLowerCase());
  const query = useInfiniteQuery(suppressions(undefined, address.includes("@") ? address : undefined));
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={said.suppressions}>
      <p className="mb-3 text-muted">{said.suppressionsHow}</p>
      <AddSuppression />
      <input type="search" aria-label={said.findAddress} placeholder={said.findAddress} className={`${CONTROL} my-3`} value={typed} onChange={(event) => setTyped(event.target.value)} />
      <Loaded query={query}>{() => (found.length === 0 ? <Empty>{said.noSuppression}</Empty> : (
        <Table label={said.suppressions} rows={found} keyOf={(row) => `${row.channel} ${row.address}`} minWidth="28rem" columns={[
          { name: said.address, cell: (row) => <><span className="break-all">{row.address}</span><span className="block text-muted">{said.channels[row.channel]}</span></> },
          { name: said.reason, cell: (row) => <>{row.reason}<span className="block text-muted">{day(row.at)}</span></> },
          { name: officeWords.members.actions, right: true, cell: (row) => <Lift one={row} /> },
        ]} />
      ))}</Loaded>
      {query.hasNextPage && <Button className="mt-2" onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </Panel>
  );
}

function Lift({ one }: { one: Schemas["SuppressionShape"] }) {
  const [asking, setAsking] = useState(false);
  const lift = useWrite(() => api.DELETE("/api/suppressions/{channel}/{address}", { params: { path: { channel: one.channel, address: one.address } } }), { topics: ["suppressions"], said: said.lifted(one.address) });
  return (
    <>
      <GuardedButton needs="accounts:write" onClick={() => setAsking(true)} aria-label={`${said.lift}: ${one.address}`}>{said.lift}</GuardedButton>
      <Ask open={asking} setOpen={setAsking} title={said.liftTitle(one.address)} go={said.lift} busy={lift.isPending} confirm={() => lift.mutate()}><p>{said.liftHow(one.reason)}</p>{lift.error && <Failure error={lift.error} />}</Ask>
    </>
  );
}

function AddSuppression() {
  const add = useWrite((wanted: { channel: Channel; address: string; reason: string }) => body(api.POST("/api/suppressions", { body: wanted })), { topics: ["suppressions"], said: (told) => said.suppressed(told.address) });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = (name: string): string => String(new FormData(form).get(name)).trim();
    add.mutate({ channel: text("channel") as Channel, address: text("address"), reason: text("reason") }, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit} className="grid items-end gap-2 sm:grid-cols-[8rem_1fr_1fr_auto]">
      <Field label={said.channel}><select name="channel">{CHANNELS.map((one) => <option key={one} value={one}>{said.channels[one]}</option>)}</select></Field>
      <Field label={said.address}><input name="address" required maxLength={500} /></Field>
      <Field label={said.reason}><input name="reason" required maxLength={300} /></Field>
      <GuardedButton needs="accounts:write" type="submit" disabled={add.isPending} className="mb-0.5 justify-center">{said.suppress}</GuardedButton>
      {add.error && <div className="sm:col-span-4"><Failure error={add.error} /></div>}
    </form>
  );
}

function FindContact() {
  const navigate = useNavigate({ from: "/messages" });
  const [typed, setTyped] = useState("");
  const query = useQuery(contacts(useSettled(typed.trim())));
  return (
    <>
      <p className="mb-3 text-muted">{said.consentsHow}</p>
      <input type="search" aria-label={said.findContact} placeholder={said.findContact} className={CONTROL} value={typed} onChange={(event) => setTyped(event.target.value)} />
      <ul className="mt-2" aria-live="polite">
        {query.data?.items.map((one) => (
          <li key={one.external_id}><button type="button" className="min-h-7 w-full rounded-md px-2 text-left hover:bg-accent-ground" onClick={() => { setTyped(""); void navigate({ search: (old) => ({ ...old, contact: one.external_id }), replace: true }); }}><b className="font-medium">{one.name ?? one.external_id}</b> <span className="text-muted">{one.email} · {one.accounts.join(", ")}{one.has_left ? ` · ${said.left}` : ""}</span></button></li>
        ))}
        {query.data?.items.length === 0 && <li className="text-muted">{said.noContact}</li>}
      </ul>
    </>
  );
}

function Consents({ id }: { id: string }) {
  const query = useQuery(consents(id));
  const [source, setSource] = useState("");
  const keep = useWrite((wanted: { channel: Channel; purpose: (typeof PURPOSES)[number]; is_given: boolean }) => body(api.PUT("/api/contacts/{external_id}/consents", { params: { path: { external_id: id } }, body: { ...wanted, source: source.trim() } })), { topics: ["suppressions"], said: said.kept });
  return (
    <div className="mt-4">
      <h3 className="mb-2 font-semibold">{id}</h3>
      <Field label={said.reason} hint={said.reasonHint}><input value={source} maxLength={200} onChange={(event) => setSource(event.target.value)} /></Field>
      <Loaded query={query}>{({ items }) => (
        <table className="mt-3 w-full text-left">
          <thead className="text-muted"><tr><th scope="col" className="py-1 font-medium">{said.channel}</th><th scope="col" className="py-1 font-medium">{said.answer}</th><th scope="col" className="py-1 font-medium">{officeWords.members.actions}</th></tr></thead>
          <tbody>{CHANNELS.flatMap((channel) => PURPOSES.map((purpose) => {
            const told = items.find((one) => one.channel === channel && one.purpose === purpose);
            return (
              <tr key={`${channel} ${purpose}`} className="border-t border-line">
                <th scope="row" className="py-2 font-normal">{said.channels[channel]}, {said.purposes[purpose]}</th>
                <td className={`py-2 ${told ? (told.is_given ? "text-good" : "text-bad") : "text-muted"}`}>{told ? (told.is_given ? said.given : said.refused) : said.notAsked}{told && <span className="block text-muted">{told.source}, {day(told.at)}</span>}</td>
                <td className="py-2"><div className="flex flex-wrap gap-1">{[true, false].filter((given) => told?.is_given !== given).map((given) => <GuardedButton key={String(given)} needs="accounts:write" disabled={!source.trim() || keep.isPending} title={source.trim() ? undefined : said.reasonFirst} onClick={() => keep.mutate({ channel, purpose, is_given: given })} aria-label={`${given ? said.give : said.refuse}: ${said.channels[channel]}, ${said.purposes[purpose] ?? purpose}`}>{given ? said.give : said.refuse}</GuardedButton>)}</div></td>
              </tr>
            );
          }))}</tbody>
        </table>
      )}</Loaded>
      {keep.error && <Failure error={keep.error} />}
    </div>
  );
}
