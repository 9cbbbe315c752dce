/** When a trigger fires and ends; beside it who matches now, what its signals would say, and the rest of it in words. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { evidence } from "../../api/triggers";
import { ConditionEditor } from "../../conditions/ConditionEditor";
import { conditionOf } from "../../conditions/fields";
import { MatchPanel } from "../../conditions/MatchPanel";
import { useSettled } from "../../ui/settled";
import { holesOf, type Condition } from "../../conditions/model";
import { validationQuery } from "../../documents/useDocument";
import { Button, Empty, Evidence, Loaded, Panel } from "../../ui/bits";
import { triggers as triggerWords } from "../../words/en.triggers";
import type { TabProps } from "../Trigger";
import { InWords } from "./InWords";

export function ConditionTab({ document, body }: TabProps) {
  const settled = useSettled(body);
  const checked = useQuery(validationQuery("triggers", document.key, settled));
  const told = checked.data?.valid === false && settled === body ? { place: checked.data.place ?? null, problem: checked.data.problem ?? "" } : null;
  const [condition, until] = [conditionOf(body["condition"]), conditionOf(body["until"])];
  const unfinished = [condition, until].some((one) => one !== null && holesOf(one).length > 0);
  const set = (part: "condition" | "until") => (value: Condition | null) => {
    const { [part]: _, ...rest } = body;
    document.edit(value ? { ...body, [part]: value } : rest);
  };
  const ofUntil = told?.place?.includes("until") ?? false;
  const readOnly = !document.mayWrite;
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
      <div className="space-y-4">
        <Panel title={triggerWords.when}>
          <p className="mb-3 text-muted">{triggerWords.whenHint}</p>
          <ConditionEditor kind="trigger" subject={triggerWords.when} value={condition} onChange={set("condition")} readOnly={readOnly} error={ofUntil ? null : told} />
        </Panel>
        <Panel title={triggerWords.until}>
          <p className="mb-3 text-muted">{triggerWords.untilHint}</p>
          {until ? <ConditionEditor kind="trigger" subject={triggerWords.until} value={until} onChange={set("until")} readOnly={readOnly} error={ofUntil ? told : null} />
            : !readOnly && condition && <Button onClick={() => document.edit({ ...body, until: { not: condition } })}>{triggerWords.addUntil}</Button>}
          {until && !readOnly && <Button kind="quiet" className="mt-2" onClick={() => set("until")(null)}>{triggerWords.noUntil}</Button>}
        </Panel>
        {told && !unfinished && <p role="status" className="rounded-md bg-watch-ground p-2 text-watch">{told.problem}</p>}
        <Panel title={triggerWords.inWords}><InWords body={body} /></Panel>
      </div>
      <div className="space-y-4">
        <MatchPanel condition={condition} />
        <Preview id={document.key} body={checked.data?.valid === false ? null : settled} />
      </div>
    </div>
  );
}

function Preview({ id, body }: { id: string; body: Record<string, unknown> | null }) {
  const query = useQuery({ ...evidence(id, body ?? {}), enabled: body !== null && body["condition"] !== undefined });
  return (
    <Panel title={triggerWords.evidence}>
      <p className="mb-2 text-muted">{triggerWords.evidenceHint}</p>
      {body === null || body["condition"] === undefined ? <Empty>{triggerWords.evidenceLater}</Empty> : (
        <Loaded query={query}>
          {({ items }) => items.length === 0 ? <Empty>{triggerWords.noEvidence}</Empty> : (
            <ul className="space-y-3">{items.map((one) => <li key={one.account}><Link to="/accounts/$id" params={{ id: one.account }} className="mb-1 inline-block min-h-6 text-accent underline">{one.account_name ?? one.account}</Link><Evidence items={one.evidence} /></li>)}</ul>
          )}
        </Loaded>
      )}
    </Panel>
  );
}
