/** What the A/B tests and the holdout of a journey say, as of the last look. */
import { useQuery } from "@tanstack/react-query";

import { testsOf } from "../../api/runs";
import { number, share } from "../../format";
import { Loaded, Panel } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { runs as runWords } from "../../words/en.runs";

const say = runWords.versions;

export function Tests({ name }: { name: string }) {
  const query = useQuery(testsOf(name));
  return (
    <Panel title={say.tests}>
      <Loaded query={query} lines={2}>
        {({ items }) => items.length === 0 ? <p className="text-muted">{say.testsNone}</p> : (
          <div className="space-y-4">{items.map((test, place) => (
            <section key={place} className="space-y-2">
              <h3 className="font-semibold">{test.test === "$holdout" ? say.holdout : test.test}: {test.words}</h3>
              {test.mismatch.is_mismatch && <p role="note" className="text-bad">! {say.mismatch}</p>}
              {Object.entries(test.stopped).map(([arm, why]) => <p key={arm} className="text-watch">{say.stoppedArm(arm, why)}</p>)}
              {test.outcomes.map((outcome) => (
                <div key={outcome.name}><p>{outcome.words}</p>
                  <Table label={outcome.words} rows={outcome.arms} keyOf={(arm) => arm.arm} minWidth="24rem" columns={[
                    { name: say.arms, cell: (arm) => arm.arm }, { name: say.n, cell: (arm) => number(arm.n) },
                    { name: say.mean, cell: (arm) => (arm.mean === null ? "–" : `${outcome.is_yes_no ? share(arm.mean) : number(arm.mean)}${arm.interval ? ` (${outcome.is_yes_no ? `${share(arm.interval.low)} – ${share(arm.interval.high)}` : `${number(arm.interval.low)} – ${number(arm.interval.high)}`})` : ""}`) },
                    { name: say.shares, cell: (arm) => (test.shares[arm.arm] === undefined ? "–" : share((test.shares[arm.arm] ?? 0) / 100)) },
                  ]} />
                  {outcome.comparisons.map((one) => <p key={one.arm} className="text-muted">{say.planned(one.arm, one.control, one.plan)}</p>)}
                </div>
              ))}
            </section>
          ))}</div>
        )}
      </Loaded>
    </Panel>
  );
}
