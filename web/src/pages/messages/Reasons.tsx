/** Why effects ended so, the most frequent first; for the failed ones the way to try them again once the cause is mended. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, body, once } from "../../api/client";
import { effectReasons, type Channel, type Status } from "../../api/messages";
import { useWrite } from "../../api/write";
import { number } from "../../format";
import { Ask } from "../../ui/Ask";
import { Failure, Panel } from "../../ui/bits";
import { GuardedButton } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { reasonOf } from "./reasonOf";

const said = officeWords.messages;

export function Reasons({ status, journey, channel, chosen, choose }: {
  status: Status; journey: string | undefined; channel: Channel | undefined; chosen: string | undefined; choose: (reason: string | undefined) => void;
}) {
  const [asking, setAsking] = useState(false);
  const { data } = useQuery(effectReasons({ status, ...(journey ? { journey } : {}), ...(channel ? { channel } : {}) }));
  const found = data?.items ?? [];
  const meant = found.filter((one) => !chosen || one.reason?.startsWith(chosen));
  const total = meant.reduce((sum, one) => sum + one.effects, 0);
  const replay = useWrite(() => body(api.POST("/api/effects/replay", { params: { header: once() }, body: { ...(journey ? { journey } : {}), ...(channel ? { channel } : {}), ...(chosen ? { reason: chosen } : {}) } })), {
    topics: ["effects", "messages", "status"], said: (told) => said.replayed(number(told.effects)), done: () => setAsking(false),
  });
  if (found.length === 0) return null;
  return (
    <Panel title={said.why} aside={status === "failed" && <GuardedButton needs="tasks:write" disabled={total === 0} onClick={() => setAsking(true)}>{said.replayAll(number(total))}</GuardedButton>}>
      <ul className="flex flex-wrap gap-x-6 gap-y-1">{found.map((one) => (
        <li key={`${one.reason} ${one.channel}`}><button type="button" aria-pressed={one.reason === chosen} className={`min-h-6 text-left ${one.reason === chosen ? "text-accent underline" : "hover:underline"}`} onClick={() => choose(one.reason === chosen ? undefined : (one.reason ?? undefined))}>
          <b className="font-semibold">{number(one.effects)}</b> {one.reason ? reasonOf(one.reason) : said.noReason} <span className="text-muted">{said.channels[one.channel]}</span>
        </button></li>
      ))}</ul>
      <Ask open={asking} setOpen={setAsking} title={said.replayTitle(number(total))} go={said.replay} busy={replay.isPending} confirm={() => replay.mutate()}>
        <p>{said.replayHow}</p>
        <ul className="list-disc pl-5">{meant.map((one) => <li key={`${one.reason} ${one.channel}`}>{number(one.effects)} × {said.channels[one.channel]}: {one.reason ? reasonOf(one.reason) : said.noReason}</li>)}</ul>
        {replay.error && <Failure error={replay.error} />}
      </Ask>
    </Panel>
  );
}
