import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parser } from "./parse";

const STREAM =
  'retry: 2000\n\nid: e-1\nevent: hello\ndata: {"topics":["tasks"],"recent_ms":{},"heard_all":true}\n\n: ping\n\n' +
  'id: e-2\nevent: change\ndata: {"topics":{"tasks":null,"account":["acme:1"]}}\n\nevent: of-tomorrow\ndata: {}\n\nevent: resync\ndata: {"why":"too_slow"}\n\n';

describe("the text of the stream", () => {
  test("is the same events however it is cut", () => {
    const whole = parser()(STREAM);
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const parse = parser();
        expect(at.slice(1).flatMap((end, n) => parse(STREAM.slice(at[n], end)))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test("passes over comments and names it does not know", () => {
    expect(parser()(STREAM).map(({ told, id }) => [told.name, id])).toEqual([["hello", "e-1"], ["change", "e-2"], ["resync", null]]);
  });
});
