/** Why the score is what it is and what moved it, dimension by dimension. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { movedSince } from "../../api/desk";
import { healthHistory } from "../../api/queries";
import { moment, number } from "../../format";
import { Change, Loaded, Panel } from "../../ui/bits";
import { Bar } from "../../ui/chart";
import { CONTROL } from "../../ui/Field";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { Waterfall } from "./Waterfall";

type Since = "day" | "week" | "month" | "quarter" | "band";
const DAYS: Record<Exclude<Since, "band">, number> = { day: 1, week: 7, month: 30, quarter: 90 };
const begin = (days: number): string => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - days * 86_400_000).toISOString();

export function Health({ id }: { id: string }) {
  const [since, setSince] = useState<Since>("month");
  const history = useQuery(healthHistory(id, begin(90)));
  const band = bandChange(history.data);
  const from = since === "band" ? (band ?? begin(30)) : begin(DAYS[since]);
  const query = useQuery({ ...movedSince(id, from), placeholderData: keepPreviousData });
  const t = deskWords.since;
  return (
    <Loaded query={query} lines={10}>
      {(data) => (
        <div className="space-y-4">
          <Panel title={words.account.moved} aside={<span className="flex flex-wrap items-center gap-2"><select aria-label={t.label} className={`${CONTROL} !w-auto`} value={since} onChange={(event) => setSince(event.target.value as Since)}>
            {(["day", "week", "month", "quarter", "band"] as const).map((one) => <option key={one} value={one} disabled={one === "band" && band === null}>{t[one]}</option>)}
          </select> {moment(data.since)} <Change value={data.change} /></span>}>
            <Waterfall data={data} />
            {data.reasons.length > 0 && <ul className="mt-2 list-disc space-y-1 pl-5">{data.reasons.map((one) => <li key={one}>{one}</li>)}</ul>}
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

/** A minute before the band last changed, null where it did not. */
function bandChange(history: Schemas["HealthHistory"] | undefined): string | null {
  const points = history ? [...(history.before ? [history.before] : []), ...history.points] : [];
  for (let place = points.length - 1; place > 0; place--) {
    const [now, then] = [points[place], points[place - 1]];
    if (now && then && now.band !== then.band) return new Date(new Date(now.at).getTime() - 60_000).toISOString();
  }
  return null;
}
