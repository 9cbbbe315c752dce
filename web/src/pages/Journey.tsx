/** One journey: drawn, with its runs, its versions and its settings. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useBlocker } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";

import { Problem } from "../api/client";
import { journeyDocument, type Served } from "../api/journeyDocument";
import { moment } from "../format";
import { Button, Empty, Failure, Skeleton } from "../ui/bits";
import { Ask } from "../ui/Ask";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { builder as builderWords } from "../words/en.builder";
import { words } from "../words/en";
import { journeyOf } from "../journey/document";
import { simulationMarks, standsOf, walkedOf, wayMarks } from "../journey/marks";
import { DrawTab } from "./journey/DrawTab";
import { useSafetyCopy } from "./journey/saving";
import { Toolbar } from "./journey/Toolbar";
import { useWork, type Work } from "./journey/useWork";
import { useSimulation } from "./runs/useSimulation";
import { late } from "../ui/late";

const Conflict = late(() => import("./journey/Conflict").then((found) => found.Conflict));
const HeadForm = late(() => import("./journey/HeadForm").then((found) => found.HeadForm));
const PublishAsk = late(() => import("./journey/PublishAsk").then((found) => found.PublishAsk));

const RunsTab = lazy(async () => ({ default: (await import("./runs/RunsTab")).RunsTab }));
const VersionsTab = lazy(async () => ({ default: (await import("./runs/VersionsTab")).VersionsTab }));
const SimulationPanel = lazy(async () => ({ default: (await import("./runs/SimulationPanel")).SimulationPanel }));

const route = getRouteApi("/journeys/$key");
const say = builderWords;
type Tab = keyof typeof say.tabs;
const TABS = Object.keys(say.tabs) as Tab[];

export function Journey() {
  const { key } = route.useParams();
  const query = useQuery(journeyDocument(key));
  const focuses = useRef(false);
  if (query.error instanceof Problem && query.error.status === 404 && !query.data) {
    return <Page title={key}><Empty>{say.notFound} <Link to="/journeys" className="text-accent underline">{words.journeys.title}</Link></Empty></Page>;
  }
  if (!query.data) return <Page title={key}>{query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Waiting left={(onHeading) => (focuses.current = onHeading)} />}</Page>;
  return <Open key={key} name={key} served={query.data} focuses={focuses} />;
}

/** Until the journey has come. left: whether the focus stood on the heading, which goes with this. */
function Waiting({ left }: { left: (onHeading: boolean) => void }) {
  useLayoutEffect(() => () => left(document.activeElement?.matches("h1") ?? false), []);
  return <Skeleton lines={12} />;
}

function Open({ name: key, served, focuses }: { name: string; served: Served; focuses: RefObject<boolean> }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focuses.current) heading.current?.focus({ preventScroll: true });
    focuses.current = false;
  }, [focuses]);
  const search = route.useSearch();
  const tab = TABS.find((one) => one === search.tab) ?? "draw";
  const work = useWork(key, served, search.step);
  const { use, saving } = work;
  const journey = use((own) => own.journey);
  const etag = use((own) => own.etag);
  const base = use((own) => own.base);
  const [asksPublish, setAsksPublish] = useState(false);
  const safety = useSafetyCopy(use, key);
  const { view } = served;
  const live = useMemo(() => journeyOf((view.live?.body as { document?: unknown } | undefined)?.document), [view.live]);
  useEffect(() => {
    document.title = `${journey.name || key} · ${words.product}`;
  }, [journey.name, key]);
  // Somebody else kept it: taken up at once where nothing was changed here; else it is said, and 412 will ask.
  const isOther = etag !== null && served.etag !== etag && !saving.busy;
  useEffect(() => {
    if (!isOther || work.dirty) return;
    use.getState().take(served);
    use.getState().say(say.changedElsewhere);
  }, [isOther, work.dirty, served, use]);
  const leaving = useBlocker({ shouldBlockFn: ({ current, next }) => use.getState().journey !== use.getState().saved && current.pathname !== next.pathname, enableBeforeUnload: () => use.getState().journey !== use.getState().saved, withResolver: true });

  return (
    <div className="flex min-h-full flex-col md:h-dvh">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-panel px-4 py-2">
        <Link to="/journeys" className="text-accent hover:underline">{words.journeys.title}</Link><span aria-hidden className="text-muted">/</span>
        <h1 ref={heading} tabIndex={-1} className="min-w-0 truncate text-base font-semibold outline-none">{journey.name || key}</h1>
        <span className="rounded-full bg-ground px-2 py-0.5 text-xs font-medium text-muted">{words.journeys.status[view.status] ?? view.status}{view.live ? ` ${say.version(view.live.version)}` : ""}{view.draft && view.live ? ` · ${say.draftOf}` : ""}</span>
      </header>
      <Tabs label={journey.name || key} tabs={TABS.map((one) => ({ key: one, name: say.tabs[one] }))} at={tab} drop={["step"]} />
      {safety.copy && (
        <p className="flex flex-wrap items-center gap-2 border-b border-line bg-watch-ground px-4 py-1.5 text-watch">
          {say.recovered} {moment(safety.copy.at)}. <Button onClick={() => { if (safety.copy) use.getState().apply({ journey: safety.copy.journey, focus: null }, say.recover); safety.forget(); }}>{say.recover}</Button><Button onClick={safety.forget}>{say.forget}</Button>
        </p>
      )}
      {isOther && work.dirty && <p className="flex items-center gap-2 border-b border-line bg-watch-ground px-4 py-1.5 text-watch">{say.conflictWaits} <Button onClick={() => void saving.save()}>{say.look}</Button></p>}
      {tab === "draw" && <Drawing name={key} work={work} publish={() => setAsksPublish(true)} />}
      <Suspense fallback={<div className="p-5"><Skeleton lines={8} /></div>}>
        {tab === "runs" && <RunsTab item={view} journey={view.live ? live : null} />}
        {tab === "versions" && <VersionsTab view={view} />}
      </Suspense>
      {tab === "settings" && <div className="min-h-0 flex-1 overflow-y-auto"><div className="mx-auto max-w-3xl p-4"><Saves work={work} /><HeadForm work={work} /></div></div>}
      <PublishAsk open={asksPublish} setOpen={setAsksPublish} work={work} live={view.live ? live : null} />
      <Ask open={saving.asksComments} setOpen={saving.cancelComments} title={say.commentsTitle} go={say.commentsGo} confirm={() => void saving.save(true)}><p>{say.comments}</p></Ask>
      <Conflict theirs={saving.conflict} base={base} mine={journey} settle={saving.settle} />
      <Ask open={leaving.status === "blocked"} setOpen={() => leaving.reset?.()} title={say.leaveTitle} go={say.leaveGo} confirm={() => leaving.proceed?.()}><p>{say.leave}</p></Ask>
    </div>
  );
}

function Saves({ work }: { work: Work }) {
  return <p className="flex items-center justify-end gap-3 pb-3 text-muted">{work.dirty && say.unsaved}<Button disabled={!work.canWrite || !work.dirty || work.saving.busy} title={work.canWrite ? undefined : say.mayNotWrite} onClick={() => void work.saving.save()}>{say.save}</Button></p>;
}

/** The builder with its tools; a simulation of what is drawn takes the inspector's place. */
function Drawing({ name: key, work, publish }: { name: string; work: Work; publish: () => void }) {
  const { use, saving, verbs } = work;
  const journey = use((own) => own.journey);
  const past = use((own) => own.past);
  const step = use((own) => own.selected.at(-1) ?? null);
  const [outline, setOutline] = useState(() => window.matchMedia("(max-width: 767px)").matches);
  const [simulating, setSimulating] = useState(false);
  const simulation = useSimulation(key);
  const { told, walked } = simulation;
  const marks = useMemo(() => {
    if (!simulating || !told) return undefined;
    return walked ? wayMarks(journey, walkedOf(walked.told, moment), standsOf(walked.told)) : simulationMarks(told);
  }, [simulating, told, walked, journey]);
  const close = (): void => {
    setSimulating(false);
    simulation.clear();
  };
  const simulate = (): void => (simulating ? close() : setSimulating(true));
  const panel = simulating ? <Suspense fallback={<div className="w-88 p-4"><Skeleton /></div>}><SimulationPanel name={key} journey={journey} simulation={simulation} step={step} go={(id: string) => use.getState().jump(id)} close={close} /></Suspense> : null;
  return (
    <>
      <Toolbar canUndo={past.past.length > 0 && work.canWrite} canRedo={past.future.length > 0 && work.canWrite} dirty={work.dirty} busy={saving.busy} canWrite={work.canWrite} whyNotPublish={work.whyNotPublish}
        outline={outline} setOutline={setOutline} undo={verbs.undo} redo={verbs.redo} simulating={simulating} simulate={simulate} save={() => void saving.save()} publish={publish} />
      <DrawTab work={work} simulated={panel && { marks, panel }} simulate={simulate} publish={publish} outline={outline} setOutline={setOutline} />
    </>
  );
}
