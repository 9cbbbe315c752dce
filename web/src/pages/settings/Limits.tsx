/** How much automation a customer is asked to bear: quiet hours, caps, and when people talk. Over all journeys and triggers together. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, body } from "../../api/client";
import { workspace } from "../../api/settings";
import { useWrite } from "../../api/write";
import { Failure, Loaded, Panel } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.limits;
type Cap = { limit: number; days: number };
type Policy = {
  quiet_hours: { start: string; end: string } | null; contact_cap: Cap; contact_daily_cap: Cap; account_cap: Cap; pause_during_escalation: boolean;
  pause_during_conversation: boolean; conversation_days: number; kept_for_weightier: number; wait_days: number;
};
/** As it ships (governance/consent.py, ContactPolicy), where the workspace says nothing. */
const SHIPPED: Policy = {
  quiet_hours: { start: "20:00", end: "08:00" }, contact_cap: { limit: 4, days: 7 }, contact_daily_cap: { limit: 2, days: 0 }, account_cap: { limit: 40, days: 7 },
  pause_during_escalation: true, pause_during_conversation: true, conversation_days: 2, kept_for_weightier: 0.25, wait_days: 5,
};
const CAPS = ["contact_daily_cap", "contact_cap", "account_cap"] as const;
const SWITCHES = ["pause_during_escalation", "pause_during_conversation"] as const;

export function Limits() {
  const query = useQuery(workspace);
  return (
    <>
      <ReadOnly needs="config:write" />
      <Loaded query={query}>{(data) => <Form start={{ ...SHIPPED, ...(data.settings["contact_policy"] as Partial<Policy> | undefined) }} />}</Loaded>
    </>
  );
}

function Form({ start }: { start: Policy }) {
  const [policy, setPolicy] = useState(start);
  const put = (part: Partial<Policy>): void => setPolicy({ ...policy, ...part });
  const save = useWrite(() => body(api.PATCH("/api/workspace", { body: { settings: { contact_policy: policy } } })), { topics: ["workspace"], said: said.saved });
  const submit = (event: FormEvent): void => { event.preventDefault(); save.mutate(); };
  const quiet = policy.quiet_hours;
  return (
    <form onSubmit={submit} className="space-y-4">
      <p className="max-w-prose text-muted">{said.intro}</p>
      <Panel title={said.quiet}>
        <label className="mb-3 flex min-h-6 items-center gap-2"><input type="checkbox" className="size-4" checked={quiet !== null} onChange={(event) => put({ quiet_hours: event.target.checked ? SHIPPED.quiet_hours : null })} /> {said.quietOn}</label>
        {quiet && <div className="grid max-w-md gap-3 sm:grid-cols-2">
          <Field label={said.from}><input type="time" required value={quiet.start.slice(0, 5)} onChange={(event) => put({ quiet_hours: { ...quiet, start: event.target.value } })} /></Field>
          <Field label={said.until} hint={said.theirClock}><input type="time" required value={quiet.end.slice(0, 5)} onChange={(event) => put({ quiet_hours: { ...quiet, end: event.target.value } })} /></Field>
        </div>}
      </Panel>
      <Panel title={said.caps}>
        <div className="space-y-3">{CAPS.map((one) => (
          <fieldset key={one} className="flex flex-wrap items-end gap-3">
            <legend className="mb-1 font-medium">{said.cap[one]}</legend>
            <div className="w-28"><Field label={said.atMost}><input type="number" min={0} required value={policy[one].limit} onChange={(event) => put({ [one]: { ...policy[one], limit: Number(event.target.value) } })} /></Field></div>
            {one === "contact_daily_cap" ? <p className="pb-1.5 text-muted">{said.ownDay}</p> : <div className="w-28"><Field label={said.inDays}><input type="number" min={1} max={366} required value={policy[one].days} onChange={(event) => put({ [one]: { ...policy[one], days: Number(event.target.value) } })} /></Field></div>}
          </fieldset>
        ))}</div>
        <div className="mt-3 grid max-w-xl gap-3 sm:grid-cols-2">
          <Field label={said.kept} hint={said.keptHow}><input type="number" min={0} max={100} required value={Math.round(policy.kept_for_weightier * 100)} onChange={(event) => put({ kept_for_weightier: Number(event.target.value) / 100 })} /></Field>
          <Field label={said.wait} hint={said.waitHow}><input type="number" min={0} max={60} required value={policy.wait_days} onChange={(event) => put({ wait_days: Number(event.target.value) })} /></Field>
        </div>
      </Panel>
      <Panel title={said.people}>
        {SWITCHES.map((one) => <label key={one} className="flex min-h-6 items-center gap-2"><input type="checkbox" className="size-4" checked={policy[one]} onChange={(event) => put({ [one]: event.target.checked })} /> {said.switches[one]}</label>)}
        <div className="mt-3 w-56"><Field label={said.talking}><input type="number" min={0} max={60} required value={policy.conversation_days} onChange={(event) => put({ conversation_days: Number(event.target.value) })} /></Field></div>
      </Panel>
      {save.error && <Failure error={save.error} />}
      <GuardedButton needs="config:write" kind="primary" type="submit" disabled={save.isPending}>{words.save}</GuardedButton>
    </form>
  );
}
