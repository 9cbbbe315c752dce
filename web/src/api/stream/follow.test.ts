import { describe, expect, test, vi } from "vitest";

import { follow, waitBefore, type Link } from "./follow";

const HELLO = 'id: e-1\nevent: hello\ndata: {"topics":[],"recent_ms":{},"heard_all":true}\n\n';
const said = (text: string, status = 200): Response => new Response(text, { status });

/** Follow over these answers, one a try; gives what was heard, the links, and the headers of each try. */
async function followed(answers: (Response | Error)[], enough: (links: Link[]) => boolean) {
  vi.useFakeTimers();
  const links: Link[] = [];
  const heard: string[] = [];
  const sent: Record<string, string>[] = [];
  const end = new AbortController();
  const done = follow(
    {
      headers: () => ({ Authorization: "Bearer fsk_x" }), lastId: null, alive: () => undefined,
      heard: ({ told }) => heard.push(told.name),
      link: (link) => {
        links.push(link);
        if (enough(links)) end.abort();
      },
      fetch: async (_url, options) => {
        sent.push((options?.headers ?? {}) as Record<string, string>);
        const answer = answers.shift();
        if (answer === undefined || answer instanceof Error) throw answer ?? new Error("away");
        return answer;
      },
    },
    end.signal,
  );
  await vi.advanceTimersByTimeAsync(120_000);
  end.abort();
  await done;
  vi.useRealTimers();
  return { links, heard, sent };
}

describe("the connection", () => {
  test("comes back after it broke, with the key and the last event it has seen", async () => {
    const { links, sent } = await followed([said(HELLO), new Error("away"), said(HELLO)], (all) => all.filter((one) => one === "live").length === 2);
    expect(links).toEqual(["connecting", "live", "connecting", "offline", "live"]);
    expect(sent.map((one) => one["Last-Event-ID"])).toEqual([undefined, "e-1", "e-1"]);
    expect(sent[0]?.["Authorization"]).toBe("Bearer fsk_x");
  });

  test("does not come back to where we are not let in", async () => {
    const { heard, sent } = await followed([said("", 401)], () => false);
    expect([heard, sent.length]).toEqual([["ended"], 1]);
  });

  test("does not come back after the server said that the session has ended", async () => {
    const { sent } = await followed([said(`${HELLO}event: ended\ndata: {"why":"signed_out"}\n\n`)], () => false);
    expect(sent.length).toBe(1);
  });

  test("waits longer each time, up to a quarter of a minute, and never the same for everybody", () => {
    expect([0, 1, 2, 9].map((tries) => waitBefore(tries, 0.5))).toEqual([500, 1_000, 2_000, 15_000]);
    expect(waitBefore(3, 0)).toBeLessThan(waitBefore(3, 0.9));
  });
});
