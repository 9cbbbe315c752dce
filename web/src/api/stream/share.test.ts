import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { share, type Means, type Word } from "./share";

/** A browser of made-up windows: locks and channels as the standards have them, as far as they are used. */
class Windows {
  private readonly queues = new Map<string, (() => void)[]>();
  private readonly held = new Set<string>();
  private readonly ends = new Map<string, Set<{ onmessage: ((m: MessageEvent<Word>) => void) | null }>>();
  listening = 0;
  most = 0;

  means(isSeen: () => boolean = () => true, onSeen: Means["onSeen"] = () => () => undefined, hasLocks = true): Means {
    const request = (async (name: string, options: { signal?: AbortSignal }, work: () => Promise<void>) => {
      if (this.held.has(name)) await new Promise<void>((go, no) => {
        this.queues.set(name, [...(this.queues.get(name) ?? []), go]);
        options.signal?.addEventListener("abort", () => no(new Error("aborted")));
      });
      this.held.add(name);
      try {
        await work();
      } finally {
        this.held.delete(name);
        this.queues.get(name)?.shift()?.();
      }
    }) as unknown as LockManager["request"];
    const channel = (name: string) => {
      const peers = this.ends.get(name) ?? new Set();
      this.ends.set(name, peers);
      const me: ReturnType<Means["channel"]> = {
        onmessage: null,
        postMessage: (word: Word) => peers.forEach((peer) => peer !== me && peer.onmessage?.({ data: word } as MessageEvent<Word>)),
        close: () => void peers.delete(me),
      };
      peers.add(me);
      return me;
    };
    return { locks: hasLocks ? { request } : undefined, channel, isSeen, onSeen };
  }

  /** A window that listens until it is closed. */
  lead = async (tell: (word: Word) => void, lastId: string | null, signal: AbortSignal): Promise<void> => {
    this.listening += 1;
    this.most = Math.max(this.most, this.listening);
    this.seen.push(lastId);
    tell({ is: "link", link: "live", since: 1 });
    this.tell = tell;
    await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
    this.listening -= 1;
  };
  seen: (string | null)[] = [];
  tell: (word: Word) => void = () => undefined;
}

const change = (id: string): Word => ({ is: "event", event: { told: { name: "change", topics: { tasks: null } }, id } });
const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(10).then(() => undefined);

describe("windows of one browser", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("listen by one of them, and all hear", async () => {
    const browser = new Windows();
    const heard = Array.from({ length: 8 }, () => [] as string[]);
    const ends = heard.map((mine) => share("s", browser.lead, (word) => mine.push(word.is), browser.means()));
    await settle();
    browser.tell(change("e-1"));
    await settle();
    expect(browser.most).toBe(1);
    expect(heard.every((mine) => mine.includes("event"))).toBe(true);
    ends.forEach(({ end }) => end());
  });

  test("listen on by another when that one closes, from where it was", async () => {
    const browser = new Windows();
    const first = share("s", browser.lead, () => undefined, browser.means());
    await settle();
    const second = share("s", browser.lead, () => undefined, browser.means());
    await settle();
    browser.tell(change("e-7"));
    first.end();
    await settle();
    expect([browser.listening, browser.seen]).toEqual([1, [null, "e-7"]]);
    second.end();
  });

  test("that come later learn how it stands", async () => {
    const browser = new Windows();
    const first = share("s", browser.lead, () => undefined, browser.means());
    await settle();
    const heard: Word[] = [];
    const second = share("s", browser.lead, (word) => heard.push(word), browser.means());
    await settle();
    expect(heard).toContainEqual({ is: "link", link: "live", since: 1 });
    first.end();
    second.end();
  });

  test("without locks each listens for itself while it is looked at", async () => {
    const browser = new Windows();
    let isSeen = true;
    let look = (): void => undefined;
    const means = browser.means(() => isSeen, (tell) => { look = tell; return () => undefined; }, false);
    const { end } = share("s", browser.lead, () => undefined, means);
    await settle();
    browser.tell(change("e-3"));
    isSeen = false;
    look();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(browser.listening).toBe(0);
    isSeen = true;
    look();
    await settle();
    expect([browser.listening, browser.seen]).toEqual([1, [null, "e-3"]]);
    end();
    await settle();
    expect(browser.listening).toBe(0);
  });
});
