/** Every version: compared with any other on the drawing and in words, brought back, its runs moved on; tests and holdouts. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { rollBack, versionsOf, type JourneyItem, type Version } from "../../api/runs";
import type { Schemas } from "../../api/client";
import { useWrite } from "../../api/write";
import { moment, number } from "../../format";
import { diffOf } from "../../journey/diff";
import { journeyOf, type Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { diffMarks } from "../../journey/marks";
import { may } from "../../session";
import { Ask } from "../../ui/Ask";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Table } from "../../ui/Table";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";
import { Canvas } from "../journey/Canvas";
import { Migrate } from "./Migrate";
import { Tests } from "./Tests";

const route = getRouteApi("/journeys/$key");
const say = runWords.versions;
export const documentOf = (version: Version): Journey => journeyOf((version.body as { document?: unknown }).document);

export function VersionsTab({ view }: { view: Schemas["JourneyView"] }) {
  const query = useQuery(versionsOf(view.key));
  return <div className="min-h-0 flex-1 overflow-auto"><div className="mx-auto w-full max-w-7xl space-y-4 p-5 max-md:p-3"><Loaded query={query}>{({ items }) => <Shown view={view} versions={items} />}</Loaded><Tests name={view.key} /></div></div>;
}

function Shown({ view, versions }: { view: Schemas["JourneyView"]; versions: Version[] }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/journeys/$key" });
  const newest = versions[0];
  if (!newest) return <Empty>{say.empty}</Empty>;
  const to = versions.find((one) => one.version === search.new) ?? newest;
  const from = versions.find((one) => one.version === search.old) ?? versions.find((one) => one.version === view.version && one !== to) ?? versions.find((one) => one.version < to.version);
  const set = (part: { old?: number; new?: number }) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  return (
    <>
      <List view={view} versions={versions} compare={(version) => set({ old: version.version, new: view.version ?? newest.version })} />
      {from && <Compared from={from} to={to} versions={versions} set={set} />}
    </>
  );
}

function List({ view, versions, compare }: { view: JourneyItem & Schemas["JourneyView"]; versions: Version[]; compare: (version: Version) => void }) {
  const [restores, setRestores] = useState<number | null>(null);
  const [moves, setMoves] = useState<number | null>(null);
  const restore = useWrite((version: number) => rollBack(view.key, version), { topics: ["journeys", "runs"], loud: true, said: (told) => say.restored(told.version), done: () => setRestores(null) });
  const mayNot = may("journeys:publish") ? undefined : words.forbidden("journeys:publish");
  const runsOn = new Map(view.versions.map((one) => [one.version, one.runs]));
  const stateOf = (one: Version) => (one.version === view.version ? say.live : one.status === "draft" ? say.draft : words.documents.statusOf[one.status] ?? one.status);
  return (
    <Panel title={say.list}>
      <Table label={say.list} rows={versions} keyOf={(one) => one.version} minWidth="44rem" columns={[
        { name: say.columns.version, cell: (one) => <b className="font-medium">{runWords.tab.at(one.version)}</b> },
        { name: say.columns.state, cell: (one) => <span className={one.version === view.version ? "font-semibold text-good" : ""}>{stateOf(one)}</span> },
        { name: say.columns.at, cell: (one) => moment(one.published_at ?? one.created_at) },
        { name: say.columns.note, cell: (one) => one.note ?? "–" },
        { name: say.columns.runs, cell: (one) => number(runsOn.get(one.version) ?? 0) },
        { name: say.columns.act, cell: (one) => (
          <span className="flex flex-wrap gap-1">
            {versions.length > 1 && one.version !== view.version && <Button aria-label={`${say.compare}: ${runWords.tab.at(one.version)}`} onClick={() => compare(one)}>{say.compare}</Button>}
            {one.status !== "draft" && one.version !== view.version && <Button disabled={mayNot !== undefined} title={mayNot} aria-label={`${say.restore}: ${runWords.tab.at(one.version)}`} onClick={() => setRestores(one.version)}>{say.restore}…</Button>}
            {(runsOn.get(one.version) ?? 0) > 0 && one.version !== view.version && view.version !== null && <Button disabled={mayNot !== undefined} title={mayNot} aria-label={`${say.move}: ${runWords.tab.at(one.version)}`} onClick={() => setMoves(one.version)}>{say.move}…</Button>}
          </span>
        ) },
      ]} />
      <Ask open={restores !== null} setOpen={() => setRestores(null)} title={say.restoreTitle(restores ?? 0)} go={say.restore} busy={restore.isPending} confirm={() => restores !== null && restore.mutate(restores)}><p>{say.restoreHow}</p></Ask>
      {moves !== null && view.version !== null && view.live && <Migrate name={view.key} from={moves} to={view.version} journey={documentOf(view.live)} old={versions.find((one) => one.version === moves)} close={() => setMoves(null)} />}
    </Panel>
  );
}

function Compared({ from, to, versions, set }: { from: Version; to: Version; versions: Version[]; set: (part: { old?: number; new?: number }) => void }) {
  const [before, after] = useMemo(() => [documentOf(from), documentOf(to)], [from, to]);
  const difference = useMemo(() => diffOf(before, after), [before, after]);
  const marks = useMemo(() => diffMarks(difference), [difference]);
  const gone = Object.entries(difference.steps).filter(([, what]) => what === "removed");
  const choose = (label: string, value: number, name: "old" | "new") => (
    <label className="flex items-center gap-1.5 text-muted">{label} <select value={value} onChange={(event) => set({ [name]: Number(event.target.value) })} className={`${CONTROL} !w-auto text-text`}>{versions.map((one) => <option key={one.version} value={one.version}>{runWords.tab.at(one.version)}{one.status === "draft" ? ` (${say.draft})` : ""}</option>)}</select></label>
  );
  return (
    <Panel title={say.compare} aside={<span className="flex gap-2">{choose(say.from, from.version, "old")}{choose(say.to, to.version, "new")}</span>}>
      <div className="grid gap-4 lg:grid-cols-[1fr_24rem]">
        <div className="h-[min(60vh,34rem)] overflow-hidden rounded-md border border-line"><Canvas key={`${from.version}-${to.version}`} journey={after} marks={marks} label={say.drawing} /></div>
        <div className="min-w-0 space-y-3">
          {gone.length > 0 && <section><h3 className="font-semibold">{say.goneSteps}</h3><ul>{gone.map(([id]) => { const step = before.steps[id]; return <li key={id} className="text-bad"><s>{step ? nameOf(step) : id}</s> <b>{say.step.removed}</b></li>; })}</ul></section>}
          <section><h3 className="font-semibold">{say.changes}</h3>
            {difference.changes.length === 0 ? <p className="text-muted">{say.nothing}</p> : <ul className="max-h-120 list-disc space-y-1 overflow-auto pl-5" tabIndex={0} aria-label={say.changes}>{difference.changes.map((one, place) => <li key={place}>{one}</li>)}</ul>}
          </section>
        </div>
      </div>
    </Panel>
  );
}
