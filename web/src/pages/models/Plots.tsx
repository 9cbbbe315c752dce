/** The pictures of a model's card: foreseen against seen, whom alerts reach, what weighs most, how the world moved. */
import { scaleLinear } from "d3-scale";

import type { Schemas } from "../../api/client";
import { day, number, share } from "../../format";
import { Below, Beside } from "../../ui/plot/axes";
import { EDGE, Figure, Key } from "../../ui/plot/Figure";
import { Lines } from "../../ui/plot/Lines";
import { models as words } from "../../words/en.models";
import type { Bin, Gain, Group } from "./report";

/** Small shares need their decimals: 0.7 % is not 1 %. */
export const chance = (value: number): string => (value > 0 && value < 0.1 ? `${number(value * 100)} %` : share(value));
const figure = (value: number): string => String(Number(value.toPrecision(3)));

export function Calibration({ bins }: { bins: Bin[] }) {
  const top = Math.min(1, Math.max(0.02, ...bins.map((one) => Math.max(one.foreseen, one.seen))) * 1.3);
  return (
    <>
      <Figure label={words.sections.calibration} height={240} rows={bins} keyOf={(_, place) => place} empty={words.noFigures}
        columns={[{ name: words.foreseen, cell: (one) => chance(one.foreseen), right: true }, { name: words.seen, cell: (one) => chance(one.seen), right: true }, { name: words.between, cell: (one) => words.interval(chance(one.low), chance(one.high)), right: true }, { name: words.accounts, cell: (one) => one.accounts, right: true }]}
        legend={<><Key colour="var(--accent)">{words.seen}, {words.between}</Key><Key colour="var(--strong-line)" line>{words.perfect}</Key></>}>
        {(size) => {
          const x = scaleLinear([0, top], [EDGE.left, size.width - EDGE.right]);
          const y = scaleLinear([0, top], [size.height - EDGE.bottom, EDGE.top]);
          return (
            <>
              <Beside ticks={y.ticks(4).map((one) => ({ at: y(one), text: chance(one) }))} left={EDGE.left} right={size.width - EDGE.right} />
              <Below ticks={x.ticks(4).map((one) => ({ at: x(one), text: chance(one) }))} y={size.height - EDGE.bottom} />
              <line x1={x(0)} y1={y(0)} x2={x(top)} y2={y(top)} stroke="var(--strong-line)" strokeDasharray="4 4" />
              {bins.map((one, place) => (
                <g key={place}>
                  <line x1={x(one.foreseen)} x2={x(one.foreseen)} y1={y(Math.min(one.low, top))} y2={y(Math.min(one.high, top))} stroke="var(--accent)" strokeWidth="6" opacity="0.22" strokeLinecap="round" />
                  <circle cx={x(one.foreseen)} cy={y(one.seen)} r="4" fill="var(--accent)" />
                </g>
              ))}
            </>
          );
        }}
      </Figure>
      <p className="text-xs text-muted">{words.calibrationHint}</p>
    </>
  );
}

export function Gains({ gains }: { gains: Gain[] }) {
  const points = [{ x: 0, y: 0 }, ...gains.map((one) => ({ x: one.share, y: one.recall })), { x: 1, y: 1 }];
  return (
    <>
      <Figure label={words.sections.gain} height={240} rows={gains} keyOf={(one) => one.share} empty={words.noFigures}
        columns={[{ name: words.share, cell: (one) => share(one.share), right: true }, { name: words.recall, cell: (one) => share(one.recall), right: true }, { name: words.precision, cell: (one) => chance(one.precision), right: true }, { name: words.lift, cell: (one) => `× ${number(one.lift)}`, right: true }]}>
        {(size) => <Lines size={size} lines={[{ key: "gain", colour: "var(--accent)", points }]} from={0} to={1} low={0} high={1} sayX={share} sayY={share} diagonal />}
      </Figure>
      <p className="text-xs text-muted">{words.gainHint}</p>
    </>
  );
}

export function Importance({ groups }: { groups: Group[] }) {
  const top = Math.max(...groups.map((one) => one.share), 1e-9);
  return (
    <ul className="space-y-1">
      {groups.map((one) => (
        <li key={one.key} className="grid grid-cols-[minmax(0,11rem)_1fr_3rem] items-center gap-2">
          <span className="truncate" title={one.label}>{one.label}</span>
          <span aria-hidden className="h-2.5 overflow-hidden rounded-full bg-ground"><span className="block h-full rounded-full bg-accent" style={{ width: `${(100 * one.share) / top}%` }} /></span>
          <span className="text-right tabular-nums">{chance(one.share)}</span>
        </li>
      ))}
    </ul>
  );
}

export function OverTime({ looks }: { looks: Schemas["DriftShape"][] }) {
  const told = looks.toReversed().map((one) => ({ one, x: new Date(`${one.day}T00:00:00Z`).getTime() }));
  const [from, to] = [told[0]?.x ?? 0, told.at(-1)?.x ?? 1];
  if (told.length < 2) return null;
  return (
    <Figure label={words.overTime} height={170} rows={told} keyOf={({ one }) => one.day}
      columns={[{ name: words.now, cell: ({ one }) => day(one.day) }, { name: words.aucPromised, cell: ({ one }) => (one.now.auc === null ? "–" : figure(one.now.auc)), right: true }, { name: words.predictionsPsi, cell: ({ one }) => figure(one.predictions_psi), right: true }, { name: words.columns.drift, cell: ({ one }) => one.alarms.map((alarm) => words.alarmNames[alarm.kind] ?? alarm.kind).join(", ") || words.noAlarm }]}
      legend={<><Key colour="var(--accent)" line>{words.aucPromised}</Key><Key colour="var(--watch)" line>{words.predictionsPsi}</Key></>}>
      {(size) => <Lines size={size} from={from} to={to} low={0} high={1} sayX={(value) => day(new Date(value).toISOString())} sayY={figure} xTicks={4} lines={[
        { key: "auc", colour: "var(--accent)", points: told.map(({ one, x }) => ({ x, y: one.now.auc })) },
        { key: "psi", colour: "var(--watch)", dashed: true, points: told.map(({ one, x }) => ({ x, y: Math.min(1, one.predictions_psi) })) },
      ]} />}
    </Figure>
  );
}
