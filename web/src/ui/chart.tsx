/** Health over time in SVG of our own, with bands behind the line and a table for those who prefer one. */
import { scaleLinear, scaleUtc } from "d3-scale";
import { line, curveStepAfter } from "d3-shape";
import { useState } from "react";

import type { Schemas } from "../api/client";
import { moment } from "../format";
import { words } from "../words/en";
import { Button, Empty } from "./bits";

type Point = { at: Date; score: number; band: Schemas["Band"] | null };
const WIDTH = 760;
const HEIGHT = 220;
const LEFT = 34;
const BOTTOM = 22;
/** The ground behind the line is the band that the account was in then: where bands begin is up to its scorecard. */
const GROUNDS: Record<Schemas["Band"], string> = { red: "var(--bad-ground)", yellow: "var(--watch-ground)", green: "var(--good-ground)" };

function pointsOf(history: Schemas["HealthHistory"]): Point[] {
  const kept = history.points.filter((one) => one.score !== null);
  const began = history.before?.score != null ? [{ at: new Date(history.since), score: history.before.score, band: history.before.band }] : [];
  const points = [...began, ...lastOfEachHour(kept).map((one) => ({ at: new Date(one.at), score: one.score as number, band: one.band }))];
  const last = points.at(-1);
  return last ? [...points, { ...last, at: new Date(history.until) }] : [];
}

/** While an import comes in, a score moves many times within seconds; the line shows where it came to rest. */
function lastOfEachHour(points: Schemas["HealthPoint"][]): Schemas["HealthPoint"][] {
  return points.filter((one, place) => points[place + 1]?.at.slice(0, 13) !== one.at.slice(0, 13));
}

export function HealthChart({ history }: { history: Schemas["HealthHistory"] }) {
  const [table, setTable] = useState(false);
  const points = pointsOf(history);
  const last = points.at(-1);
  if (!last) return <Empty>{words.account.noHistory}</Empty>;
  return (
    <>
      {table ? <PointsTable history={history} /> : <Line points={points} last={last} since={new Date(history.since)} until={new Date(history.until)} />}
      <Button kind="quiet" className="mt-1 text-xs" onClick={() => setTable(!table)}>{table ? words.account.asChart : words.account.asTable}</Button>
    </>
  );
}

function Line({ points, last, since, until }: { points: Point[]; last: Point; since: Date; until: Date }) {
  const x = scaleUtc([since, until], [LEFT, WIDTH]);
  const y = scaleLinear([0, 100], [HEIGHT - BOTTOM, 6]);
  const path = line<Point>((one) => x(one.at), (one) => y(one.score)).curve(curveStepAfter)(points) ?? "";
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full" role="img" aria-label={`${words.account.healthOver}: ${Math.round(points[0]?.score ?? 0)} → ${Math.round(last.score)}`}>
      {points.slice(0, -1).map((one, place) => {
        const end = x(points[place + 1]?.at ?? one.at);
        return <rect key={place} x={x(one.at)} width={Math.max(0, end - x(one.at))} y={y(100)} height={y(0) - y(100)} fill={one.band ? GROUNDS[one.band] : "none"} />;
      })}
      {[0, 25, 50, 75, 100].map((tick) => <text key={tick} x={LEFT - 6} y={y(tick) + 4} textAnchor="end" fontSize="11" fill="var(--muted)">{tick}</text>)}
      {x.ticks(6).map((tick) => <text key={tick.getTime()} x={x(tick)} y={HEIGHT - 6} fontSize="11" fill="var(--muted)">{tick.toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: "UTC" })}</text>)}
      <path d={path} fill="none" stroke="var(--accent)" strokeWidth="2" />
      <circle cx={x(last.at)} cy={y(last.score)} r="3.5" fill="var(--accent)" />
    </svg>
  );
}

function PointsTable({ history }: { history: Schemas["HealthHistory"] }) {
  return (
    <div className="max-h-56 overflow-auto" tabIndex={0} role="region" aria-label={words.account.healthOver}>
      <table className="w-full text-left">
        <thead className="text-muted"><tr><th>At</th><th>Score</th><th>Band</th></tr></thead>
        <tbody>{history.points.toReversed().map((one) => (
          <tr key={one.at} className="border-t border-line"><td>{moment(one.at)}</td><td>{one.score === null ? "–" : Math.round(one.score)}</td><td>{one.band ? words.band[one.band] : "–"}</td></tr>
        ))}</tbody>
      </table>
    </div>
  );
}

/** A share of 0-100 as a bar; the number stands beside it, so the bar is for the eye only. */
export function Bar({ value }: { value: number | null }) {
  return <span aria-hidden className="block h-2 w-full overflow-hidden rounded-full bg-ground"><span className="block h-full" style={{ width: `${value ?? 0}%`, background: "var(--accent)" }} /></span>;
}
