/** How the account uses the product: by the day with what is unusual marked, by feature, by person, and every measure. */
import { useQuery } from "@tanstack/react-query";
import { scaleLinear, scaleUtc } from "d3-scale";
import { line } from "d3-shape";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { usage, type Usage } from "../../api/desk";
import { day, number } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { FeedNote } from "./FeedNote";

const t = deskWords.usage;
type Anomaly = { measure: string; direction: string; days: number; counted: number; expected: number; as_of: string };
const PERIODS = [90, 180, 365];

export function UsageTab({ data }: { data: Schemas["AccountView"] }) {
  const [days, setDays] = useState(90);
  const query = useQuery(usage(data.external_id, days));
  const anomalies = (data.health?.anomalies ?? []) as unknown as Anomaly[];
  return (
    <div className="space-y-4">
      <FeedNote data={data} feed="telemetry" />
      <Panel title={t.days} aside={<span className="flex gap-1">{PERIODS.map((one) => <Button key={one} kind="quiet" aria-pressed={one === days} className={one === days ? "bg-accent-ground !text-accent" : ""} onClick={() => setDays(one)}>{t.period(one)}</Button>)}</span>}>
        <Loaded query={query} lines={8}>{(told) => <Days told={told} anomalies={anomalies} />}</Loaded>
      </Panel>
      <Panel title={t.anomalies}>
        {anomalies.length === 0 ? <p className="text-muted">{t.noAnomalies}</p> : <ul className="space-y-1">{anomalies.map((one) => <li key={one.measure}><b className={one.direction === "low" ? "text-bad" : "text-good"}>{one.direction === "low" ? t.low : t.high}</b> {nameOf(one.measure, query.data)}: {t.told(number(one.counted), number(one.expected), one.days)}</li>)}</ul>}
      </Panel>
      <Loaded query={query} lines={6}>
        {(told) => (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-2">
            <Panel title={t.features}><Table label={t.features} minWidth="26rem" rows={told.features} keyOf={(one) => one.key} columns={[
              { name: t.feature, cell: (one) => <>{one.name} <span className="text-xs text-muted">{[one.is_sticky && t.sticky, one.is_premium && t.premium].filter(Boolean).join(", ")}</span></> },
              { name: t.now, cell: (one) => number(one.events_30d), right: true }, { name: t.before, cell: (one) => number(one.events_before), right: true },
              { name: t.last, cell: (one) => (one.last_on ? day(one.last_on) : <span className="text-muted">{t.never}</span>) },
            ]} /></Panel>
            <Panel title={t.people} aside={t.summary(number(told.users_30d), number(told.users_before))}><Table label={t.people} minWidth="26rem" rows={told.users} keyOf={(one, place) => one.contact ?? place} columns={[
              { name: t.person, cell: (one) => <>{one.name ?? one.contact ?? t.unknownPerson} <span className="text-muted">{one.title}</span></> },
              { name: t.daysActive, cell: (one) => one.days_30d, right: true }, { name: t.daysBefore, cell: (one) => one.days_before, right: true }, { name: t.last, cell: (one) => day(one.last_on) },
            ]} /></Panel>
          </div>
        )}
      </Loaded>
      <Panel title={t.measures}><Table label={t.measures} minWidth="20rem" rows={data.measures} keyOf={(one) => one.key} columns={[
        { name: t.measures, cell: (one) => <span title={one.description}>{one.label}</span> }, { name: t.value, cell: (one) => (one.value === null ? <span className="text-muted">{words.account.missing}</span> : `${number(one.value)} ${one.unit}`), right: true },
      ]} /></Panel>
    </div>
  );
}

const nameOf = (measure: string, told: Usage | undefined): string => (measure === "events" ? t.whole : (told?.features.find((one) => `feature:${one.key}` === measure)?.name ?? measure));

const WIDTH = 760;
const HEIGHT = 200;
const LEFT = 44;

function Days({ told, anomalies }: { told: Usage; anomalies: Anomaly[] }) {
  const [table, setTable] = useState(false);
  if (told.days.every((one) => one.events === 0)) return <Empty>{t.none}</Empty>;
  const dates = told.days.map((one) => new Date(`${one.day}T00:00:00Z`));
  const x = scaleUtc([dates[0] as Date, dates.at(-1) as Date], [LEFT, WIDTH - 40]);
  const events = scaleLinear([0, Math.max(1, ...told.days.map((one) => one.events))], [HEIGHT - 20, 8]).nice(4);
  const users = scaleLinear([0, Math.max(1, ...told.days.map((one) => one.users))], [HEIGHT - 20, 8]).nice(4);
  const path = (pick: (place: number) => number): string => line<Date>((one) => x(one), (_one, place) => pick(place))(dates) ?? "";
  const whole = anomalies.filter((one) => one.measure === "events");
  return (
    <>
      {table ? (
        <div className="max-h-64 overflow-auto"><Table label={t.days} minWidth="16rem" rows={told.days.toReversed()} keyOf={(one) => one.day} columns={[{ name: t.day, cell: (one) => day(one.day) }, { name: t.events, cell: (one) => number(one.events), right: true }, { name: t.users, cell: (one) => number(one.users), right: true }]} /></div>
      ) : (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full" role="img" aria-label={t.days}>
          {whole.map((one) => {
            const end = new Date(`${one.as_of}T00:00:00Z`);
            const start = x(new Date(end.getTime() - one.days * 86_400_000));
            return <g key={one.as_of + one.days}><rect x={start} width={Math.max(2, x(end) - start)} y={8} height={HEIGHT - 28} fill={one.direction === "low" ? "var(--bad-ground)" : "var(--good-ground)"} /><text x={start} y={18} fontSize="11" fill={one.direction === "low" ? "var(--bad)" : "var(--good)"}>{one.direction === "low" ? "▼" : "▲"} {t.anomaly}</text></g>;
          })}
          {events.ticks(4).map((tick) => <text key={tick} x={LEFT - 6} y={events(tick) + 4} textAnchor="end" fontSize="11" fill="var(--muted)">{number(tick)}</text>)}
          {users.ticks(4).map((tick) => <text key={tick} x={WIDTH - 34} y={users(tick) + 4} fontSize="11" fill="var(--muted)">{number(tick)}</text>)}
          {x.ticks(6).map((tick) => <text key={tick.getTime()} x={x(tick)} y={HEIGHT - 4} fontSize="11" fill="var(--muted)">{day(tick.toISOString()).replace(/ \d{4}$/, "")}</text>)}
          <path d={path((place) => events(told.days[place]?.events ?? 0))} fill="none" stroke="var(--accent)" strokeWidth="1.6" />
          <path d={path((place) => users(told.days[place]?.users ?? 0))} fill="none" stroke="var(--watch)" strokeWidth="1.6" strokeDasharray="5 3" />
        </svg>
      )}
      <p className="mt-1 flex flex-wrap items-center gap-4 text-xs text-muted"><span><span aria-hidden className="text-accent">──</span> {t.events}</span><span><span aria-hidden className="text-watch">╌╌</span> {t.users}</span><span>{t.behind}</span>
        <Button kind="quiet" className="text-xs" onClick={() => setTable(!table)}>{table ? words.account.asChart : words.account.asTable}</Button></p>
    </>
  );
}
