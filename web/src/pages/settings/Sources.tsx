/** Where data comes from: sources and how fresh they are, files brought in with their rows that were not taken. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { api, body, once, type Schemas } from "../../api/client";
import { status } from "../../api/queries";
import { jobs, type Job } from "../../api/settings";
import { useWrite } from "../../api/write";
import { ago, moment, number } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { ImportFile } from "./ImportFile";
import { JobProgress, JobState } from "./JobState";
import { saveRejects } from "./rejects";

const said = officeWords.sources;

export function Sources() {
  const [importing, setImporting] = useState(false);
  return (
    <>
      <Feeds />
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="text-sm font-semibold">{said.imports}</h2>
        <GuardedButton needs="imports:write" kind="primary" onClick={() => setImporting(true)}>{said.importFile}</GuardedButton>
      </div>
      <ReadOnly needs="imports:write" />
      <Imports />
      {importing && <Modal open setOpen={setImporting} title={said.importFile}><ImportFile done={() => setImporting(false)} /></Modal>}
    </>
  );
}

const COLOURS: Record<string, string> = { fresh: "text-good", stale: "text-bad", not_connected: "text-muted" };

function Feeds() {
  const query = useQuery(status);
  return (
    <Panel title={said.feeds} aside={query.data && (query.data.lag === 0 ? officeWords.about.upToDate : said.behind(number(query.data.lag)))}>
      <Loaded query={query}>{({ feeds }) => (
        <ul className="divide-y divide-line">{feeds.map((one) => (
          <li key={one.feed} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2">
            <b className="w-44 font-medium">{words.feed[one.feed]}</b>
            <span className={`w-32 ${COLOURS[one.state] ?? ""}`}>● {said.states[one.state] ?? one.state}</span>
            <span className="min-w-0 flex-1 text-muted">{one.last_at ? <span title={moment(one.last_at)}>{said.last} {ago(one.last_at)}</span> : said.nothingYet}</span>
            {one.state === "not_connected" && <Connect feed={one.feed} />}
          </li>
        ))}</ul>
      )}</Loaded>
      <p className="mt-3 text-xs text-muted">{said.feedsHow} <Link to="/settings" search={{ tab: "quarantine" }} className="text-accent underline">{officeWords.settings.tabs.quarantine}</Link></p>
    </Panel>
  );
}

function Connect({ feed }: { feed: Schemas["Feed"] }) {
  const connect = useWrite(() => body(api.POST("/api/feeds/{feed}/connected", { params: { path: { feed }, header: once() } })), { topics: ["status"], said: said.connected, loud: true });
  return <GuardedButton needs="config:write" title={said.connectHow} disabled={connect.isPending} onClick={() => connect.mutate()} aria-label={`${said.connect}: ${words.feed[feed]}`}>{said.connect}</GuardedButton>;
}

type Told = { rows?: number; accepted?: number; rejected?: number; rejects?: string | null; dry_run?: boolean };

function Imports() {
  const query = useInfiniteQuery(jobs({ kind: "import" }));
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Loaded query={query}>{() => (found.length === 0 ? <Empty>{said.noImports}</Empty> : (
        <Table label={said.imports} rows={found} keyOf={(row) => row.id} minWidth="48rem" columns={[
          { name: officeWords.jobs.job, cell: (row) => <><b className="font-medium">#{row.id}</b> <span className="text-muted">{row.created_by}</span></> },
          { name: officeWords.jobs.state, cell: (row) => <JobState job={row} /> },
          { name: said.rows, cell: (row) => <Counts job={row} /> },
          { name: officeWords.jobs.asked, cell: (row) => <span className="whitespace-nowrap" title={moment(row.created_at)}>{ago(row.created_at)}</span> },
          { name: said.rejects, right: true, cell: (row) => ((row.result as Told).rejects ? <Rejects job={row} /> : <span className="text-muted">–</span>) },
        ]} />
      ))}</Loaded>
      {query.hasNextPage && <Button onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </>
  );
}

function Counts({ job }: { job: Job }) {
  const told = job.result as Told;
  if (told.rows === undefined) return <JobProgress job={job} />;
  return <>{said.counts(number(told.rows), number(told.accepted ?? 0), number(told.rejected ?? 0))}</>;
}

export function Rejects({ job }: { job: Job }) {
  return <Button onClick={() => void saveRejects(job.id).catch((error: Error) => toast.error(error.message))}>{said.download}</Button>;
}
