/** Every journey with who is on the way in it now, and how the last thirty days ended. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";

import { api, body, type Schemas } from "../api/client";
import { journeys } from "../api/queries";
import { number } from "../format";
import { may } from "../session";
import { Button, Empty, Loaded } from "../ui/bits";
import { Page } from "../ui/Page";
import { words } from "../words/en";

type Item = Schemas["JourneyItem"];

export function Journeys() {
  const query = useQuery(journeys);
  return (
    <Page title={words.journeys.title}>
      <Loaded query={query}>
        {({ items }) => items.length === 0 ? <Empty>{words.journeys.none} {words.journeys.how}</Empty> : (
          <div className="relative overflow-x-auto rounded-lg border border-line bg-panel" tabIndex={0} role="region" aria-label={words.journeys.title}>
            <table className="w-full min-w-200 text-left">
              <thead className="bg-ground text-muted"><tr>{[words.journeys.name, words.journeys.state, words.journeys.now, words.journeys.month, words.journeys.ends, ""].map((name, place) => <th key={place} scope="col" className="px-4 py-2 font-medium">{name || <span className="sr-only">{words.journeys.pause}</span>}</th>)}</tr></thead>
              <tbody>{items.map((item) => <Row key={item.key} item={item} />)}</tbody>
            </table>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Row({ item }: { item: Item }) {
  const ended = Object.entries(item.last_30d.ended as Record<string, number>);
  const now = ([["running", item.runs.running], ["held", item.runs.held], ["paused", item.runs.paused], ["failed", item.runs.failed]] as const).filter(([, count]) => count);
  return (
    <tr className="border-t border-line align-top">
      <th scope="row" className="px-4 py-2 font-normal"><b className="font-medium">{item.name}</b><br /><span className="text-muted">{item.description}</span></th>
      <td className="px-4 py-2 whitespace-nowrap">{words.journeys.status[item.status] ?? item.status}{item.version !== null && <span className="text-muted"> v{item.version}</span>}</td>
      <td className="px-4 py-2">{now.length ? now.map(([what, count]) => <div key={what} className={what === "failed" ? "text-bad" : ""}>{number(count ?? 0)} {words.journeys[what]}</div>) : <span className="text-muted">0</span>}</td>
      <td className="px-4 py-2">{number(item.last_30d.entered)}</td>
      <td className="px-4 py-2 text-muted">{ended.length ? ended.map(([how, count]) => <div key={how}>{number(count)} {how}</div>) : "–"}</td>
      <td className="px-4 py-2 text-right"><Switch item={item} /></td>
    </tr>
  );
}

function Switch({ item }: { item: Item }) {
  const client = useQueryClient();
  const pausing = item.status === "active";
  const change = useMutation({
    mutationFn: () => {
      const path = { params: { path: { key: item.key } } };
      return pausing ? body(api.POST("/api/journeys/{key}/pause", path)) : body(api.POST("/api/journeys/{key}/resume", path));
    },
    onError: (error) => toast.error(error.message),
    onSettled: () => client.invalidateQueries({ queryKey: ["journeys"] }),
  });
  if (!may("journeys:publish") || !["active", "paused"].includes(item.status)) return null;
  return <Button disabled={change.isPending} onClick={() => change.mutate()} aria-label={`${pausing ? words.journeys.pause : words.journeys.resume}: ${item.name}`}>{pausing ? words.journeys.pause : words.journeys.resume}</Button>;
}
