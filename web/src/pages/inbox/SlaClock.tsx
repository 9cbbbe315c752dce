/** Time left until a task is due, or by how much it is late; moves on by the half minute. */
import { useEffect, useState } from "react";

import { span } from "../../format";
import { words } from "../../words/en";

export function SlaClock({ due, since }: { due: string; since: number }) {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const beat = window.setInterval(() => setNow(Date.now()), 30_000);
    return () => window.clearInterval(beat);
  }, []);
  const left = (new Date(due).getTime() - now) / 1000;
  return left < 0
    ? <span className="font-medium whitespace-nowrap text-bad">{words.inbox.overdue} {span(left)}</span>
    : <span className={`whitespace-nowrap ${left < 7_200 ? "font-medium text-watch" : ""}`}>{span(left)} {words.inbox.left}</span>;
}
