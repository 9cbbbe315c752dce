/** KPIs with the formula that made them, and 'cannot be said yet' where that is so. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../api/client";
import { kpis } from "../api/queries";
import { number, share } from "../format";
import { Loaded, Panel } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { Page } from "../ui/Page";
import { words } from "../words/en";

const PERIODS = [7, 30, 90, 365];
const since = (days: number): string => new Date(Math.floor(Date.now() / 3_600_000 - days * 24) * 3_600_000).toISOString();

export function Insights() {
  const [days, setDays] = useState(90);
  const query = useQuery(kpis(since(days)));
  return (
    <Page title={words.insights.title} aside={
      <select aria-label={words.insights.period} className={`${CONTROL} !w-auto`} value={days} onChange={(event) => setDays(Number(event.target.value))}>
        {PERIODS.map((one) => <option key={one} value={one}>{words.insights.days(one)}</option>)}
      </select>
    }>
      <Loaded query={query}>{({ items }) => <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">{items.map((one) => <Kpi key={one.key} kpi={one} />)}</div>}</Loaded>
    </Page>
  );
}

function Kpi({ kpi }: { kpi: Schemas["KpiShape"] }) {
  const value = kpi.value === null ? words.insights.notKnown : kpi.unit === "share" ? share(kpi.value) : `${number(kpi.value)} ${words.insights.hours}`;
  return (
    <Panel title={kpi.name}>
      <p className={kpi.value === null ? "text-muted" : "text-2xl font-semibold"}>{value}</p>
      <p className="mt-1 text-muted">{number(kpi.numerator)} {kpi.numerator_is} / {number(kpi.denominator)} {kpi.denominator_is}</p>
      <details className="mt-2"><summary className="min-h-6 text-accent">{words.insights.formula}</summary><p className="text-muted">{kpi.formula}</p><p className="text-muted">{kpi.note}</p></details>
    </Panel>
  );
}
