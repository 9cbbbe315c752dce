/** What interventions did and were worth, how that is known, and what came after them. */
import { useQuery } from "@tanstack/react-query";
import { scaleLinear } from "d3-scale";

import { attribution, impact, type Period } from "../../api/insights";
import type { Schemas } from "../../api/client";
import { ago, money, number, share } from "../../format";
import { Button, Empty, Facts, Loaded, Panel } from "../../ui/bits";
import { Below } from "../../ui/plot/axes";
import { EDGE, Figure } from "../../ui/plot/Figure";
import { Table } from "../../ui/Table";
import { insights as words } from "../../words/en.insights";
import { download, tableCsv } from "./csv";
import { WhatIf } from "./WhatIf";

type Item = Schemas["ImpactItem"];
type Amount = Schemas["MoneyShape"] | null;
const between = (amount: Amount, say: (value: number) => string): string => (amount ? `${say(amount.estimate)} (${words.interval(say(amount.low), say(amount.high))})` : words.notKnown);
const points = (value: number): string => `${value > 0 ? "+" : ""}${number(100 * value)}`;
const ratio = (value: number): string => `${number(value)} : 1`;

export function Interventions({ period }: { period: Period }) {
  const query = useQuery(impact);
  return (
    <div className="space-y-4">
      <Loaded query={query} lines={8}>{(view) => (view.items.length === 0 ? <Empty>{words.noImpact}</Empty> : <Effects view={view} />)}</Loaded>
      <Attribution period={period} />
    </div>
  );
}

function Effects({ view }: { view: Schemas["ImpactView"] }) {
  const say = (value: number): string => money(value, view.currency);
  const known = view.items.filter((one) => one.effect.estimate !== null && one.effect.low !== null && one.effect.high !== null);
  const save = (): void => download("interventions.csv", tableCsv(
    ["kind", "key", "aim", "method", "effect", "low", "high", "treated", "settled", "reached", "conversion", "saved", "saved_low", "saved_high", "cost", "roi", "words"],
    view.items.map((one) => [one.kind, one.key, one.aim, one.method, one.effect.estimate, one.effect.low, one.effect.high, one.treated, one.settled, one.reached, one.conversion, one.worth?.saved?.estimate ?? null, one.worth?.saved?.low ?? null, one.worth?.saved?.high ?? null, one.worth?.cost ?? null, one.worth?.roi?.estimate ?? null, one.words]),
  ));
  return (
    <>
      <Panel title={words.together} aside={view.computed_at ? ago(view.computed_at) : undefined}>
        <Facts rows={[[words.saved, between(view.together.saved, say)], [words.cost, say(view.together.cost)], [words.roi, between(view.together.roi, ratio)]]} />
        <p className="mt-2 text-muted">{view.together.words}</p>
      </Panel>
      <Panel title={words.effects} aside={<Button kind="quiet" onClick={save}>{words.export}</Button>}>
        {known.length > 0 ? <Forest items={known} /> : <p className="mb-3 text-muted">{words.noEffects}</p>}
        <Table label={words.tabs.interventions} rows={view.items} keyOf={(one) => `${one.kind}:${one.key}`} minWidth="60rem" columns={[
          { name: words.impact.name, cell: (one) => <><b className="font-medium">{one.key}</b><span className="block text-xs text-muted">{words.kinds[one.kind]}</span></> },
          { name: words.impact.method, cell: (one) => <Method item={one} /> },
          { name: words.impact.effect, cell: (one) => (one.effect.estimate === null || one.effect.low === null || one.effect.high === null ? "–" : `${words.pointsMore(points(one.effect.estimate))} (${words.interval(points(one.effect.low), points(one.effect.high))})`), right: true },
          { name: words.impact.treated, cell: (one) => number(one.treated), right: true },
          { name: words.impact.conversion, cell: (one) => (one.conversion === null ? "–" : <>{share(one.conversion)}<span className="block text-xs text-muted">{words.of(one.reached, one.settled)}</span></>), right: true },
          { name: words.impact.saved, cell: (one) => (one.worth?.saved ? between(one.worth.saved, say) : "–"), right: true },
          { name: words.impact.cost, cell: (one) => (one.worth ? say(one.worth.cost) : "–"), right: true },
          { name: words.impact.roi, cell: (one) => (one.worth?.roi ? between(one.worth.roi, ratio) : "–"), right: true },
        ]} />
        <p className="mt-2 text-xs text-muted">{words.conversionHint}</p>
      </Panel>
      <WhatIf items={view.items} />
    </>
  );
}

function Method({ item }: { item: Item }) {
  const colour = item.method === "randomised" ? "bg-good-ground text-good" : item.method === "observational" ? "bg-watch-ground text-watch" : "bg-ground text-muted";
  return (
    <>
      <span className={`rounded-full px-2 py-0.5 text-xs font-semibold whitespace-nowrap ${colour}`}>{words.methods[item.method]}</span>
      <details className="mt-1 max-w-72"><summary className="min-h-6 text-xs text-accent">{words.rows.words}</summary><p className="text-xs text-muted">{item.words}</p>{item.assumptions.length > 0 && <p className="text-xs text-muted">{words.assumptions}: {item.assumptions.join("; ")}</p>}</details>
    </>
  );
}

/** Effects as points with their intervals on one scale; the line in the middle is nothing. */
function Forest({ items }: { items: Item[] }) {
  const ends = items.flatMap((one) => [one.effect.low ?? 0, one.effect.high ?? 0]);
  return (
    <Figure label={words.effects} height={items.length * 26 + 34} rows={items} keyOf={(one) => `${one.kind}:${one.key}`} columns={[{ name: words.impact.name, cell: (one) => one.key }, { name: words.impact.effect, cell: (one) => `${points(one.effect.estimate ?? 0)} (${words.interval(points(one.effect.low ?? 0), points(one.effect.high ?? 0))})`, right: true }]}>
      {(size) => {
        const left = Math.min(220, size.width * 0.4);
        const x = scaleLinear([Math.min(0, ...ends), Math.max(0, ...ends)], [left, size.width - EDGE.right]).nice();
        return (
          <>
            <line x1={x(0)} x2={x(0)} y1={0} y2={size.height - EDGE.bottom} stroke="var(--strong-line)" strokeDasharray="4 4" />
            <Below ticks={x.ticks(4).map((one) => ({ at: x(one), text: points(one) }))} y={size.height - EDGE.bottom} />
            {items.map((one, place) => (
              <g key={`${one.kind}:${one.key}`}>
                <text x={0} y={place * 26 + 18} fontSize="12" fill="var(--text)">{one.key.slice(0, Math.floor(left / 7))}</text>
                <line x1={x(one.effect.low ?? 0)} x2={x(one.effect.high ?? 0)} y1={place * 26 + 14} y2={place * 26 + 14} stroke="var(--accent)" strokeWidth="3" opacity="0.5" strokeDasharray={one.method === "observational" ? "4 3" : undefined} />
                <circle cx={x(one.effect.estimate ?? 0)} cy={place * 26 + 14} r="4.5" fill="var(--accent)" />
              </g>
            ))}
          </>
        );
      }}
    </Figure>
  );
}

function Attribution({ period }: { period: Period }) {
  const query = useQuery(attribution(period));
  return (
    <Panel title={words.attribution}>
      <p className="mb-2 text-muted">{words.attributionHint}</p>
      <Loaded query={query}>{({ items, currency }) => (items.length === 0 ? <Empty>{words.noAttribution}</Empty> : (
        <>
          <Table label={words.attribution} rows={items} keyOf={(one) => one.trigger} minWidth="48rem" columns={[
            { name: words.rows.trigger, cell: (one) => one.trigger }, { name: words.ended, cell: (one) => one.ended, right: true }, { name: words.reached, cell: (one) => one.touched, right: true },
            ...Object.entries(words.endings).map(([key, name]) => ({ name, cell: (one: Schemas["AttributedShape"]) => one.endings[key] ?? 0, right: true })),
            { name: words.change, cell: (one) => money(one.change, currency), right: true },
          ]} />
          <Button kind="quiet" onClick={() => download("attribution.csv", tableCsv(["trigger", "ended", "touched", ...Object.keys(words.endings), "arr_change", "arr_won", "arr_lost"], items.map((one) => [one.trigger, one.ended, one.touched, ...Object.keys(words.endings).map((key) => one.endings[key] ?? 0), one.change, one.won, one.lost])))}>{words.export}</Button>
        </>
      ))}</Loaded>
    </Panel>
  );
}
