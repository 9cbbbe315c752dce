/** Was health right: what became of each band, and who left while green, with what the score missed. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { scaleLinear } from "d3-scale";

import { audit, type Period } from "../../api/insights";
import type { Schemas } from "../../api/client";
import { day, money, number, share } from "../../format";
import { Button, Empty, HealthBadge, Loaded, Panel } from "../../ui/bits";
import { Below } from "../../ui/plot/axes";
import { EDGE, Figure } from "../../ui/plot/Figure";
import { Table } from "../../ui/Table";
import { words as common } from "../../words/en";
import { insights as words } from "../../words/en.insights";
import { download, tableCsv } from "./csv";

type Left = Schemas["LeftShape"];
const COLOURS = { red: "var(--bad)", yellow: "var(--watch)", green: "var(--good)" };
const what = (one: Left): string => [one.before.every((then) => then.score === null) ? "" : one.looked_well.length > 0 ? words.audit.lookedWell(one.looked_well.join(", ")) : words.audit.nothingWell, one.facts.length > 0 ? words.audit.happened(one.facts.join(", ")) : words.audit.nothingHappened, words.audit.signals(one.signals)].filter(Boolean).join(" ");

export function Audit({ period, missed }: { period: Period; missed: boolean }) {
  const query = useQuery(audit(period, missed));
  return <Loaded query={query} lines={10}>{(found) => <Whole found={found} missed={missed} />}</Loaded>;
}

function Whole({ found, missed }: { found: Schemas["HealthAuditShape"]; missed: boolean }) {
  return (
    <div className="space-y-4">
      <Panel title={words.audit.became}><Became rows={found.became} /></Panel>
      <div className="space-y-2">
        <p className="text-lg font-semibold">{found.total === 0 ? words.audit.none : words.audit.summary(found.missed, found.scored)}</p>
        {found.total > found.scored && <p className="text-muted">{words.audit.unscored(found.total - found.scored)}</p>}
        <div className="flex flex-wrap items-center justify-between gap-2">
          <nav aria-label={words.side} className="flex gap-1">{[false, true].map((one) => (
            <Link key={String(one)} to="/insights" search={(was) => ({ ...was, missed: one || undefined })} aria-current={one === missed ? "page" : undefined} className={`rounded-md px-2.5 py-1.5 font-medium ${one === missed ? "bg-accent-ground text-accent" : "text-muted hover:bg-accent-ground"}`}>{one ? words.audit.onlyMissed : words.audit.all}</Link>
          ))}</nav>
          <Button kind="quiet" onClick={() => download("health-audit.csv", tableCsv(
            ["account", "name", "churned_on", "mrr", "score_90", "score_60", "score_30", "foreseen_60", "signals_90", "was_green", "what"],
            found.items.map((one) => [one.account, one.name, one.churned_on, one.mrr, ...one.before.map((then) => then.score), one.foreseen, one.signals, one.was_missed ? 1 : 0, what(one)])))}>{words.export}</Button>
        </div>
        {found.items.length > 0 ? <List found={found} /> : found.total > 0 && <Empty>{common.none}</Empty>}
      </div>
    </div>
  );
}

function List({ found }: { found: Schemas["HealthAuditShape"] }) {
  const days = found.items[0]?.before.map((one) => one.days) ?? [];
  return (
    <>
      <Table label={words.tabs.audit} rows={found.items} keyOf={(one) => one.account} minWidth="62rem" columns={[
        { name: words.audit.account, cell: (one) => <><Link to="/accounts/$id" params={{ id: one.account }} search={{ tab: "health" }} className="font-medium text-accent hover:underline">{one.name ?? one.account}</Link>{one.was_missed && <b className="ml-2 rounded-full bg-good-ground px-2 text-xs font-semibold text-good">{words.audit.missed}</b>}</> },
        { name: words.audit.on, cell: (one) => <span className="whitespace-nowrap">{day(one.churned_on)}</span> }, { name: words.audit.mrr, cell: (one) => money(one.mrr, found.currency), right: true },
        ...days.map((before, place) => ({ name: words.audit.at(before), cell: (one: Left) => { const then = one.before[place]; return then?.score != null && then.band ? <HealthBadge health={{ score: then.score, band: then.band }} /> : <span className="text-muted">{words.audit.noScore}</span>; } })),
        { name: words.audit.foreseen, cell: (one) => (one.foreseen === null ? "–" : one.foreseen < 0.1 ? `${number(100 * one.foreseen)} %` : share(one.foreseen)), right: true },
        { name: words.audit.what, cell: (one) => <span className="text-xs text-muted">{what(one)}</span> },
      ]} />
      <p className="text-xs text-muted">{words.audit.foreseenHint}{found.total > found.items.length && found.items.length === 500 && ` ${words.audit.shown(found.items.length, found.total)}`}</p>
    </>
  );
}

function Became({ rows }: { rows: Schemas["BecameShape"][] }) {
  if (rows.every((one) => one.accounts === 0)) return <Empty>{words.audit.noneThen}</Empty>;
  const top = Math.max(0.05, ...rows.map((one) => (one.accounts > 0 ? one.high : 0)));
  return (
    <Figure label={words.audit.became} height={rows.length * 34 + 30} rows={rows} keyOf={(one) => one.band} legend={<span>{words.audit.legend}</span>}
      columns={[{ name: words.audit.band, cell: (one) => common.band[one.band] }, { name: words.audit.there, cell: (one) => one.accounts, right: true }, { name: words.audit.left, cell: (one) => one.left, right: true }, { name: words.audit.share, cell: (one) => (one.share === null ? "–" : `${number(100 * one.share)} % (${words.interval(number(100 * one.low), number(100 * one.high))})`), right: true }]}>
      {(size) => {
        const x = scaleLinear([0, top], [96, size.width - 90]);
        return (
          <>
            <Below ticks={x.ticks(4).map((one) => ({ at: x(one), text: share(one) }))} y={size.height - EDGE.bottom} />
            {rows.map((one, place) => (
              <g key={one.band}>
                <text x={0} y={place * 34 + 20} fontSize="12" fill="var(--text)">{common.band[one.band]}</text>
                {one.share !== null && <>
                  <rect x={x(0)} y={place * 34 + 6} height="20" width={Math.max(1, x(one.share) - x(0))} fill={COLOURS[one.band]} opacity="0.8" />
                  <line x1={x(one.low)} x2={x(one.high)} y1={place * 34 + 16} y2={place * 34 + 16} stroke="var(--text)" strokeWidth="2" />
                </>}
                <text x={size.width} y={place * 34 + 20} fontSize="12" textAnchor="end" fill="var(--muted)">{one.share === null ? "–" : `${number(100 * one.share)} % · ${words.of(one.left, one.accounts)}`}</text>
              </g>
            ))}
          </>
        );
      }}
    </Figure>
  );
}
