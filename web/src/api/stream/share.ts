/**
 * One stream for all windows of a browser: who holds the lock listens and tells the others; when it closes, the next one
 * has the lock. With HTTP/1.1 a browser opens six connections to a server, so a stream for each window would use them up.
 * Without locks (a page over plain http) every window listens for itself, while it is looked at.
 */
import type { Event } from "./parse";
import type { Link } from "./follow";

export type Word = { is: "event"; event: Event } | { is: "link"; link: Link; since: number } | { is: "alive"; at: number } | { is: "who" } | { is: "again" };
export type Sharing = { end: () => void; /** Let who listens try again at once. */ again: () => void };
export type Lead = (tell: (word: Word) => void, lastId: string | null, signal: AbortSignal) => Promise<void>;
type Channel = Pick<BroadcastChannel, "postMessage" | "close"> & { onmessage: ((message: MessageEvent<Word>) => void) | null };
export type Means = {
  locks: Pick<LockManager, "request"> | undefined;
  channel: (name: string) => Channel;
  isSeen: () => boolean;
  onSeen: (look: () => void) => () => void;
};

/** Windows that hear nothing from who listens for this long take its place: the browser may have put it to sleep. */
const ASLEEP = 60_000;
const UNSEEN = 10_000;

export const browser: Means = {
  locks: globalThis.navigator?.locks,
  channel: (name) => new BroadcastChannel(name),
  isSeen: () => document.visibilityState === "visible",
  onSeen: (look) => {
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  },
};

/** Take part under this name. */
export function share(name: string, lead: Lead, hear: (word: Word) => void, means: Means = browser): Sharing {
  return means.locks === undefined ? alone(lead, hear, means) : together(name, lead, hear, means.locks, means);
}

function together(name: string, lead: Lead, hear: (word: Word) => void, locks: Pick<LockManager, "request">, means: Means): Sharing {
  const over = new AbortController();
  const channel = means.channel(name);
  let lastId: string | null = null;
  let heardAt = Date.now();
  let link: Word | null = null;
  let isLeading = false;
  const take = (word: Word): void => {
    heardAt = Date.now();
    if (word.is === "event") lastId = word.event.id ?? lastId;
    hear(word);
  };
  const tell = (word: Word): void => {
    if (word.is === "link") link = word;
    channel.postMessage(word);
    take(word);
  };
  channel.onmessage = ({ data }) => {
    if (data.is === "who") return isLeading && link ? channel.postMessage(link) : undefined;
    if (data.is === "again") return isLeading ? hear(data) : undefined;
    if (!isLeading) take(data);
  };
  channel.postMessage({ is: "who" } satisfies Word);

  const campaign = async (steal: boolean): Promise<void> => {
    const mine = new AbortController();
    const stop = (): void => mine.abort();
    over.signal.addEventListener("abort", stop);
    try {
      await locks.request(name, steal ? { steal } : { signal: over.signal }, async () => {
        isLeading = true;
        await lead(tell, lastId, mine.signal);
      });
    } catch {
      // the lock was taken from us, or we ended: the latter is seen below
    } finally {
      isLeading = false;
      mine.abort();
      over.signal.removeEventListener("abort", stop);
    }
  };
  const stand = async (): Promise<void> => {
    for (let steal = false; !over.signal.aborted; steal = false) await campaign(steal);
  };
  void stand();
  const watch = setInterval(() => {
    if (!isLeading && means.isSeen() && Date.now() - heardAt > ASLEEP) {
      heardAt = Date.now();
      void campaign(true);
    }
  }, ASLEEP / 4);
  return {
    end: () => {
      clearInterval(watch);
      over.abort();
      channel.close();
    },
    again: () => (isLeading ? hear({ is: "again" }) : channel.postMessage({ is: "again" } satisfies Word)),
  };
}

/** A window for itself: it listens while it is looked at, and a little longer. */
function alone(lead: Lead, hear: (word: Word) => void, means: Means): Sharing {
  let lastId: string | null = null;
  let running: AbortController | null = null;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const tell = (word: Word): void => {
    if (word.is === "event") lastId = word.event.id ?? lastId;
    hear(word);
  };
  const stop = (): void => {
    running?.abort();
    running = null;
  };
  const look = (): void => {
    clearTimeout(leaving);
    if (!means.isSeen()) {
      leaving = setTimeout(stop, UNSEEN);
    } else if (running === null) {
      running = new AbortController();
      void lead(tell, lastId, running.signal);
    }
  };
  const unwatch = means.onSeen(look);
  look();
  return {
    end: () => {
      clearTimeout(leaving);
      unwatch();
      stop();
    },
    again: () => hear({ is: "again" }),
  };
}
