import { expect, test } from "vitest";

import { cell } from "./csv";
import { actorOf, factsOf, sentenceOf } from "./inWords";

const people = new Map([[7, "Ana"]]);

test("who did what to what is a sentence", () => {
  expect(sentenceOf({ actor: "member:7", action: "trigger.published", subject: "trigger:health-below-60" }, people)).toBe("Ana published trigger health-below-60");
  expect(sentenceOf({ actor: "key:3", action: "member.disabled", subject: "member:7" }, people)).toBe("Key 3 shut out member Ana");
});

test("what is not known stands as it is", () => {
  expect(actorOf("member:9", people)).toBe("member 9");
  expect(sentenceOf({ actor: "robot", action: "thing.was_turned", subject: "odd" }, people)).toBe("robot was turned odd");
});

test("facts are told and none is left out", () => {
  expect(factsOf({ fields: "name zone", first: true, version: 3, note: null })).toEqual([["Fields", "name, zone"], ["first", "yes"], ["Version", "3"], ["note", "none"]]);
});

test("a cell is no formula and keeps its quotes", () => {
  expect(cell("=HYPERLINK()")).toBe("'=HYPERLINK()");
  expect(cell('a "b", c')).toBe('"a ""b"", c"');
  expect(cell(7)).toBe("7");
});
