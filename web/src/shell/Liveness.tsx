/** Whether what is shown follows what happens: a line in the frame, and a banner when it does not. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { status } from "../api/queries";
import { tryNow, useStream } from "../api/stream";
import { moment } from "../format";
import { may } from "../session";
import { Button } from "../ui/bits";
import { words } from "../words/en";

export function Liveness() {
  const { link, freshAt } = useStream();
  const { data } = useQuery({ ...status, enabled: may("jobs:read") });
  const now = useNow(1_000);
  if (link !== "live") return <p className="px-2 text-muted">○ {link === "offline" ? words.stream.offlineShort : words.stream.connecting}</p>;
  const behind = data?.is_catching_up && data.lag > 0 ? words.catchingUp(data.lag) : words.stream.live;
  return (
    <p className="px-2 text-muted" data-link={link}>
      <span aria-hidden className="text-good">●</span> {behind} · {words.stream.updated(Math.max(0, Math.round((now - freshAt) / 1000)))}
    </p>
  );
}

/** In words, since when, and what happens next; said once by screen readers. */
export function OfflineBanner() {
  const { link, since } = useStream();
  return (
    <div role="status">
      {link === "offline" && (
        <p className="flex flex-wrap items-center gap-3 border-b border-line bg-watch-ground px-4 text-watch py-2">
          <span>{words.stream.offline(moment(new Date(since).toISOString()))}</span>
          <Button onClick={tryNow}>{words.stream.tryNow}</Button>
        </p>
      )}
    </div>
  );
}

function useNow(every: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
