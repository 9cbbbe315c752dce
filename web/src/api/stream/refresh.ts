/** What a change means for what was asked: queries whose key begins with the topic are asked again when they are looked at. */
import type { Query, QueryClient } from "@tanstack/react-query";

import type { Topics } from "./parse";

/** How often a topic may be asked for again, in ms: lists move with every tick, and figures over all time are dear. */
export const PACE: Record<string, number> = { status: 5_000, accounts: 3_000, kpis: 30_000, impact: 30_000, sources: 5_000, audit: 3_000 };
const USUAL = 1_000;
/** Changes of one moment are taken together. */
const GATHER = 60;
/** While something is being written, what is shown runs ahead of the server: asking now would show the past. */
const WRITING = 250;
/** An answer may be this old when it arrives. */
const ON_THE_WAY = 1_000;

export type Clock = { now: () => number; later: (work: () => void, milliseconds: number) => () => void };
const REAL: Clock = {
  now: () => Date.now(),
  later: (work, milliseconds) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

export type Refresher = {
  change: (topics: Topics) => void;
  /** A greeting says what changed just before: what was asked before that is old. */
  recent: (ages: Record<string, number>) => void;
  /** Something was missed. */
  all: () => void;
  close: () => void;
};

export function refresher(queries: QueryClient, isWriting: () => boolean, clock: Clock = REAL): Refresher {
  const waiting = new Map<string, Set<string> | null>();
  const last = new Map<string, number>();
  let cancel: (() => void) | null = null;
  let at = Infinity;
  let missed = false;

  const dueOf = (topic: string): number => Math.max(clock.now() + GATHER, (last.get(topic) ?? -Infinity) + (PACE[topic] ?? USUAL));
  const plan = (due: number): void => {
    if (due >= at) return;
    cancel?.();
    at = due;
    cancel = clock.later(flush, due - clock.now());
  };
  function flush(): void {
    at = Infinity;
    cancel = null;
    if (isWriting()) return plan(clock.now() + WRITING);
    const now = clock.now();
    const ready = [...waiting].filter(([topic]) => (last.get(topic) ?? -Infinity) + (PACE[topic] ?? USUAL) <= now);
    for (const [topic] of ready) {
      waiting.delete(topic);
      last.set(topic, now);
    }
    const changed = new Map(ready);
    if (missed) {
      missed = false;
      void queries.invalidateQueries();
    } else if (changed.size > 0) void queries.invalidateQueries({ predicate: (query) => concerns(query, changed) });
    if (waiting.size > 0) plan(Math.min(...[...waiting.keys()].map(dueOf)));
  }
  return {
    change(topics) {
      for (const [topic, ids] of Object.entries(topics)) {
        const before = waiting.get(topic);
        waiting.set(topic, ids === null || before === null ? null : new Set([...(before ?? []), ...ids]));
        plan(dueOf(topic));
      }
    },
    recent(ages) {
      const now = clock.now();
      void queries.invalidateQueries({
        predicate: ({ queryKey, state }) => {
          const age = ages[String(queryKey[0])];
          return age !== undefined && state.dataUpdatedAt > 0 && state.dataUpdatedAt - ON_THE_WAY < now - age;
        },
      });
    },
    all() {
      waiting.clear();
      missed = true;
      plan(clock.now() + GATHER);
    },
    close: () => cancel?.(),
  };
}

/** Whether a query shows something of what changed: by its topic and, where the change names ids, its id. */
export function concerns({ queryKey }: Pick<Query, "queryKey">, changed: ReadonlyMap<string, ReadonlySet<string> | null>): boolean {
  const ids = changed.get(String(queryKey[0]));
  return ids === null || (ids !== undefined && (queryKey.length < 2 || ids.has(String(queryKey[1]))));
}
