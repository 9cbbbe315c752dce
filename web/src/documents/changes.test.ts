import fc from "fast-check";
import { expect, test } from "vitest";

import { changesOf, same } from "./changes";

test("a document does not differ from itself, whatever the order of its keys", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
    const turned = Object.fromEntries(Object.entries(body).reverse());
    expect(same(body, turned)).toBe(true);
    expect(changesOf(body, turned)).toEqual([]);
  }));
});

test("a changed condition is told in words, a new field with its value, one that went with what it was", () => {
  const schema = { properties: { condition: { title: "When it fires" }, cooldown_days: { title: "Cool-down in days" } } };
  const before = { condition: { column: "health.score", is: "below", value: 60 }, note: "x" };
  const after = { condition: { column: "health.score", is: "below", value: 55 }, cooldown_days: 7 };
  expect(changesOf(before, after, schema).map((one) => [one.kind, one.sentence])).toEqual([
    ["changed", "When it fires: health.score < 60 → health.score < 55"],
    ["added", "Cool-down in days is set to 7"],
    ["removed", "Note is taken away (was x)"],
  ]);
});

test("parts of a list are known by their key", () => {
  const sentences = changesOf({ steps: [{ key: "a", days: 1 }, { key: "b", days: 2 }] }, { steps: [{ key: "b", days: 3 }] }).map((one) => one.sentence);
  expect(sentences).toHaveLength(2);
  expect(sentences[0]).toContain("Steps b");
  expect(sentences[0]).toContain("2 → 3");
  expect(sentences[1]).toContain("Steps a is taken away");
});
