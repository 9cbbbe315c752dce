/** One run: the way it went on the drawing of its own version, what it waits for, what happened, what it caused. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { Problem } from "../api/client";
import { run as oneRun, versionsOf, type RunView, type Version } from "../api/runs";
import { moment } from "../format";
import { journeyOf, type Journey } from "../journey/document";
import { nameOf } from "../journey/graph";
import { passedOf, wayMarks } from "../journey/marks";
import { Empty, Facts, Failure, Panel, Skeleton } from "../ui/bits";
import { Page } from "../ui/Page";
import { runs as runWords } from "../words/en.runs";
import { words } from "../words/en";
import { Canvas } from "./journey/Canvas";
import { isStep } from "./journey/ways";
import { Effects, History } from "./runs/History";
import { Operate } from "./runs/Operate";
import { RunWord } from "./runs/RunWord";
import { onClock, waitingWords } from "./runs/waiting";

const route = getRouteApi("/runs/$id");
const say = runWords.run;

/** The document of one version, as a journey. */
export function versionAt(versions: readonly Version[] | undefined, version: number): Journey | null {
  const found = versions?.find((one) => one.version === version);
  return found ? journeyOf((found.body as { document?: unknown }).document) : null;
}

export function Run() {
  const id = Number(route.useParams().id);
  const query = useQuery(oneRun(id));
  const versions = useQuery({ ...versionsOf(query.data?.journey ?? ""), enabled: query.data !== undefined });
  const title = query.data ? say.title(query.data.contact_name ?? query.data.account_name ?? query.data.account ?? "") : say.title(`#${id}`);
  if (query.error instanceof Problem && [404, 422].includes(query.error.status)) return <Page title={title}><Empty>{say.notFound} <Link to="/journeys" className="text-accent underline">{words.journeys.title}</Link></Empty></Page>;
  const failed = query.error ?? versions.error;
  if (!query.data || !versions.data) return <Page title={title}>{failed ? <Failure error={failed} retry={() => void query.refetch()} /> : <Skeleton lines={10} />}</Page>;
  return <Shown run={query.data} journey={versionAt(versions.data.items, query.data.version)} title={title} />;
}

function Shown({ run, journey, title }: { run: RunView; journey: Journey | null; title: string }) {
  const [step, setStep] = useState<string | null>(null);
  const drawn = useMemo(() => journey ?? journeyOf({}), [journey]);
  const marks = useMemo(() => wayMarks(drawn, passedOf(run, (iso) => onClock(iso, run.zone)), run.steps), [drawn, run]);
  return (
    <Page title={title} aside={<Operate run={run} journey={drawn} step={step} />}>
      <p className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-1">
        <Link to="/journeys/$key" params={{ key: run.journey }} search={{ tab: "runs" }} className="inline-block min-h-6 text-accent hover:underline">{run.journey_name}</Link>
        {run.account !== null && <Link to="/accounts/$id" params={{ id: run.account }} className="inline-block min-h-6 text-accent hover:underline">{run.account_name ?? run.account}</Link>}
        <RunWord run={run} />
      </p>
      <div className="grid gap-4 xl:grid-cols-[1fr_26rem]">
        <div className="min-w-0 space-y-4">
          <Panel title={say.drawing} aside={say.clock(run.zone)}><div className="-mx-4 -mb-4 h-[min(60vh,34rem)] overflow-hidden rounded-b-lg">{journey && <Canvas journey={journey} marks={marks} selected={step ? [step] : []} onSelect={(id) => setStep(id !== null && isStep(id) ? id : null)} label={say.drawing} />}</div></Panel>
          <Panel title={say.history}><History run={run} journey={drawn} /></Panel>
        </div>
        <div className="min-w-0 space-y-4">
          <Panel title={say.stands}>
            {run.standing.length === 0 ? <p>{say.ended(runWords.status[run.status] ?? run.status, run.reason ?? "")}</p> : (
              <ul className="space-y-2">{run.standing.map((one) => (
                <li key={one.step} className="border-l-2 border-accent pl-3"><Link to="/journeys/$key" params={{ key: run.journey }} search={{ step: one.step }} className="inline-block min-h-6 font-medium text-accent hover:underline">{drawn.steps[one.step] ? nameOf(drawn.steps[one.step]!) : one.label}</Link><br />{waitingWords(one, drawn, run.zone)}<span className="block text-xs text-muted">{say.since(onClock(one.since, run.zone))}{one.attempts > 0 ? ` · ${say.tries(one.attempts)}` : ""}</span></li>
              ))}</ul>
            )}
            {run.status === "failed" && run.reason && <p role="note" className="mt-2 rounded-md bg-bad-ground p-2 text-bad">{run.reason}</p>}
          </Panel>
          <Panel><Facts rows={[[say.entered, moment(run.entered_at)], [say.version, runWords.tab.at(run.version)], [say.subject, run.zone], ["#", say.serial(run.serial)]]} /></Panel>
          <Panel title={say.effects}><Effects run={run} journey={drawn} /></Panel>
          {Object.keys(run.values).length > 0 && <Panel title={say.values}><pre tabIndex={0} aria-label={say.values} className="max-h-60 overflow-auto text-xs whitespace-pre-wrap">{JSON.stringify(run.values, null, 1)}</pre></Panel>}
        </div>
      </div>
    </Page>
  );
}
