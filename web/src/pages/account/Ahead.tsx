/** Where health is heading: the forecast with its band as a fan, scenarios to lay beside it, and shortfalls against loyal customers. */
import { useQuery } from "@tanstack/react-query";
import { scaleLinear } from "d3-scale";
import { area, line } from "d3-shape";
import { useState } from "react";

import { ahead, type Ahead as Told } from "../../api/desk";
import { number, share } from "../../format";
import { Button, Loaded, Panel } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Drawing } from "../../ui/plot/Figure";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.ahead;
type Point = { days: number; level: number; low: number; high: number };
const HEIGHT = 220;
const LEFT = 34;

export function Ahead({ id }: { id: string }) {
  const query = useQuery(ahead(id));
  return (
    <Loaded query={query} lines={6}>
      {(told) => (
        <div className="space-y-4">
          <Panel title={t.title}>{told.forecast.state === "ok" && told.score !== null ? <Fan told={told} score={told.score} /> : <p className="text-muted">{told.forecast.words}</p>}</Panel>
          <Panel title={t.loyal}>
            {told.signature.state !== "ok" ? <p className="text-muted">{told.signature.words}</p> : (
              <><p className={told.signature.is_unusual ? "font-medium text-bad" : ""}>{told.signature.is_unusual ? t.unusual : t.usual}</p>{told.signature.loyal_accounts !== null && <p className="text-xs text-muted">{t.against(told.signature.loyal_accounts, told.signature.segment)}</p>}<ul className="mt-2 list-disc space-y-1 pl-5">{told.signature.shortfalls.map((one) => <li key={one.column}>{one.sentence}</li>)}</ul></>
            )}
          </Panel>
        </div>
      )}
    </Loaded>
  );
}

function Fan({ told, score }: { told: Told; score: number }) {
  const [chosen, setChosen] = useState("");
  const [table, setTable] = useState(false);
  const scenario = told.scenarios.find((one) => one.key === chosen);
  const start = { days: 0, level: score, low: score, high: score };
  const base: Point[] = [start, ...told.forecast.horizons];
  const other: Point[] | null = scenario?.state === "ok" && scenario.horizons.length ? [{ days: 0, level: scenario.score ?? score, low: scenario.score ?? score, high: scenario.score ?? score }, ...scenario.horizons] : null;
  const cell = (points: Point[] | null, days: number): string => {
    const one = points?.find((each) => each.days === days);
    return one ? (days === 0 ? number(one.level) : `${number(one.level)} (${number(one.low)}–${number(one.high)})`) : "–";
  };
  return (
    <>
      {told.scenarios.length > 0 && (
        <label className="mb-2 flex flex-wrap items-center gap-2">{t.compare}
          <select className={`${CONTROL} !w-auto max-w-full`} value={chosen} onChange={(event) => setChosen(event.target.value)}>
            <option value="">{words.none}</option>
            {told.scenarios.map((one) => <option key={one.key} value={one.key}>{one.question}{one.changes ? "" : ` (${t.noChange})`}</option>)}
          </select>
        </label>
      )}
      {table ? <Table label={t.fan} minWidth="20rem" rows={base.map((one) => one.days)} keyOf={(one) => one} columns={[{ name: t.when, cell: (days) => (days === 0 ? t.now : t.days(days)) }, { name: t.level, cell: (days) => cell(base, days) }, ...(scenario ? [{ name: scenario.question, cell: (days: number) => cell(other, days) }] : [])]} /> : (
        <Drawing label={`${t.fan}: ${base.map((one) => `${one.days === 0 ? t.now : t.days(one.days)} ${cell(base, one.days)}`).join(", ")}`} height={HEIGHT}>{({ width, height }) => {
          const x = scaleLinear([0, 90], [LEFT, width - 34]);
          const y = scaleLinear([0, 100], [height - 22, 6]);
          const band = area<Point>((one) => x(one.days), (one) => y(one.low), (one) => y(one.high));
          const path = line<Point>((one) => x(one.days), (one) => y(one.level));
          return (
            <>
              {[0, 25, 50, 75, 100].map((tick) => <text key={tick} x={LEFT - 6} y={y(tick) + 4} textAnchor="end" fontSize="11" fill="var(--muted)">{tick}</text>)}
              {base.map((one) => <text key={one.days} x={x(one.days)} y={height - 5} textAnchor="middle" fontSize="11" fill="var(--muted)">{one.days === 0 ? t.now : t.days(one.days)}</text>)}
              <path d={band(base) ?? ""} fill="var(--accent-ground)" />
              <path d={path(base) ?? ""} fill="none" stroke="var(--accent)" strokeWidth="2" />
              {other && <path d={band(other) ?? ""} fill="var(--good-ground)" opacity="0.7" />}
              {other && <path d={path(other) ?? ""} fill="none" stroke="var(--good)" strokeWidth="2" strokeDasharray="6 3" />}
              {base.slice(1).map((one) => <circle key={one.days} cx={x(one.days)} cy={y(one.level)} r="3.5" fill="var(--accent)" />)}
            </>
          );
        }}</Drawing>
      )}
      {scenario && <p aria-live="polite" className="mt-1">{scenario.words} {scenario.score !== null && `${number(scenario.score)} ${t.atOnce}.`}</p>}
      <p className="mt-1 text-xs text-muted">{told.forecast.words} {told.forecast.coverage.some((one) => one != null) && t.judged} {told.forecast.horizons.map((one, place) => { const came = told.forecast.coverage[place]; const missed = told.forecast.mae[place]; return came == null ? "" : t.came(t.days(one.days), share(came), missed == null ? null : number(missed)); }).filter(Boolean).join("; ")}</p>
      <Button kind="quiet" className="text-xs" onClick={() => setTable(!table)}>{table ? words.account.asChart : words.account.asTable}</Button>
    </>
  );
}
