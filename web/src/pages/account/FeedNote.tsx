/** Above what comes from a source: that it is not connected, has nothing of this account, or has fallen silent. */
import type { Schemas } from "../../api/client";
import { moment } from "../../format";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

export function FeedNote({ data, feed }: { data: Schemas["AccountView"]; feed: Schemas["Feed"] }) {
  const found = data.feeds.find((one) => one.feed === feed);
  if (!found || found.status === "fresh") return null;
  const name = words.feed[feed];
  const t = deskWords.feeds;
  return <p role="note" className={`mb-3 rounded-md border border-line px-3 py-2 ${found.status === "stale" ? "bg-watch-ground text-watch" : "bg-panel text-muted"}`}>{found.status === "stale" ? t.stale(name, moment(found.stale_since)) : found.status === "no_data" ? t.no_data(name) : t.not_connected(name)}</p>;
}
