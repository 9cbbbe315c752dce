/** Why the score is what it is and what moved it, dimension by dimension. */
import { useQuery } from "@tanstack/react-query";

import { explanation } from "../../api/queries";
import { moment, number } from "../../format";
import { Change, Loaded, Panel } from "../../ui/bits";
import { Bar } from "../../ui/chart";
import { words } from "../../words/en";

export function Health({ id }: { id: string }) {
  const query = useQuery(explanation(id));
  return (
    <Loaded query={query} lines={10}>
      {(data) => (
        <div className="space-y-4">
          <Panel title={words.account.moved} aside={<>{moment(data.since)} <Change value={data.change} /></>}>
            {data.reasons.length ? <ul className="list-disc space-y-1 pl-5">{data.reasons.map((one) => <li key={one}>{one}</li>)}</ul> : <p className="text-muted">{words.none}</p>}
            {data.exception && <p className="mt-2">{data.exception}</p>}
          </Panel>
          {data.contributions.map((one) => (
            <Panel key={one.dimension} title={one.name} aside={<>{words.account.weight} {Math.round(one.weight * 100)} % · <b className="text-text">{one.score === null ? words.account.missing : Math.round(one.score)}</b></>}>
              <Bar value={one.score} />
              <p className="my-2">{one.sentence}</p>
              <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label={one.name}>
                <table className="w-full text-left"><tbody>
                  {one.factors.map((factor) => (
                    <tr key={factor.measure} className="border-t border-line">
                      <th scope="row" className="py-1.5 pr-3 font-normal">{factor.label}</th>
                      <td className="pr-3 whitespace-nowrap">{factor.value === null ? words.account.missing : `${number(factor.value)} ${factor.unit}`}</td>
                      <td className="pr-3 whitespace-nowrap text-muted">{factor.usual === null ? "" : `${words.inbox.usually} ${number(factor.usual)}`}</td>
                      <td className="text-muted">{factor.why}</td>
                    </tr>
                  ))}
                </tbody></table>
              </div>
            </Panel>
          ))}
        </div>
      )}
    </Loaded>
  );
}
