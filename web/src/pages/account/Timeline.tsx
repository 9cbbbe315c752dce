/** Everything that happened, newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";

import { timeline } from "../../api/queries";
import { moment } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { words } from "../../words/en";

export function Timeline({ id }: { id: string }) {
  const query = useInfiniteQuery(timeline(id));
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel>
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
