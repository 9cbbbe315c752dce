/** One connection to the event stream, made anew whenever it breaks. By fetch, since an EventSource can send no key. */
import { parser, type Event } from "./parse";

export type Link = "connecting" | "live" | "offline";
export type Following = {
  /** What proves who we are, beside the cookie. */
  headers: () => Record<string, string>;
  heard: (event: Event) => void;
  /** Bytes came: the connection lives. */
  alive: () => void;
  link: (state: Link) => void;
  /** Of the last event, when another window listened before. */
  lastId: string | null;
  fetch?: typeof fetch;
};

/** The server gives a sign of life every 15 s; after this silence the connection is dead, whatever it says. */
const SILENCE = 40_000;
const WAITS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** How long to wait before try n (0, 1, ...): doubling, and spread so that a thousand browsers do not come at once. */
export const waitBefore = (tries: number, chance: number = Math.random()): number =>
  (WAITS[Math.min(tries, WAITS.length - 1)] as number) * (0.5 + chance);

/** Listen until `signal` ends it, or until the server says that we may not. */
export async function follow(to: Following, signal: AbortSignal): Promise<void> {
  let lastId = to.lastId;
  let tries = 0;
  to.link("connecting");
  while (!signal.aborted) {
    const ended = await listen({ ...to, lastId }, signal, (event) => {
      lastId = event.id ?? lastId;
      if (event.told.name === "hello") {
        tries = 0;
        to.link("live");
      }
      to.heard(event);
    });
    if (ended || signal.aborted) return;
    to.link(tries > 0 ? "offline" : "connecting");
    await pause(waitBefore(tries), signal);
    tries += 1;
  }
}

/** One connection, to its end. True when coming back is of no use: we are not signed in. */
async function listen(to: Following, signal: AbortSignal, heard: (event: Event) => void): Promise<boolean> {
  const dead = new AbortController();
  const cut = (): void => dead.abort();
  awake.addEventListener("cut", cut);
  let timer = setTimeout(cut, SILENCE);
  let isOver = false;
  try {
    const headers = { Accept: "text/event-stream", ...to.headers(), ...(to.lastId ? { "Last-Event-ID": to.lastId } : {}) };
    const answer = await (to.fetch ?? fetch)("/api/stream", { headers, cache: "no-store", signal: AbortSignal.any([signal, dead.signal]) });
    if (answer.status === 401) heard({ told: { name: "ended", why: "refused" }, id: null });
    if (!answer.ok || answer.body === null) return answer.status === 401;
    const parse = parser();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(cut, SILENCE);
      to.alive();
      for (const event of parse(part.value)) {
        isOver ||= event.told.name === "ended";
        heard(event);
      }
    }
    return isOver;
  } catch {
    return isOver; // the network went away, or we ended it: the loop knows what to do
  } finally {
    clearTimeout(timer);
    awake.removeEventListener("cut", cut);
  }
}

/** Told `now` when waiting is of no use any more, since the network or the person is back; `cut` when the network has gone. */
export const awake = new EventTarget();

/** Wait; not longer than until somebody is awake. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      awake.removeEventListener("now", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    awake.addEventListener("now", done);
  });
}
