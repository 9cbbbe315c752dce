/** Who is in a journey now: the live drawing with numbers on each step, and the runs there, filtered by the server. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";

import { runs, stepCounts, type JourneyItem, type RunFilter, type RunItem } from "../../api/runs";
import { moment, number } from "../../format";
import type { Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { liveMarks } from "../../journey/marks";
import { Button, Empty, Loaded } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Table } from "../../ui/Table";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";
import { Canvas } from "../journey/Canvas";
import { isStep } from "../journey/ways";
import { PaceLegend, Paces } from "../journeys/JourneyRow";
import { Entering } from "./Entering";
import { Held } from "./Held";
import { RunWord } from "./RunWord";
import { mayOperate, useRunAct } from "./useRunAct";

const route = getRouteApi("/journeys/$key");
const say = runWords.tab;

/** journey: the live version. */
export function RunsTab({ item, journey }: { item: JourneyItem; journey: Journey | null }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/journeys/$key" });
  const set = (part: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  const counts = useQuery(stepCounts(item.key));
  const marks = useMemo(() => (counts.data ? liveMarks(counts.data.items) : undefined), [counts.data]);
  if (!item.live || !journey) return <div className="p-5"><Empty>{say.asDraft}</Empty></div>;
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto">
      <div className="h-[42vh] min-h-72 shrink-0 border-b border-line">
        <Canvas journey={journey} marks={marks} selected={search.step ? [search.step] : []} onSelect={(id) => set({ step: id !== null && isStep(id) ? id : undefined })} label={say.drawing} />
      </div>
      <div className="space-y-3 p-4">
        <div className="flex flex-wrap items-center gap-3"><Paces pace={item.pace} journey={item.key} /><PaceLegend /><span className="ml-auto"><Entering item={item} /></span></div>
        {item.runs.held > 0 && <Held journey={item.key} count={item.runs.held} />}
        <Filters search={search} set={set} journey={journey} />
        <List journey={item.key} steps={journey} search={search} />
      </div>
    </div>
  );
}

type Search = { step?: string | undefined; pace?: string | undefined; status?: string | undefined; account?: string | undefined };

function Filters({ search, set, journey }: { search: Search; set: (part: Search) => void; journey: Journey }) {
  const choice = (label: string, value: string | undefined, name: keyof Search, options: [string, string][]) => (
    <label className="flex items-center gap-1.5 text-muted">{label}
      <select value={value ?? ""} onChange={(event) => set({ [name]: event.target.value || undefined })} className={`${CONTROL} !w-auto max-w-52 text-text`}>{options.map(([key, told]) => <option key={key} value={key}>{told}</option>)}</select>
    </label>
  );
  return (
    <div role="search" className="flex flex-wrap items-center gap-2">
      {choice(say.step, search.step, "step", [["", say.allSteps], ...Object.entries(journey.steps).map(([id, step]): [string, string] => [id, nameOf(step)])])}
      {choice(say.under, search.pace, "pace", [["", say.allPaces], ...Object.entries(runWords.pace)])}
      {choice(say.state, search.status, "status", [["", say.allStates], ...Object.entries(runWords.status)])}
      <label className="flex items-center gap-1.5 text-muted">{say.account}
        <input defaultValue={search.account ?? ""} onBlur={(event) => set({ account: event.target.value.trim() || undefined })} onKeyDown={(event) => { if (event.key === "Enter") set({ account: event.currentTarget.value.trim() || undefined }); }} className={`${CONTROL} !w-36 text-text`} />
      </label>
    </div>
  );
}

function List({ journey, steps, search }: { journey: string; steps: Journey; search: Search }) {
  const filter = { journey, ...(search.step ? { step: search.step } : {}), ...(search.pace ? { pace: search.pace } : {}), ...(search.status ? { status: [search.status] } : {}), ...(search.account ? { account: search.account } : {}) } as RunFilter;
  const query = useInfiniteQuery(runs(filter));
  const called = (id: string) => { const step = steps.steps[id]; return step ? nameOf(step) : id; };
  const isFiltered = Boolean(search.step ?? search.pace ?? search.status ?? search.account);
  return (
    <Loaded query={query}>
      {(data) => {
        const rows = data.pages.flatMap((page) => page.items);
        if (!rows.length) return <Empty>{isFiltered ? say.none : `${say.empty} ${say.emptyHow}`}</Empty>;
        return (
          <div className="space-y-2">
            <Table label={search.step ? say.here(called(search.step)) : say.everywhere} rows={rows} keyOf={(row) => row.id} minWidth="52rem" columns={[
              { name: say.columns.who, cell: (row) => <Link to="/runs/$id" params={{ id: String(row.id) }} className="inline-block min-h-6 font-medium text-accent hover:underline">{row.contact_name ?? row.account_name ?? row.account ?? `#${row.id}`}</Link> },
              { name: say.columns.status, cell: (row) => <RunWord run={row} /> },
              { name: say.columns.step, cell: (row) => row.steps.map(called).join(", ") || "–" },
              { name: say.columns.next, cell: (row) => (row.ended_at ? moment(row.ended_at) : row.due_at ? moment(row.due_at) : say.untilWoken) },
              { name: say.columns.entered, cell: (row) => <>{moment(row.entered_at)} <span className="text-muted">{say.at(row.version)}</span></> },
              { name: say.columns.act, cell: (row) => <Quick run={row} /> },
            ]} />
            <p className="flex items-center gap-3 text-muted"><span role="status">{say.shown(number(rows.length))}</span>{query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}</p>
          </div>
        );
      }}
    </Loaded>
  );
}

/** The one thing that is most often done to a run as it is; all else on its own page. */
function Quick({ run }: { run: RunItem }) {
  const act = useRunAct(run.id);
  const mayNot = mayOperate();
  const what = run.status === "running" ? "pause" : run.status === "paused" || run.status === "held" ? "resume" : run.status === "failed" ? "retry" : null;
  if (what === null) return <span className="text-muted">–</span>;
  const name = runWords.run.act[what] ?? what;
  return <Button disabled={act.isPending || mayNot !== undefined} title={mayNot} aria-label={`${name}: ${run.account_name ?? run.account ?? run.id}`} onClick={() => act.mutate({ what })}>{name}</Button>;
}
