/** Machine work that takes longer than a request: what waits, runs, is done or failed, with its progress and its result. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";

import { jobs, type Job } from "../../api/settings";
import { ago, moment, span } from "../../format";
import { Button, Empty, Loaded } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { JobProgress, JobState } from "./JobState";

const route = getRouteApi("/settings");
const said = officeWords.jobs;

export function Jobs() {
  const { status, kind } = route.useSearch();
  const navigate = useNavigate({ from: "/settings" });
  const query = useInfiniteQuery(jobs({ ...(status ? { status } : {}), ...(kind ? { kind } : {}) }));
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  const kinds = [...new Set([...Object.keys(said.kinds), ...(kind ? [kind] : [])])];
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <select aria-label={said.state} className={`${CONTROL} !w-auto max-w-full`} value={status ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, status: event.target.value || undefined }), replace: true })}>
          <option value="">{said.anyState}</option>{Object.entries(said.states).map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </select>
        <select aria-label={said.kind} className={`${CONTROL} !w-auto max-w-full`} value={kind ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, kind: event.target.value || undefined }), replace: true })}>
          <option value="">{said.anyKind}</option>{kinds.map((one) => <option key={one} value={one}>{said.kinds[one] ?? one}</option>)}
        </select>
      </div>
      <Loaded query={query} lines={8}>{() => (found.length === 0 ? <Empty>{status || kind ? said.none : said.noneYet}</Empty> : <List jobs={found} />)}</Loaded>
      {query.hasNextPage && <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </>
  );
}

function took(one: Job): string {
  if (!one.started_at) return "–";
  const seconds = (new Date(one.finished_at ?? Date.now()).getTime() - new Date(one.started_at).getTime()) / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : span(seconds);
}

function List({ jobs: shown }: { jobs: Job[] }) {
  return (
    <Table label={officeWords.settings.tabs.jobs} rows={shown} keyOf={(row) => row.id} minWidth="52rem" columns={[
      { name: said.job, cell: (row) => <><b className="font-medium">{said.kinds[row.kind] ?? row.kind}</b><br /><span className="text-muted">#{row.id} · {row.created_by}</span></> },
      { name: said.state, cell: (row) => <JobState job={row} /> },
      { name: said.progress, cell: (row) => <JobProgress job={row} /> },
      { name: said.asked, cell: (row) => <span className="whitespace-nowrap" title={moment(row.created_at)}>{ago(row.created_at)}</span> },
      { name: said.took, right: true, cell: (row) => <span className="whitespace-nowrap">{took(row)}</span> },
    ]} />
  );
}
