import fc from "fast-check";
import { expect, test } from "vitest";

import { splitHeader } from "./header";

test("quoted names keep their delimiters and quotes", () => {
  expect(splitHeader('\uFEFFaccount_id,"Name, legal","says ""hi"""\r\n1,2,3')).toEqual(["account_id", "Name, legal", 'says "hi"']);
});

test("the delimiter is found", () => {
  expect(splitHeader("a;b;c\n1,5;2;3")).toEqual(["a", "b", "c"]);
  expect(splitHeader("a\tb\n")).toEqual(["a", "b"]);
  expect(splitHeader("only")).toEqual(["only"]);
});

test("every header that is written is read back", () => {
  const cell = fc.string({ minLength: 1 }).map((text) => text.trim()).filter((text) => text !== "" && !text.startsWith("\uFEFF"));
  fc.assert(fc.property(fc.array(cell, { minLength: 1, maxLength: 8 }), (cells) => {
    const line = cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(",");
    expect(splitHeader(`${line}\r\nx`)).toEqual(cells);
  }));
});
