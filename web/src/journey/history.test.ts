import fc from "fast-check";
import { expect, it } from "vitest";

import { begun, done, MOST, redone, undone, type History } from "./history";

const values = fc.array(fc.integer(), { minLength: 1, maxLength: 20 });
const after = (all: number[]): History<number> => all.reduce((history, one, at) => done(history, one, null, at), begun(-1e9));

it("undo takes an edit back, and redo does it again", () => {
  fc.assert(fc.property(values, fc.integer(), (all, one) => {
    const before = after(all);
    fc.pre(one !== before.now);
    const edited = done(before, one);
    expect(undone(edited).now).toBe(before.now);
    expect(redone(undone(edited)).now).toBe(one);
  }));
});

it("everything can be undone to the beginning and redone to the end", () => {
  fc.assert(fc.property(values, (all) => {
    const last = after(all);
    const first = last.past.reduce((history) => undone(history), last);
    expect(first.now).toBe(-1e9);
    expect(first.future.reduce<History<number>>((history) => redone(history), first).now).toBe(last.now);
  }));
});

it("an edit after undo forgets what was undone", () => {
  expect(redone(done(undone(after([1, 2])), 3)).now).toBe(3);
});

it("typing is one step back, until one pauses or goes elsewhere", () => {
  const typed = ["c", "ca", "cal", "call"].reduce((history, text, at) => done(history, text, "task.title", at * 200), begun(""));
  expect(undone(typed).now).toBe("");
  expect(undone(done(typed, "call me", "task.title", 60_000)).now).toBe("call");
  expect(undone(done(typed, "note", "task.note", 700)).now).toBe("call");
});

it("a hundred steps back are kept, no more", () => {
  expect(after(Array.from({ length: 300 }, (_, at) => at)).past).toHaveLength(MOST);
});
