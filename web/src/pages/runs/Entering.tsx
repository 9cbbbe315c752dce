/** Let accounts in: one by hand, or everybody who matches now, counted before. */
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { someAccounts } from "../../api/queries";
import { enter, enterMatching, type JourneyItem } from "../../api/runs";
import { useWrite } from "../../api/write";
import { number } from "../../format";
import { may } from "../../session";
import { Button, Failure } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";
import { mayOperate } from "./useRunAct";

const say = runWords.enter;

export function Entering({ item }: { item: JourneyItem }) {
  const [open, setOpen] = useState(false);
  const mayNot = mayOperate();
  return (
    <>
      <Button kind="primary" disabled={mayNot !== undefined} title={mayNot} onClick={() => setOpen(true)}>{say.title}…</Button>
      <Modal open={open} setOpen={setOpen} title={say.title}><div className="space-y-5"><One item={item} /><Matching item={item} /></div></Modal>
    </>
  );
}

/** What an account picker needs of the server: the few that match what is typed. */
export function AccountPick({ value, set, label }: { value: { id: string; name: string } | null; set: (chosen: { id: string; name: string } | null) => void; label: string }) {
  const [typed, setTyped] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const found = useQuery({ ...someAccounts({ q: typed, limit: 8 }), enabled: typed.length > 0 });
  const items = found.data?.items ?? [];
  return (
    <div ref={box} className="space-y-1">
      <Field label={label} hint={value ? `${value.name} (${value.id})` : say.choose}><input value={typed} placeholder={say.find} autoComplete="off" onChange={(event) => { setTyped(event.target.value); set(null); }} /></Field>
      {typed && !value && <ul aria-label={label} className="max-h-44 overflow-auto rounded-md border border-line">{items.map((one) => <li key={one.external_id}><button type="button" onClick={() => { const name = one.name ?? one.external_id; set({ id: one.external_id, name }); setTyped(name); box.current?.querySelector("input")?.focus(); }} className="flex min-h-7 w-full justify-between gap-3 px-2 text-left hover:bg-accent-ground"><span>{one.name}</span><span className="text-muted">{one.external_id}</span></button></li>)}</ul>}
    </div>
  );
}

function One({ item }: { item: JourneyItem }) {
  const [who, setWho] = useState<{ id: string; name: string } | null>(null);
  const write = useWrite((chosen: { id: string; name: string }) => enter(item.key, { account: chosen.id } as never).then(() => chosen), { topics: ["runs", "journeys"], said: (chosen) => say.done(chosen.name), done: () => setWho(null) });
  return (
    <section className="space-y-2" aria-label={say.one}>
      <h3 className="font-semibold">{say.one}</h3>
      <p className="text-muted">{say.oneHow}</p>
      <AccountPick value={who} set={setWho} label={say.account} />
      {write.error && <Failure error={write.error} />}
      <Button kind="primary" disabled={who === null || write.isPending} onClick={() => who && write.mutate(who)}>{say.go}</Button>
    </section>
  );
}

function Matching({ item }: { item: JourneyItem }) {
  const mayNot = may("journeys:publish") ? undefined : words.forbidden("journeys:publish");
  const count = useWrite(() => enterMatching(item.key, true), { topics: [] });
  const go = useWrite(() => enterMatching(item.key, false), { topics: ["runs", "journeys"], said: (told) => say.doneAll(number(told.entering)), done: () => count.reset() });
  const told = count.data;
  return (
    <section className="space-y-2 border-t border-line pt-4" aria-label={say.matching}>
      <h3 className="font-semibold">{say.matching}</h3>
      <p className="text-muted">{mayNot ?? say.matchingHow}</p>
      <Button disabled={mayNot !== undefined || count.isPending} onClick={() => count.mutate()}>{say.count}</Button>
      {(count.error ?? go.error) && <Failure error={count.error ?? go.error} />}
      {told && (
        <div role="status" className="space-y-2">
          <p>{say.counted(number(told.matching), number(told.running), number(told.entering))}</p>
          {told.account_names.length > 0 && <p className="text-muted">{say.sample(number(Math.min(10, told.account_names.length)), number(told.entering))}: {told.account_names.slice(0, 10).join(", ")}</p>}
          {told.entering > 0 && <Button kind="primary" disabled={go.isPending} onClick={() => go.mutate()}>{say.goAll(number(told.entering))}</Button>}
        </div>
      )}
    </section>
  );
}
