/** Everything that happened, newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";

import { timeline } from "../../api/queries";
import { moment } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const KINDS: Record<keyof typeof deskWords.timeline.kinds, string[]> = {
  tickets: ["ticket.opened", "ticket.escalated", "ticket.closed"], talk: ["interaction", "survey.answered"], money: ["invoice.issued", "invoice.paid", "subscription.started", "subscription.ended"],
  people: ["contact.left"], signals: ["signal.fired", "signal.closed"], tasks: ["task.opened", "task.done"], messages: ["message.sent"], health: ["health.band_changed"],
};
type Kind = keyof typeof KINDS;

export function Timeline({ id, kinds, choose }: { id: string; kinds: readonly string[]; choose: (kinds: string[]) => void }) {
  const chosen = (Object.keys(KINDS) as Kind[]).filter((one) => kinds.includes(one));
  const asked = chosen.flatMap((one) => KINDS[one]);
  const query = useInfiniteQuery(timeline(id, asked));
  const turn = (kind: Kind): void => choose(chosen.includes(kind) ? chosen.filter((one) => one !== kind) : [...chosen, kind]);
  const t = deskWords.timeline;
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel>
      <div role="group" aria-label={t.filter} className="mb-3 flex flex-wrap gap-1">
        <Button kind="quiet" aria-pressed={chosen.length === 0} className={chosen.length === 0 ? "bg-accent-ground !text-accent" : ""} onClick={() => choose([])}>{t.all}</Button>
        {(Object.keys(KINDS) as Kind[]).map((one) => <Button key={one} kind="quiet" aria-pressed={chosen.includes(one)} className={chosen.includes(one) ? "bg-accent-ground !text-accent" : ""} onClick={() => turn(one)}>{t.kinds[one]}</Button>)}
      </div>
      <Loaded query={query} lines={10}>
        {() => items.length === 0 ? <Empty>{words.account.noTimeline}</Empty> : (
          <ol className="space-y-2 border-l border-line pl-4">
            {items.map((one) => (
              <li key={`${one.kind}:${one.key}:${one.at}`} className="grid grid-cols-[10rem_7rem_1fr] gap-3 max-sm:grid-cols-1 max-sm:gap-0">
                <time dateTime={one.at} className="text-muted">{moment(one.at)}</time><span className="text-muted">{one.kind.replaceAll("_", " ")}</span><span className="min-w-0 truncate">{one.title ?? one.key}</span>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
      {query.hasNextPage && <Button kind="quiet" className="mt-2" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </Panel>
  );
}
