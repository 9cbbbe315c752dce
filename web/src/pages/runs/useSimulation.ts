/** A simulation of what is drawn, unsaved edits included: its answer, how far it is, and the walk of one account. */
import { useCallback, useRef, useState } from "react";

import { simulate, walk, type Assumptions, type Progress, type Simulation, type SimulationAsk, type Walk } from "../../api/runs";
import type { Journey } from "../../journey/document";

export type Walked = { account: string; name: string; told: Walk };
type State = { journey: Journey | null; told: Simulation | null; seconds: number; walked: Walked | null; progress: Progress | null; error: unknown; busy: boolean };
const NOTHING: State = { journey: null, told: null, seconds: 0, walked: null, progress: null, error: null, busy: false };

export type Asking = { days: number; others: string[]; assumptions: Assumptions };
export type UseSimulation = State & { run: (journey: Journey, asked: Asking) => void; walk: (account: string, name: string, asked: Asking) => void; unwalk: () => void; cancel: () => void; clear: () => void };

export function useSimulation(key: string): UseSimulation {
  const [state, setState] = useState<State>(NOTHING);
  const running = useRef<AbortController | null>(null);

  /** One question at a time: a new one ends the one before. */
  const ask = useCallback((work: (signal: AbortSignal, tell: (progress: Progress) => void) => Promise<Partial<State>>) => {
    running.current?.abort(new DOMException("", "AbortError"));
    const mine = new AbortController();
    running.current = mine;
    const put = (part: Partial<State>) => { if (running.current === mine) setState((old) => ({ ...old, ...part })); };
    put({ busy: true, error: null, progress: null });
    work(mine.signal, (progress) => put({ progress })).then(
      (part) => put({ ...part, busy: false, progress: null }),
      (error: unknown) => put({ busy: false, progress: null, error: mine.signal.aborted ? null : error }),
    );
  }, []);

  /** The drawing's own numbers first; where it meets the other journeys, whose replays take as long again each, comes after. */
  const run = useCallback((journey: Journey, asked: Asking) => ask(async (signal, tell) => {
    const began = performance.now();
    const own = await simulate(key, { journey, ...asked, others: [] } satisfies SimulationAsk, tell, signal);
    const seconds = (performance.now() - began) / 1000;
    if (asked.others.length === 0) return { journey, told: own, seconds, walked: null };
    if (running.current?.signal === signal) setState((old) => ({ ...old, journey, told: own, seconds, walked: null }));
    return { told: await simulate(key, { journey, ...asked } satisfies SimulationAsk, tell, signal) };
  }), [ask, key]);
  const drawn = useRef<Journey | null>(null);
  drawn.current = state.journey;
  const walkOne = useCallback((account: string, name: string, asked: Asking) => ask(async (signal, tell) => {
    if (!drawn.current) return {};
    return { walked: { account, name, told: await walk(key, account, { journey: drawn.current, ...asked }, tell, signal) } };
  }), [ask, key]);
  const unwalk = useCallback(() => setState((old) => ({ ...old, walked: null })), []);
  const cancel = useCallback(() => { running.current?.abort(new DOMException("", "AbortError")); running.current = null; setState((old) => ({ ...old, busy: false, progress: null })); }, []);
  const clear = useCallback(() => { running.current?.abort(new DOMException("", "AbortError")); running.current = null; setState(NOTHING); }, []);
  return { ...state, run, walk: walkOne, unwalk, cancel, clear };
}
