/** Everything that is known of one version, and said where it is not. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { toast } from "../../ui/toast";

import { modelCard, modelDocument, type ModelCard, type ModelItem } from "../../api/models";
import { day, moment, money, share } from "../../format";
import { Button, Empty, Facts, Loaded, Panel } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { models as words } from "../../words/en.models";
import { download } from "../insights/csv";
import { candidatesOf, metricsOf, reportOf, thresholdsOf, type Report, type Threshold } from "./report";
import { Deeds } from "./Deeds";
import { Drift } from "./Drift";
import { History, useWho } from "./History";
import { Calibration, chance, Gains, Importance } from "./Plots";

export const figure = (value: number | null | undefined): string => (value == null ? "–" : String(Number(value.toPrecision(3))));
const SHARES = new Set(["base_rate", "recall_10", "precision_10", "ece"]);
const said = (name: string, value: number | null): string => (value === null ? "–" : SHARES.has(name) ? chance(value) : figure(value));

export function Card({ id, items }: { id: number; items: ModelItem[] }) {
  const query = useQuery(modelCard(id));
  return <Loaded query={query} lines={10}>{(card) => <Whole card={card} hasLive={items.some((one) => one.purpose === card.purpose && one.status === "live")} />}</Loaded>;
}

function Whole({ card, hasLive }: { card: ModelCard; hasLive: boolean }) {
  const report = reportOf(card);
  const notEnough = card.candidate === "prior" || card.notes.some((one) => one.startsWith("Not enough data"));
  const foresees = card.purpose !== "trajectory" && card.purpose !== "signature";
  const { recommended, fixed } = thresholdsOf(card);
  return (
    <div className="space-y-4">
      <Panel title={`${words.purpose[card.purpose] ?? card.purpose} ${words.version(card.version)}`} aside={words.status[card.status]}>
        <div className="grid gap-4 *:min-w-0 md:grid-cols-2">
          <div className="space-y-3">
            {notEnough && <p className="font-semibold text-watch">{words.notEnough}</p>}
            <p>{report.words || card.notes[0]}</p>
            <Deeds card={card} isPossible={!notEnough} hasLive={hasLive} />
          </div>
          <Header card={card} report={report} />
        </div>
      </Panel>
      <div className="grid gap-4 *:min-w-0 lg:grid-cols-2">
        <Panel title={words.sections.worth}><Worth card={card} report={report} /></Panel>
        {foresees && <Panel title={words.sections.threshold}>{recommended || fixed ? <Thresholds rows={[[words.recommended, recommended], [words.fixed, fixed]]} /> : <Empty>{words.noFigures}</Empty>}</Panel>}
        {foresees && <Panel title={words.sections.calibration}><Calibration bins={report.bins} /></Panel>}
        {foresees && <Panel title={words.sections.gain}><Gains gains={report.gains} /></Panel>}
        {foresees && <Panel title={words.sections.candidates}><Candidates card={card} report={report} /></Panel>}
        {report.against && <Panel title={words.sections.against}><Against told={report.against} /></Panel>}
        {foresees && <Panel title={words.sections.importance}>{report.importance ? <><Importance groups={report.importance.groups} /><p className="mt-2 text-xs text-muted">{words.importanceHint}{!report.importance.isExact && ` ${words.surrogate}`}</p></> : <Empty>{notEnough ? words.noFigures : words.noImportance}</Empty>}</Panel>}
        {card.agreement && <Panel title={words.sections.shadow} aside={words.agreement(card.agreement.accounts, day(card.agreement.day))}><Facts rows={[[words.correlation, figure(card.agreement.correlation)], [words.meanShadow, chance(card.agreement.mean_shadow)], [words.meanLive, chance(card.agreement.mean_live)]]} /></Panel>}
        <Panel title={words.sections.limits}><Limits card={card} report={report} /></Panel>
        <Panel title={words.sections.lineage}><Lineage card={card} /></Panel>
        <Panel title={words.sections.history}><History decisions={card.decisions} /></Panel>
      </div>
      {foresees && <Panel title={words.sections.drift}><Drift card={card} /></Panel>}
      <Panel title={`${words.sections.features} (${card.features.length})`}><details><summary className="min-h-6 text-accent">{words.allFeatures(card.features.length)}</summary><ul className="mt-2 columns-2 gap-6 break-all text-muted md:columns-3">{card.features.map((one) => <li key={one}><code className="text-xs">{one}</code></li>)}</ul></details></Panel>
    </div>
  );
}

async function saveDocument(card: ModelCard): Promise<void> {
  try {
    download(`${card.purpose}-${card.version}.json`, JSON.stringify(await modelDocument(card.id), null, 1), "application/json");
  } catch (error) {
    toast.error(error instanceof Error ? error.message : String(error));
  }
}

function Header({ card, report }: { card: ModelCard; report: Report }) {
  const { window } = card;
  const who = useWho();
  const rows: [string, ReactNode][] = [
    [words.candidate, card.candidate],
    [words.window, window ? <>{words.to(day(window.first_day), day(window.last_day))}<br /><span className="text-muted">{words.rows(window.rows, window.accounts, window.events)}; {words.knownUntil(day(window.known_until))}</span></> : "–"],
    [words.trained, `${moment(card.created_at)} · ${who(card.created_by)}`],
    [words.because, words.becauseWords[report.because] ?? (report.because || "–")],
    [words.liveSince, moment(card.live_since)],
    ...(card.approved_by ? ([[words.approvedBy, who(card.approved_by)]] as [string, ReactNode][]) : []),
    [words.hash, <code key="hash" className="text-xs">{card.hash.slice(0, 16)}</code>],
    [words.document, <Button key="json" kind="quiet" className="!min-h-6 !py-0" onClick={() => void saveDocument(card)}>{words.asJson}</Button>],
  ];
  return <Facts rows={rows} />;
}

function Worth({ card, report }: { card: ModelCard; report: Report }) {
  const { horizons, rows, others } = metricsOf(card.metrics);
  const noise = (name: string, days: number): string | null => { const found = name === "ece" ? card.metrics[`ece_noise_${days}`] : null; return found == null ? null : words.noise(chance(found)); };
  if (horizons.length === 0 && others.length === 0) return <Empty>{words.noFigures}</Empty>;
  if (horizons.length === 0) return <Facts rows={others.map(([name, value]) => [name.replaceAll("_", " "), figure(value)])} />;
  return (
    <>
      <Table label={words.sections.worth} minWidth="22rem" rows={rows} keyOf={(row) => row.name} columns={[
        { name: words.figure, cell: (row) => words.figures[row.name] ?? row.name },
        ...horizons.map((days, place) => ({ name: words.days(days), right: true, cell: (row: { name: string; values: (number | null)[] }) => <>{said(row.name, row.values[place] ?? null)}{noise(row.name, days) && <span className="block text-xs text-muted">{noise(row.name, days)}</span>}</> })),
      ]} />
      {report.horizon !== null && Object.keys(report.intervals).length > 0 && (
        <div className="mt-3"><p className="mb-1 font-medium">{words.at95} {words.days(report.horizon)}</p><Facts rows={Object.entries(report.intervals).map(([name, [value, low, high]]) => [words.figures[name] ?? name, `${figure(value)} (${words.interval(figure(low), figure(high))})`])} /></div>
      )}
      <p className="mt-2 text-xs text-muted">{words.outOfTime}</p>
    </>
  );
}

function Thresholds({ rows }: { rows: [string, Threshold | null][] }) {
  return (
    <div className="space-y-4">{rows.map(([name, one]) => one && (
      <section key={name}>
        <h3 className="font-semibold">{name} <span className="font-normal text-muted">{words.from(chance(one.probability))}, {words.days(one.horizon)}</span></h3>
        <p className="mb-1">{one.words}</p>
        <Facts rows={[[words.alerts, one.alerts], [words.precision, one.precision === null || one.low === null || one.high === null ? "–" : `${share(one.precision)} (${words.interval(share(one.low), share(one.high))})`], [words.recall, one.recall === null ? "–" : share(one.recall)], [words.saved, money(one.saved, null)]]} />
      </section>
    ))}</div>
  );
}

function Candidates({ card, report }: { card: ModelCard; report: Report }) {
  return (
    <>
      <Table label={words.sections.candidates} minWidth="22rem" rows={candidatesOf(card)} keyOf={(one) => one.key} columns={[
        { name: words.candidate, cell: (one) => <>{one.key}{one.key === card.candidate && <b className="ml-2 rounded-full bg-accent-ground px-2 text-xs font-semibold text-accent">{words.chosen}</b>}</> },
        { name: words.loss, cell: (one) => figure(one.loss), right: true },
        { name: words.skill, cell: (one) => <>{chance(Math.abs(one.skill)).replace(/^/, one.skill < 0 ? "−" : "")}<span className={`block text-xs ${one.isBeyond ? "text-good" : "text-muted"}`}>{one.isBeyond ? words.beyond : words.notBeyond}</span></>, right: true },
      ]} />
      {report.leftOut.length > 0 && <p className="mt-2 text-xs text-muted">{words.leftOut}: {report.leftOut.map(([, why]) => why).join("; ")}</p>}
    </>
  );
}

function Against({ told }: { told: NonNullable<Report["against"]> }) {
  return (
    <>
      <p className="mb-2">{told.words}</p>
      <Table label={words.sections.against} minWidth="18rem" rows={Object.keys(told.fresh)} keyOf={(name) => name} columns={[{ name: words.figure, cell: (name) => words.figures[name] ?? name }, { name: words.new, cell: (name) => figure(told.fresh[name]), right: true }, { name: words.liveOne, cell: (name) => figure(told.live[name]), right: true }]} />
    </>
  );
}

function Limits({ card, report }: { card: ModelCard; report: Report }) {
  const told = [
    ...card.notes.filter((one) => one !== report.words), ...report.warnings,
    ...(card.changed_measures.length > 0 ? [words.changed(card.changed_measures.join(", "))] : []),
    ...(card.has_surrogate ? [words.surrogateLimit] : []), words.priorSays(chance(card.prior)), words.noLimits,
  ];
  return <><ul className="list-disc space-y-1 pl-4">{[...new Set(told)].map((one) => <li key={one}>{one}</li>)}</ul>{report.refused.length > 0 && <><h3 className="mt-3 font-semibold">{words.refused}</h3><ul className="list-disc space-y-1 pl-4">{report.refused.map((one) => <li key={one}>{one}</li>)}</ul></>}</>;
}

function Lineage({ card }: { card: ModelCard }) {
  if (card.lineage.length === 0) return <Empty>{words.parent}</Empty>;
  return <Table label={words.sections.lineage} minWidth="20rem" rows={card.lineage} keyOf={(one) => one.id} columns={[{ name: words.columns.version, cell: (one) => words.version(one.version) }, { name: words.columns.learner, cell: (one) => one.candidate }, { name: words.columns.trained, cell: (one) => day(one.created_at) }, { name: words.columns.status, cell: (one) => words.status[one.status] ?? one.status }]} />;
}
