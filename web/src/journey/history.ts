/** Undo and redo over any value: up to 100 steps back; edits of one text that follow each other within a second count as
 * one. The pure functions are the model, `historyStore` holds one in zustand for the builder. */
import { create, type StoreApi, type UseBoundStore } from "zustand";

export const MOST = 100, PAUSE = 1000;
/** topic: what a coalescing edit is about (a step's field), null for edits that stand alone; at: milliseconds. */
export type History<T> = { past: readonly T[]; now: T; future: readonly T[]; topic: string | null; at: number };

export const begun = <T>(now: T): History<T> => ({ past: [], now, future: [], topic: null, at: 0 });

/** The history with another value; the same value is no edit. */
export function done<T>(history: History<T>, now: T, topic: string | null = null, at = Date.now()): History<T> {
  if (now === history.now) return history;
  const goesOn = topic !== null && topic === history.topic && at - history.at < PAUSE;
  const past = goesOn ? history.past : [...history.past, history.now].slice(-MOST);
  return { past, now, future: [], topic, at };
}

export function undone<T>(history: History<T>): History<T> {
  const now = history.past.at(-1);
  return now === undefined ? history : { past: history.past.slice(0, -1), now, future: [history.now, ...history.future], topic: null, at: 0 };
}

export function redone<T>(history: History<T>): History<T> {
  const [now, ...future] = history.future;
  return now === undefined ? history : { past: [...history.past, history.now], now, future, topic: null, at: 0 };
}

/** topic: see History; begin: forget what was, for example after loading. */
export type HistoryStore<T> = { history: History<T>; edit: (now: T, topic?: string | null) => void; undo: () => void; redo: () => void; begin: (now: T) => void };

export const historyStore = <T>(first: T): UseBoundStore<StoreApi<HistoryStore<T>>> => create<HistoryStore<T>>((set) => ({
  history: begun(first),
  edit: (now, topic = null) => set(({ history }) => ({ history: done(history, now, topic) })),
  undo: () => set(({ history }) => ({ history: undone(history) })),
  redo: () => set(({ history }) => ({ history: redone(history) })),
  begin: (now) => set({ history: begun(now) }),
}));
