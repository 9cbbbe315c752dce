import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { beforeEach, describe, expect, test, vi } from "vitest";

import { concerns, PACE, refresher } from "./refresh";

describe("what a change concerns", () => {
  const changed = new Map<string, Set<string> | null>([["tasks", null], ["account", new Set(["a"])]]);
  test("is every query of the topic, or of the accounts that are named", () => {
    const said = [["tasks", {}], ["account", "a", "timeline"], ["account", "b"], ["account"], ["accounts", {}]].map((queryKey) => concerns({ queryKey }, changed));
    expect(said).toEqual([true, true, false, true, false]);
  });
});

describe("queries", () => {
  let queries: QueryClient;
  const asked = vi.fn(async (_key: string) => "answer");
  let isWriting = false;
  const watch = (...key: string[]): (() => void) =>
    new QueryObserver(queries, { queryKey: key, queryFn: () => asked(key.join("/")), staleTime: Infinity }).subscribe(() => undefined);

  beforeEach(() => {
    vi.useFakeTimers();
    asked.mockClear();
    isWriting = false;
    queries = new QueryClient();
    return () => {
      queries.clear();
      vi.useRealTimers();
    };
  });

  test("that are looked at are asked once for many changes of a moment; others when they are looked at again", async () => {
    const refresh = refresher(queries, () => false);
    watch("tasks", "mine");
    await vi.advanceTimersByTimeAsync(1);
    queries.setQueryData(["signals", "old"], "kept");
    asked.mockClear();
    for (let n = 0; n < 50; n++) refresh.change({ tasks: null, signals: null });
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.mock.calls).toEqual([["tasks/mine"]]);
    expect(queries.getQueryState(["signals", "old"])?.isInvalidated).toBe(true);
  });

  test("of a topic that changes all the time are asked at its pace and never forgotten", async () => {
    const refresh = refresher(queries, () => false);
    watch("accounts", "all");
    await vi.advanceTimersByTimeAsync(1);
    asked.mockClear();
    for (let n = 0; n < 60; n++) {
      refresh.change({ accounts: null });
      await vi.advanceTimersByTimeAsync(200); // twelve seconds in all
    }
    await vi.advanceTimersByTimeAsync(PACE["accounts"] as number);
    expect(asked.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(6);
  });

  test("wait for a write that is under way, so that what is shown does not jump back", async () => {
    const refresh = refresher(queries, () => isWriting);
    watch("tasks", "mine");
    await vi.advanceTimersByTimeAsync(1);
    asked.mockClear();
    isWriting = true;
    refresh.change({ tasks: null });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).not.toHaveBeenCalled();
    isWriting = false;
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test("that were asked before a change that came before we listened are asked again, newer ones not", async () => {
    const refresh = refresher(queries, () => false);
    watch("tasks", "mine");
    await vi.advanceTimersByTimeAsync(5_000);
    watch("signals", "all");
    await vi.advanceTimersByTimeAsync(1_500);
    asked.mockClear();
    refresh.recent({ tasks: 2_000, signals: 6_000 });
    await vi.advanceTimersByTimeAsync(10);
    expect(asked.mock.calls).toEqual([["tasks/mine"]]);
  });

  test("are all asked again when something was missed, and once only", async () => {
    const refresh = refresher(queries, () => false);
    watch("tasks", "mine");
    watch("journeys");
    await vi.advanceTimersByTimeAsync(1);
    asked.mockClear();
    refresh.all();
    refresh.all();
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.mock.calls.map(([key]) => key).sort()).toEqual(["journeys", "tasks/mine"]);
  });
});
