/** The company: its name, the zone whose days are counted, its currency, what work costs, and what its operator alone can change. */
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";

import { api, body, type Schemas } from "../../api/client";
import { about, workspace } from "../../api/settings";
import { useWrite } from "../../api/write";
import { number } from "../../format";
import { Facts, Failure, Loaded, Panel } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { ZoneInput } from "./ZoneInput";

const said = officeWords.workspace;
type Shape = Schemas["WorkspaceShape"];
const COSTS = ["minutes_a_task", "an_hour", "a_message"] as const;

export function Workspace() {
  const query = useQuery(workspace);
  return (
    <>
      <ReadOnly needs="config:write" />
      <Loaded query={query}>{(data) => <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2"><Basics key={data.id} shape={data} /><div className="space-y-4"><Costs shape={data} /><Retention /></div></div>}</Loaded>
    </>
  );
}

function Basics({ shape }: { shape: Shape }) {
  const save = useWrite((wanted: Schemas["WorkspacePatch"]) => body(api.PATCH("/api/workspace", { body: wanted })), { topics: ["workspace"], said: said.saved });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name)).trim();
    save.mutate({ name: text("name"), zone: text("zone"), currency: text("currency").toUpperCase() });
  };
  return (
    <Panel title={said.basics} aside={shape.slug}>
      <form onSubmit={submit} className="space-y-3">
        <Field label={said.name}><input name="name" required maxLength={200} defaultValue={shape.name} /></Field>
        <ZoneInput label={said.zone} name="zone" start={shape.zone} hint={said.zoneHint} />
        <Field label={said.currency} hint={said.currencyHint}><input name="currency" required pattern="[A-Za-z]{3}" maxLength={3} defaultValue={shape.currency} /></Field>
        {save.error && <Failure error={save.error} />}
        <GuardedButton needs="config:write" kind="primary" type="submit" disabled={save.isPending}>{words.save}</GuardedButton>
      </form>
    </Panel>
  );
}

function Costs({ shape }: { shape: Shape }) {
  const now = (shape.settings["impact"] ?? {}) as Partial<Record<(typeof COSTS)[number], number>>;
  const shipped = { minutes_a_task: 45, an_hour: 75, a_message: 0.02 };
  const save = useWrite((impact: Record<string, number>) => body(api.PATCH("/api/workspace", { body: { settings: { impact } } })), { topics: ["workspace", "impact"], said: said.saved });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate(Object.fromEntries(COSTS.map((one) => [one, Number(form.get(one))])));
  };
  return (
    <Panel title={said.costs} aside={shape.currency}>
      <form onSubmit={submit} className="space-y-3">
        <p className="text-muted">{said.costsHow}</p>
        <div className="grid gap-3 sm:grid-cols-3">{COSTS.map((one) => <Field key={one} label={said.cost[one]}><input name={one} type="number" min={0} step="any" required defaultValue={now[one] ?? shipped[one]} /></Field>)}</div>
        {save.error && <Failure error={save.error} />}
        <GuardedButton needs="config:write" kind="primary" type="submit" disabled={save.isPending}>{words.save}</GuardedButton>
      </form>
    </Panel>
  );
}

/** Read, not changed: these are settings of the installation (docs/operate.md). */
function Retention() {
  const query = useQuery(about);
  return (
    <Panel title={said.retention}>
      <Loaded query={query} lines={2}>{(data) => (
        <>
          <Facts rows={[[said.logKept, said.hours(number(data.log_retention_hours))], [said.journeysKept, said.days(number(data.journey_retention_days))], [said.eventsKept, said.forGood]]} />
          <p className="mt-2 text-xs text-muted">{said.retentionHow}</p>
        </>
      )}</Loaded>
    </Panel>
  );
}
