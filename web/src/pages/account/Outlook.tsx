/** What is foreseen of an account and what may help: the chance with its doubt, reasons in sentences, the next best action. */
import { useQuery } from "@tanstack/react-query";

import { nextBest, prediction } from "../../api/queries";
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
        </Panel>
      )}
    </Loaded>
  );
}

export function NextBest({ id }: { id: string }) {
  const query = useQuery(nextBest(id));
  return (
    <Panel title={words.account.nextBest}>
      <Loaded query={query} lines={2}>
        {(data) => (
          <>
            <p>{data.best?.words ?? data.words}</p>
            {data.choices.length > 1 && <ul className="mt-2 list-disc pl-5 text-muted">{data.choices.slice(1, 4).map((one) => <li key={`${one.kind}:${one.key}`}>{one.words}</li>)}</ul>}
          </>
        )}
      </Loaded>
    </Panel>
  );
}
