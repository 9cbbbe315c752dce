/**
 * What changes at the server is shown without a reload: one event stream a browser (stream/share), made anew when it breaks
 * (stream/follow), whose topics let queries be asked again (stream/refresh). Nothing here asks by the clock.
 */
import type { QueryClient } from "@tanstack/react-query";
import { create } from "zustand";

import { resume, useSession, type Session } from "../session";
import { proof, writing } from "./client";
import { awake, follow, type Link } from "./stream/follow";
import type { Told } from "./stream/parse";
import { refresher, type Refresher } from "./stream/refresh";
import { share, type Sharing, type Word } from "./stream/share";

type Stream = { link: Link; since: number; freshAt: number };

/** How it stands: the link and since when; when an answer of the server last arrived. */
export const useStream = create<Stream>(() => ({ link: "connecting", since: Date.now(), freshAt: Date.now() }));

/** Do not wait for the next try. */
export const tryNow = (): void => taking?.again();
let taking: Sharing | null = null;

/** Keep what is shown in step while somebody is signed in. */
export function keepInStep(queries: QueryClient): void {
  let who = "";
  let stop: (() => void) | null = null;
  const look = (session: Session | null): void => {
    const now = session ? `${session.workspace_id}.${session.actor}` : "";
    if (now === who) return;
    who = now;
    stop?.();
    stop = session ? begin(`forestay.stream.${now}`, queries) : null;
  };
  useSession.subscribe(({ session }) => look(session));
  look(useSession.getState().session);
  window.addEventListener("online", tryNow);
  window.addEventListener("offline", () => awake.dispatchEvent(new Event("cut")));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tryNow());
  queries.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "success") useStream.setState({ freshAt: Date.now() });
  });
}

function begin(name: string, queries: QueryClient): () => void {
  const refresh = refresher(queries, () => writing.calls > 0);
  const hear = (word: Word): void => {
    if (word.is === "event") act(word.event.told, refresh);
    if (word.is === "link") linked(word.link, word.since, queries);
    if (word.is === "again") awake.dispatchEvent(new Event("now"));
  };
  let since = Date.now();
  let link: Link | null = null;
  const sharing = share(
    name,
    (tell, lastId, signal) =>
      follow(
        {
          headers: () => (proof.key ? { Authorization: `Bearer ${proof.key}` } : {}),
          heard: (event) => tell({ is: "event", event }),
          alive: () => tell({ is: "alive", at: Date.now() }),
          link: (to) => {
            if (link === "live" || to === "live") since = Date.now(); // offline counts from when it broke
            link = to;
            tell({ is: "link", link: to, since });
          },
          lastId,
        },
        signal,
      ),
    hear,
  );
  taking = sharing;
  return () => {
    sharing.end();
    refresh.close();
    taking = null;
  };
}

function act(told: Told, refresh: Refresher): void {
  if (told.name === "change") refresh.change(told.topics);
  else if (told.name === "resync") refresh.all();
  else if (told.name === "hello") told.heard_all ? refresh.recent(told.recent_ms) : refresh.all();
  else if (told.name === "ended" || told.name === "rights") void resume().catch(() => undefined); // away: the banner says so
}

/** Queries that failed while the server was away are asked again as soon as it is back. */
function linked(link: Link, since: number, queries: QueryClient): void {
  const before = useStream.getState().link;
  useStream.setState({ link, since });
  if (link === "live" && before !== "live") void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
}
