import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe as story, expect, test } from "vitest";

import type { Field } from "../api/conditions";
import { describe } from "./describe";
import { FLAGS, flagOf, knownOf, rechosen, shownNumber, typedNumber } from "./fields";
import { addAfter, addTo, at, fitted, holesOf, leavesOf, moveBy, negate, placeOf, removeAt, replaceAt, seat, setGroup, wrap, type Condition, type Place } from "./model";

type Vector = { text: string; condition: Condition };
const vectors = JSON.parse(readFileSync(new URL("../../../tests/conditions/vectors.json", import.meta.url), "utf8")) as Vector[];

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ column: fc.constantFrom("health.score", "account.arr", "trait.size of team"), is: fc.constantFrom("below" as const, "at_least" as const), value: fc.integer({ min: -1000, max: 1000 }) }),
  fc.record({ event: fc.constantFrom("Report Run", "role:sign_in"), within_days: fc.integer({ min: 1, max: 100 }), at_least: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ segment: fc.constantFrom("big", "new") }),
);
const { condition } = fc.letrec<{ condition: Condition; group: Condition }>((tie) => ({
  condition: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("group"), tie("condition").map((not) => ({ not }))),
  group: fc.oneof(fc.array(tie("condition"), { minLength: 1, maxLength: 4 }).map((all) => ({ all })), fc.array(tie("condition"), { minLength: 1, maxLength: 4 }).map((any) => ({ any }))),
}));
const withLeaf = condition.chain((root) => fc.constantFrom(...leavesOf(root)).map(({ place }) => ({ root, place })));
const count = (root: Condition | null): number => (root ? [...leavesOf(root)].length : 0);
const told = (place: Place): string => place.map((step, n) => (step === "not" ? ".not" : `.all[${step}]${n === place.length - 1 ? ".value" : ""}`)).join("");

story("the words of a condition", () => {
  test.each(vectors.map((one) => [one.text, one.condition] as const))("are the server's: %s", (text, written) => {
    expect(describe(written)).toBe(text);
  });
});

story("shipped conditions go through the rows without loss", () => {
  test.each(vectors.map((one) => [one.text, one.condition] as const))("%s", (_, written) => {
    for (const { leaf: one, place } of leavesOf(written)) {
      expect(at(written, place)).toEqual(one);
      expect(replaceAt(written, place, { ...one })).toEqual(written);
      if ("column" in one) expect({ value: null, ...fitted(one.is, one.value) }).toEqual({ value: null, is: one.is, ...("value" in one ? { value: one.value } : {}) });
    }
    expect(holesOf(written)).toEqual([]);
  });
});

story("edits of a condition", () => {
  test("taking a part out takes out that part alone", () => {
    fc.assert(fc.property(withLeaf, ({ root, place }) => { expect(count(removeAt(root, place))).toBe(count(root) - 1); }));
  });
  test("what is added stands where the edit says", () => {
    const added: Condition = { segment: "added" };
    fc.assert(fc.property(withLeaf, ({ root, place }) => {
      for (const next of [addTo(root, [], added), addTo(root, place, added), addAfter(root, place, added)]) {
        expect(at(next.root, next.place)).toEqual(added);
        expect(count(next.root)).toBe(count(root) + 1);
      }
    }));
  });
  test("a part that is moved there and back stands where it stood", () => {
    fc.assert(fc.property(withLeaf, ({ root, place }) => {
      const moved = moveBy(root, place, 1);
      expect(at(moved.root, moved.place)).toEqual(at(root, place));
      if (moved.root !== root) expect(moveBy(moved.root, moved.place, -1)).toEqual({ root, place });
    }));
  });
  test("the opposite of the opposite is what it was", () => {
    fc.assert(fc.property(withLeaf.filter(({ place }) => place.at(-1) !== "not"), ({ root, place }) => {
      const turned = negate(root, place);
      expect(negate(turned.root, turned.place)).toEqual({ root, place });
    }));
  });
  test("a group keeps its parts when it becomes any of these, and all again", () => {
    fc.assert(fc.property(withLeaf, ({ root, place }) => {
      const { above } = seat(place);
      const before = at(root, above);
      const kind = before && "any" in before ? "any" : "all";
      expect(setGroup(setGroup(root, above, kind === "any" ? "all" : "any"), above, kind)).toEqual(root);
    }));
  });
  test("a part that is put into a group is still there", () => {
    fc.assert(fc.property(withLeaf, ({ root, place }) => {
      const next = wrap(root, place);
      expect(at(next.root, next.place)).toEqual(at(root, place));
    }));
  });
  test("a fault's place leads to the row", () => {
    fc.assert(fc.property(withLeaf, ({ place }) => { expect(placeOf(`trigger.condition${told(place)}`)).toEqual(place); }));
  });
});

story("operands", () => {
  const field = (column: string, unit: string, type = "number"): Field => ({ column, unit, type, label: column, group: "", description: "", values: [] });
  const known = knownOf({ fields: [field("a.share", "share"), field("b.share", "share"), field("a.days", "days"), field("a.flag", "yes_no", "yes_no")], events: [], segments: [] });
  test("a share is typed in percent and kept as it was", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), (of) => { expect(typedNumber(field("a.share", "share"), shownNumber(field("a.share", "share"), of / 10_000))).toBe(of / 10_000); }));
  });
  test("what is no number yet is no value yet", () => {
    expect(["", "-", "1e", "abc"].map((typed) => typedNumber(field("a.days", "days"), typed))).toEqual([null, null, null, null]);
  });
  test("flags are yes and no only where they say just that", () => {
    expect([flagOf({ column: "a.flag", ...FLAGS.yes }), flagOf({ column: "a.flag", ...FLAGS.no }), flagOf({ column: "a.flag", is: "equal", value: 1 })]).toEqual(["yes", "no", null]);
  });
  test("another column of the same unit keeps comparison and value; another unit does not", () => {
    const before = { column: "a.share", is: "at_least" as const, value: 0.5 };
    expect(rechosen(before, "column:b.share", known)).toEqual({ ...before, column: "b.share" });
    expect(rechosen(before, "column:a.days", known)).toEqual({ column: "a.days", is: "below", value: null });
  });
  test("an operand is fitted to the comparison that takes it", () => {
    expect([fitted("in", "x"), fitted("missing", 3), fitted("equal", ["x", "y"]), fitted("between", 5)]).toEqual([{ is: "in", value: ["x"] }, { is: "missing" }, { is: "equal", value: "x" }, { is: "between", value: [5, 5] }]);
  });
  test("what is not filled in is found", () => {
    expect(holesOf({ all: [{ column: "a.days", is: "below", value: null }, { segment: "" }, { event: "", within_days: 3 }, { no_event: "x", within_days: 0 }, { column: "a.b", is: "in", value: [] }] }).map((one) => one.what)).toEqual(["value", "segment", "event", "days", "value"]);
  });
});
