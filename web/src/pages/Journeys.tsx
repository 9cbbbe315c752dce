/** Every journey: whether it acts, how those get on who are in it, how the last thirty days ended; pause, resume, stop. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useRef } from "react";

import { journeyList, type JourneyItem } from "../api/runs";
import { useKeys } from "../shell/keys";
import { Button, Empty, Loaded } from "../ui/bits";
import { CONTROL } from "../ui/Field";
import { Page } from "../ui/Page";
import { runs as runWords } from "../words/en.runs";
import { words } from "../words/en";
import { NewButton } from "./journey/NewButton";
import { chosen } from "./journeys/chosen";
import { JourneyRow, PaceLegend } from "./journeys/JourneyRow";

const Care = lazy(() => import("./journeys/Care").then((found) => ({ default: found.Care })));
const route = getRouteApi("/journeys");
const say = runWords.list;

export function Journeys() {
  const query = useQuery(journeyList);
  const asked = route.useSearch();
  const navigate = useNavigate({ from: "/journeys" });
  const filter = useRef<HTMLInputElement>(null);
  const set = (part: Record<string, string | undefined>) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true });
  useKeys({ "/": () => filter.current?.focus() });
  const statuses = Object.keys(words.journeys.status);
  return (
    <Page title={words.journeys.title} aside={<NewButton />}>
      <Loaded query={query}>
        {({ items }) => items.length === 0 ? <Empty>{words.journeys.none} {words.journeys.how}</Empty> : (
          <>
            <div role="search" className="mb-3 flex flex-wrap items-center gap-2">
              <input ref={filter} type="search" aria-label={say.search} placeholder={`${say.search}  /`} value={asked.q ?? ""} onChange={(event) => set({ q: event.target.value || undefined })} className={`${CONTROL} !w-60`} />
              <Choice label={say.status} value={asked.status ?? ""} set={(status) => set({ status })} options={[["", say.all], ...statuses.map((one): [string, string] => [one, words.journeys.status[one] ?? one])]} />
              <Choice label={say.sort} value={asked.sort ?? "name"} set={(sort) => set({ sort: sort === "name" ? undefined : sort })} options={Object.entries(say.sorts)} />
              <PaceLegend />
            </div>
            <List items={chosen(items, asked)} clear={() => set({ q: undefined, status: undefined })} />
          </>
        )}
      </Loaded>
      <Suspense fallback={null}><Care /></Suspense>
    </Page>
  );
}

function Choice({ label, value, set, options }: { label: string; value: string; set: (value: string | undefined) => void; options: [string, string][] }) {
  return (
    <label className="flex items-center gap-1.5 text-muted">{label}
      <select value={value} onChange={(event) => set(event.target.value || undefined)} className={`${CONTROL} !w-auto text-text`}>{options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select>
    </label>
  );
}

function List({ items, clear }: { items: JourneyItem[]; clear: () => void }) {
  if (!items.length) return <Empty>{say.noMatch} <Button onClick={clear}>{say.clear}</Button></Empty>;
  const columns = [say.columns.name, say.columns.state, say.columns.pace, say.columns.entered, say.columns.goal, say.columns.ends, say.columns.act];
  return (
    <div className="relative overflow-x-auto rounded-lg border border-line bg-panel" tabIndex={0} role="region" aria-label={words.journeys.title}>
      <table className="w-full min-w-240 text-left">
        <thead className="bg-ground text-muted"><tr>{columns.map((name) => <th key={name} scope="col" className="px-3 py-2 font-medium">{name}</th>)}</tr></thead>
        <tbody>{items.map((item) => <JourneyRow key={item.key} item={item} />)}</tbody>
      </table>
    </div>
  );
}
