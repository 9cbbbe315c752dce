/** One effect: its words, every try, and what a person may do: take it back, try it again, say what became of it. */
import { useQuery } from "@tanstack/react-query";

import { api, body, once, type Schemas } from "../../api/client";
import { effect, textOf } from "../../api/messages";
import { useWrite } from "../../api/write";
import { moment } from "../../format";
import { Facts, Failure, Loaded } from "../../ui/bits";
import { GuardedButton } from "../../ui/Guarded";
import { Modal } from "../../ui/Modal";
import { office as officeWords } from "../../words/en.office";
import { reasonOf } from "./reasonOf";
import { COLOURS } from "./SendLog";

const said = officeWords.messages;
type View = Schemas["EffectView"];
const WAYS = ["as_sent", "as_failed", "retry"] as const;

export function EffectDialog({ id, close }: { id: number; close: () => void }) {
  const query = useQuery(effect(id));
  const text = useQuery(textOf(id));
  const letter = text.data?.items[0];
  return (
    <Modal open setOpen={close} title={`${said.effect} #${id}`}>
      <Loaded query={query}>{(data) => (
        <div className="space-y-4">
          <Facts rows={[
            [said.state, <span className={COLOURS[data.status]}>{said.statuses[data.status]}</span>], ...(data.reason ? [[said.reason, reasonOf(data.reason)] as [string, string]] : []),
            [said.channel, said.channels[data.channel]], [said.purpose, said.purposes[data.purpose] ?? data.purpose], [said.recipient, data.recipient], [said.account, data.account ?? "–"],
            [said.journey, data.journey ?? "–"], [said.asked, moment(data.created_at)], [said.due, moment(data.due_at)],
          ]} />
          {letter && <div className="rounded-md border border-line p-3"><p className="font-semibold">{letter.subject}</p><div className="mt-1 max-h-60 overflow-auto whitespace-pre-wrap" tabIndex={0} role="region" aria-label={said.text}>{letter.body}</div></div>}
          {data.tries.length > 0 && <ol className="space-y-1">{data.tries.map((one) => <li key={one.number} className="flex flex-wrap gap-x-3"><b className="font-medium">{said.attempt(one.number)}</b><span>{one.outcome ?? said.underWay}</span><span className="text-muted">{one.detail}</span><span className="ml-auto text-muted">{moment(one.started_at)}</span></li>)}</ol>}
          <Doing view={data} />
        </div>
      )}</Loaded>
    </Modal>
  );
}

const TOPICS = ["effects", "messages", "status"] as const;

function Doing({ view }: { view: View }) {
  const path = { params: { path: { effect_id: view.id }, header: once() } };
  const cancel = useWrite(() => body(api.POST("/api/effects/{effect_id}/cancel", path)), { topics: TOPICS, said: said.cancelled });
  const replay = useWrite(() => body(api.POST("/api/effects/{effect_id}/replay", path)), { topics: TOPICS, said: said.replayed("1") });
  const resolve = useWrite((resolution: (typeof WAYS)[number]) => body(api.POST("/api/effects/{effect_id}/resolve", { ...path, body: { resolution } })), { topics: TOPICS, said: said.resolved });
  const error = cancel.error ?? replay.error ?? resolve.error;
  return (
    <>
      {error && <Failure error={error} />}
      {view.status === "unknown" && <p className="text-muted">{said.unknownHow}</p>}
      <div className="flex flex-wrap justify-end gap-2">
        {view.status === "pending" && <GuardedButton needs="tasks:write" disabled={cancel.isPending} onClick={() => cancel.mutate()}>{said.cancel}</GuardedButton>}
        {view.status === "failed" && <GuardedButton needs="tasks:write" disabled={replay.isPending} onClick={() => replay.mutate()}>{said.replay}</GuardedButton>}
        {view.status === "unknown" && WAYS.map((way) => <GuardedButton key={way} needs="tasks:write" disabled={resolve.isPending} onClick={() => resolve.mutate(way)}>{said.ways[way]}</GuardedButton>)}
      </div>
    </>
  );
}
