/** The numbers of a period, each against the period before, with its course, formula and a way to what is behind it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { course, kpis, type Kpi, type Period } from "../../api/insights";
import { day, number } from "../../format";
import { Loaded, Panel, Skeleton } from "../../ui/bits";
import { Figure } from "../../ui/plot/Figure";
import { Lines } from "../../ui/plot/Lines";
import { insights as words } from "../../words/en.insights";
import { before, comparison } from "./period";
import { inUnit } from "./say";

const PARTS = 12;
/** Ticks that lie close together need their decimals. */
const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });

export function Kpis({ period, currency }: { period: Period; currency: string | null }) {
  const query = useQuery(kpis(period));
  const old = useQuery(kpis(before(period))).data?.items;
  return (
    <Loaded query={query} lines={10}>{({ items }) => (
      <div className="grid gap-4 *:min-w-0 md:grid-cols-2 xl:grid-cols-3">
        {items.map((one) => <One key={one.key} kpi={one} old={old?.find((other) => other.key === one.key)} period={period} currency={currency} />)}
      </div>
    )}</Loaded>
  );
}

function One({ kpi, old, period, currency }: { kpi: Kpi; old: Kpi | undefined; period: Period; currency: string | null }) {
  return (
    <Panel title={kpi.name}>
      <div className="flex items-baseline justify-between gap-2">
        <p className={kpi.value === null ? "text-muted" : "text-2xl font-semibold tabular-nums"}>{inUnit(kpi.value, kpi.unit, currency)}</p>
        {kpi.has_course && <Before kpi={kpi} old={old} currency={currency} />}
      </div>
      <p className="mt-1 text-muted">{number(kpi.numerator)} {kpi.numerator_is} / {number(kpi.denominator)} {kpi.denominator_is}</p>
      {kpi.note && <p className="text-xs text-muted">{kpi.note}</p>}
      {kpi.has_course ? <Course kpi={kpi} period={period} currency={currency} /> : <p className="my-3 text-xs text-muted">{words.noCourse}</p>}
      <details className="mt-1"><summary className="min-h-6 text-accent">{words.formula}</summary><p className="text-muted">{kpi.formula}</p></details>
      <Link to="/insights" search={(was) => ({ ...was, kpi: kpi.key, side: undefined })} aria-label={words.open(kpi.name)} className="inline-block min-h-6 font-medium text-accent hover:underline">{words.behind}</Link>
    </Panel>
  );
}

const COLOURS = { better: "text-good", worse: "text-bad", same: "text-muted" };

export function Before({ kpi, old, currency }: { kpi: Kpi; old: Kpi | undefined; currency: string | null }) {
  if (!old || old.value === null) return <span className="text-xs text-muted">{words.noBefore}</span>;
  const found = comparison(kpi.value, old.value, kpi.higher_is_better);
  return <span className="text-right text-xs text-muted">{words.before(inUnit(old.value, kpi.unit, currency))}{found && <b className={`ml-1 font-semibold ${COLOURS[found]}`}>{words[found]}</b>}</span>;
}

export function Course({ kpi, period, currency, height = 120 }: { kpi: Kpi; period: Period; currency: string | null; height?: number }) {
  const query = useQuery(course(kpi.key, period, PARTS));
  if (!query.data) return query.error ? <p className="text-xs text-bad">{query.error.message}</p> : <Skeleton lines={3} />;
  const points = query.data.points.map((one) => ({ one, x: (Date.parse(one.since) + Date.parse(one.until)) / 2 }));
  const known = points.flatMap(({ one }) => (one.value === null ? [] : [one.value]));
  const [low, high] = [Math.min(...known, kpi.unit === "share" && kpi.key !== "nrr" && kpi.key !== "grr" ? 0 : Infinity, kpi.unit === "hours" ? 0 : Infinity), Math.max(...known)];
  const room = (high - low || Math.abs(high) || 1) * 0.1;
  return (
    <div className="mt-2">
      <Figure label={words.course(kpi.name)} height={height} rows={known.length > 0 ? points : []} keyOf={({ x }) => x} empty={words.notKnown}
        columns={[{ name: words.points, cell: ({ one }) => `${day(one.since)} – ${day(one.until)}` }, { name: words.value, cell: ({ one }) => inUnit(one.value, kpi.unit, currency), right: true }, { name: words.numerator, cell: ({ one }) => number(one.numerator), right: true }, { name: words.denominator, cell: ({ one }) => number(one.denominator), right: true }]}>
        {(size) => <Lines size={size} from={Date.parse(period.since)} to={Date.parse(period.until)} low={low === 0 ? 0 : low - room} high={high + room} xTicks={4} yTicks={3}
          sayX={(value) => new Date(value).toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: "UTC" })} sayY={(value) => (kpi.unit === "share" && high - low < 0.04 ? `${fine.format(100 * value)} %` : inUnit(value, kpi.unit, currency))}
          lines={[{ key: kpi.key, colour: "var(--accent)", points: points.map(({ one, x }) => ({ x, y: one.value })) }]} />}
      </Figure>
    </div>
  );
}
