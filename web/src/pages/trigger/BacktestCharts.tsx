/** A backtest over time: firings by what came of them, how right and complete it was, how early, and the work of each CSM. */
import type { Report } from "../../api/triggers";
import { day, number, share } from "../../format";
import { Empty, Panel } from "../../ui/bits";
import { Figure, Key } from "../../ui/plot/Figure";
import { Histogram } from "../../ui/plot/Histogram";
import { Lines, type Line } from "../../ui/plot/Lines";
import { Stacks } from "../../ui/plot/Stacks";
import { Table } from "../../ui/Table";
import { triggers as triggerWords } from "../../words/en.triggers";
import { rolling, wrongOf, type Rate } from "./rolling";

type Both = { mine: Report; live: Report | null };
const charts = triggerWords.charts;
const shortDay = (iso: string) => day(iso).replace(/,? \d{4}$/, "");

export function BacktestCharts({ mine, live }: Both) {
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
      <Panel title={charts.firings}><Firings mine={mine} live={live} /></Panel>
      <Panel title={charts.rates}><Rates mine={mine} live={live} /></Panel>
      <Panel title={charts.lead}><Lead mine={mine} live={live} /></Panel>
      <Panel title={charts.load}><Load report={mine} /></Panel>
    </div>
  );
}

const COLOURS = { right: "var(--good)", wrong: "var(--bad)", undecided: "var(--strong-line)" };

function Firings({ mine, live }: Both) {
  const weeks = mine.per_week;
  const liveOf = new Map(live?.per_week.map((one) => [one.week, one.firings]));
  return (
    <Figure label={charts.firings} rows={weeks} keyOf={(one) => one.week} columns={[
      { name: triggerWords.week, cell: (one) => day(one.week) }, { name: named("firings"), right: true, cell: (one) => number(one.firings) },
      { name: triggerWords.right, right: true, cell: (one) => number(one.right) }, { name: triggerWords.wrong, right: true, cell: (one) => number(wrongOf(one)) }, { name: triggerWords.undecided, right: true, cell: (one) => number(one.firings - one.decided) },
      ...(live ? [{ name: triggerWords.live, right: true, cell: (one: Report["per_week"][number]) => number(liveOf.get(one.week) ?? 0) }] : []),
    ]} legend={(["right", "wrong", "undecided"] as const).map((one) => <Key key={one} colour={COLOURS[one]}>{triggerWords[one]}</Key>)}>
      {(size) => <Stacks size={size} sayY={number} stacks={weeks.map((one) => ({ key: one.week, text: shortDay(one.week), parts: [
        { key: "right", value: one.right, colour: COLOURS.right }, { key: "wrong", value: wrongOf(one), colour: COLOURS.wrong }, { key: "undecided", value: one.firings - one.decided, colour: COLOURS.undecided }] }))} />}
    </Figure>
  );
}
const named = (key: keyof typeof triggerWords.figures): string => triggerWords.figures[key];

function Rates({ mine, live }: Both) {
  const rows = rolling(mine.per_week);
  const before = live ? rolling(live.per_week) : [];
  const at = (one: Rate) => Date.parse(one.week);
  const lineOf = (key: string, colour: string, of: Rate[], pick: (one: Rate) => number | null, dashed = false): Line => ({ key, colour, dashed, dots: false, points: of.map((one) => ({ x: at(one), y: pick(one) })) });
  const lines = [
    lineOf("precision", "var(--accent)", rows, (one) => one.precision), lineOf("recall", "var(--good)", rows, (one) => one.recall),
    ...(live ? [lineOf("live precision", "var(--accent)", before, (one) => one.precision, true), lineOf("live recall", "var(--good)", before, (one) => one.recall, true)] : []),
  ];
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last || lines.every((one) => one.points.every((point) => point.y === null))) return <Empty>{triggerWords.noRates}</Empty>;
  const said = (value: number | null) => (value === null ? "–" : share(value));
  return (
    <Figure label={charts.rates} rows={rows} keyOf={(one) => one.week} columns={[
      { name: triggerWords.week, cell: (one) => day(one.week) }, { name: named("precision"), right: true, cell: (one) => said(one.precision) }, { name: named("recall"), right: true, cell: (one) => said(one.recall) },
    ]} legend={<><Key line colour="var(--accent)">{triggerWords.precision}</Key><Key line colour="var(--good)">{triggerWords.recall}</Key>{live && <span>- - {triggerWords.live}</span>}<span>{triggerWords.ratesHint}</span></>}>
      {(size) => <Lines size={size} lines={lines} from={at(first)} to={at(last)} low={0} high={1} sayX={(value) => shortDay(new Date(value).toISOString())} sayY={share} />}
    </Figure>
  );
}

function Lead({ mine, live }: Both) {
  const counts = mine.lead_time_days.weeks ?? [];
  const before = live?.lead_time_days.weeks ?? [];
  const steps = Math.max(counts.length, before.length);
  const filled = (of: readonly number[]) => Array.from({ length: steps }, (_, place) => of[place] ?? 0);
  const rows = filled(counts).map((count, place) => ({ place, count, live: before[place] ?? 0 }));
  return (
    <Figure label={charts.lead} rows={rows} keyOf={(one) => one.place} empty={triggerWords.noLeads} columns={[
      { name: triggerWords.days, cell: (one) => `${one.place * 7 + 1}–${(one.place + 1) * 7}` }, { name: triggerWords.count, right: true, cell: (one) => number(one.count) },
      ...(live ? [{ name: triggerWords.live, right: true, cell: (one: { live: number }) => number(one.live) }] : []),
    ]} legend={live && <><Key colour="var(--strong-line)">{triggerWords.live}</Key><Key colour="var(--accent)">{triggerWords.thisOne}</Key></>}>
      {(size) => <Histogram size={size} counts={live ? filled(before) : filled(counts)} after={live ? filled(counts) : undefined} from={0} to={steps * 7} sayX={number} />}
    </Figure>
  );
}

/** One row a CSM: how much a week, and each week shaded by its number, which stands in it. */
function Load({ report }: { report: Report }) {
  if (report.load_per_csm.length === 0) return <Empty>{triggerWords.noLoad}</Empty>;
  const busiest = Math.max(...report.load_per_csm.map((one) => one.busiest_week));
  return (
    <div className="max-h-96 overflow-y-auto">
      <Table label={charts.load} minWidth={`${20 + report.per_week.length * 1.6}rem`} rows={report.load_per_csm} keyOf={(one) => one.owner_id ?? 0} columns={[
        { name: triggerWords.csm, cell: (one) => <span className="whitespace-nowrap">{one.owner_name ?? triggerWords.nobody}</span> },
        { name: named("firings"), right: true, cell: (one) => number(one.firings) },
        { name: triggerWords.perWeek, right: true, cell: (one) => number(one.per_week) },
        { name: triggerWords.busiest, right: true, cell: (one) => number(one.busiest_week) },
        { name: triggerWords.byWeek, cell: (one) => <span className="flex gap-px">{(one.weeks ?? []).map((many, place) => <span key={place} title={`${day(report.per_week[place]?.week ?? null)}: ${number(many)}`} className="inline-block min-w-6 px-1 text-center" style={{ background: many ? `color-mix(in srgb, var(--accent-ground) ${30 + (70 * many) / busiest}%, transparent)` : "transparent" }}>{many || "·"}</span>)}</span> },
      ]} />
    </div>
  );
}
