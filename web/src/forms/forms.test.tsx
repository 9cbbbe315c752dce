/** Every form that the server's schemas ask for is drawn, each field with a label, and errors stand at their place. */
import { renderToString } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";

import { headForm, KINDS, formOf, JOURNEY_SCHEMA } from "../journey/kinds";
import { newStep } from "../journey/edit";
import { settingsOf } from "../journey/document";
import type { FormContext } from "./context";
import { errorsBelow, SchemaForm } from "./SchemaForm";
import { resolved, withoutNull, type Fields, type Schema } from "./schema";
import { told } from "./Union";
import { beginningOf, formIn, kept, orderOf, shapeOf, titleOf } from "./shapes";

vi.hoisted(() => { globalThis.sessionStorage = { getItem: () => null } as unknown as Storage; }); // the client looks for a key when it is loaded

const context: FormContext = { known: { template: [{ value: "guide", label: "Guide" }] }, fields: [{ value: "account.name" }] };
const drawn = (schema: Schema, value: Fields, errors = [] as { place: string; message: string }[]) =>
  renderToString(<SchemaForm schema={schema} value={value} onChange={() => undefined} errors={errors} context={context} />);

/** A value with everything in it that can be begun, so that every control is drawn. */
function filled(schema: Schema, root: Schema, depth = 0): Fields {
  return Object.fromEntries(Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const { schema: here } = withoutNull(resolved(part, root), root);
    const begin = beginningOf({ ...here, default: null }, root);
    if (Array.isArray(begin) && here.items && depth < 2) return [[name, [beginningOf(here.items, root) ?? ""]]];
    return begin === undefined ? [] : [[name, begin]];
  }));
}

const ids = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map((one) => one[1]!);

/** Controls that nobody could name: no label for them, none around them, no aria-label. */
function nameless(html: string): string[] {
  const labelled = new Set([...html.matchAll(/<label for="([^"]+)"/g)].map((one) => one[1]));
  const around = [...html.matchAll(/<label (?!for)[^>]*>(.*?)<\/label>/gs)].map((one) => one[1]!);
  return [...html.matchAll(/<(?:input|select|textarea)\b[^>]*>/g)].map((one) => one[0]).filter((tag) => {
    const id = / id="([^"]+)"/.exec(tag)?.[1];
    return !tag.includes("aria-label=") && !(id && labelled.has(id)) && !around.some((inner) => inner.includes(tag));
  });
}

describe.each(KINDS.map((kind) => [kind.kind] as const))("the form of a step: %s", (kind) => {
  const form = formOf(kind)!;

  it.each([["new", settingsOf(newStep(kind))], ["with everything in it", filled(form, form)]])("is drawn %s, every control with a name of its own", (_, value) => {
    const html = drawn(form, value);
    for (const name of form.required ?? []) if (!form.properties![name]!.const) expect(html).toContain(escaped(titleOf(resolved(form.properties![name]!, form), name)));
    expect(nameless(html)).toEqual([]);
    expect(new Set(ids(html)).size).toBe(ids(html).length);
  });

  it("has a title and knows a control for every setting", () => {
    for (const [name, part] of Object.entries(form.properties ?? {})) {
      const { schema } = withoutNull(resolved(part, form), form);
      expect(schema.title, `${kind}.${name}`).toBeTruthy();
      expect(shapeOf(schema, form).is, `${kind}.${name}`).not.toBe("anything");
    }
  });
});

describe("the form of an entry", () => {
  const form = headForm(["entry"]);
  const ways = JOURNEY_SCHEMA.properties!["entry"]!.items!.oneOf!.map((one) => resolved(one, form));

  it.each(ways.map((way) => [way.title!, way] as const))("is drawn: %s", (title, way) => {
    const html = drawn(form, { entry: [{ ...(beginningOf(way, form) as Fields), ...(way.required?.[0] === "of" ? { of: "account.renewal_date" } : {}), [way.required![0]!]: beginningOf(way.properties![way.required![0]!]!, form) ?? "x" }] });
    expect(html).toContain(title);
    expect(nameless(html)).toEqual([]);
  });

  it.each(ways.map((way, at) => [way.title!, at] as const))("can be chosen, whatever it asks for: %s", (_, at) => {
    expect(formIn(ways, null, told(ways[at]!, null, (beginningOf(ways[at]!, form) ?? {}) as Fields))).toBe(at);
  });

  it("tells the ways in apart by the key that each has", () => {
    expect(ways[formIn(ways, null, { signal: "low" })]!.title).toBe("A trigger fires");
    expect(ways[formIn(ways, null, { schedule: { every: "day" }, segment: "s" })]!.title).toBe("On a schedule");
  });
});

describe("the head of a journey", () => {
  it("is drawn with every part in it", () => {
    const form = headForm(["name", "description", "category", "subject", "owner", "consent", "re_entry", "goal", "exit", "overdue", "when_gone", "holdout_share"]);
    const html = drawn(form, { name: "A", goal: { condition: "health.score >= 70" }, exit: {}, re_entry: { rule: "after_exit", after: { days: 30 } } });
    expect(nameless(html)).toEqual([]);
    expect(html).toContain("Leave early");
  });
});

describe("errors", () => {
  it("stand at their place and belong to the control", () => {
    const html = drawn(formOf("split")!, { arms: [{ port: "a", share: 70 }, { port: "b", share: 50 }] }, errorsBelow([{ place: "steps.s.arms", message: "the shares add up to 120 %" }, { place: "steps.s.arms[1].port", message: "said twice" }, { place: "steps.other.arms", message: "not here" }], "steps.s"));
    expect(html).toContain("the shares add up to 120 %");
    expect(html).not.toContain("not here");
    const [, described] = /aria-describedby="([^"]*)"[^>]*value="b"|value="b"[^>]*aria-describedby="([^"]*)"/.exec(html) ?? [];
    expect(described ?? html).toMatch(/arms\[1\]\.port-errors/);
  });

  it("of places that the form does not show stand at the top", () => {
    expect(drawn(formOf("exit")!, {}, [{ place: "ports.next", message: "leads nowhere" }])).toContain("leads nowhere");
  });
});

describe("what a form keeps", () => {
  it("leaves out what is empty and what is the default", () => {
    expect(kept("", {})).toBeUndefined();
    expect(kept("owner", { type: "string", default: "owner" })).toBeUndefined();
    expect(kept(0, { type: "number", default: 5 })).toBe(0);
    expect(kept([], { type: "array", default: [] })).toBeUndefined();
  });

  it("asks for what is required first", () => {
    expect(orderOf({ properties: { a: {}, b: {}, c: {} }, required: ["c"] })).toEqual(["c", "a", "b"]);
  });
});

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&#x27;");
