/** What is foreseen of an account and what may help: the chance with its doubt, reasons in sentences, the next best action. */
import { useQuery } from "@tanstack/react-query";

import { prediction } from "../../api/queries";
import { share } from "../../format";
import { Loaded, Panel } from "../../ui/bits";
import { words } from "../../words/en";

export function Outlook({ id, readiness }: { id: string; readiness: number | null }) {
  const foreseen = useQuery(prediction(id));
  return (
    <Loaded query={foreseen} lines={5}>
      {(data) => (
        <Panel title={words.account.churn} aside={data.probability === null ? words.unknown : <b className="text-text">{share(data.probability)}</b>}>
          <p className="mb-2 text-muted">
            {data.source === "rule" ? words.accounts.byRule : data.state === "not_enough_data" ? words.account.notEnough : data.low !== null && data.high !== null ? words.account.between(share(data.low), share(data.high)) : ""}
          </p>
          {data.horizons.length > 0 && (
            <dl className="mb-2 flex flex-wrap gap-x-4">{data.horizons.map((one) => <div key={one.days} className="flex gap-1"><dt className="text-muted">{one.days} d</dt><dd>{share(one.probability)}</dd></div>)}</dl>
          )}
          <ul className="list-disc space-y-1 pl-5">{data.reasons.map((one) => <li key={one.key}>{one.sentence}</li>)}</ul>
          {readiness !== null && <p className="mt-3 flex justify-between"><span className="text-muted">{words.account.readiness}</span> {Math.round(readiness)}</p>}
          {data.expansion.opportunities.length > 0 && <ul className="mt-1 list-disc space-y-1 pl-5">{data.expansion.opportunities.map((one) => <li key={one.offer}><b className="font-medium">{one.label}</b>: {one.sentence} <span className="text-muted">{one.action}</span></li>)}</ul>}
        </Panel>
      )}
    </Loaded>
  );
}
