/** What is different between two versions of a journey: steps for the drawing, sentences for people. */
import { isFields, same, type Fields, type Json } from "../forms/schema";
import { words } from "../words/en";
import { settingsOf, waysOf, type Journey, type Step } from "./document";
import { nameOf } from "./graph";
import { formOf, JOURNEY_SCHEMA } from "./kinds";

export type StepChange = "added" | "changed" | "removed";
export type Difference = { steps: Record<string, StepChange>; changes: string[] };

const HEAD_LEFT_OUT = ["steps", "layout", "format"];

/** From a to b. */
export function diffOf(a: Journey, b: Journey): Difference {
  const steps: Difference["steps"] = {};
  const changes = headChanges(a, b);
  for (const id of new Set([...Object.keys(a.steps), ...Object.keys(b.steps)])) {
    const [was, is] = [a.steps[id], b.steps[id]];
    if (!was && is) changes.push(words.difference.added(called(id, is)));
    else if (was && !is) changes.push(words.difference.removed(called(id, was)));
    const told = was && is ? stepChanges(id, was, is, b) : [];
    if (!was || !is || told.length) steps[id] = !was ? "added" : !is ? "removed" : "changed";
    changes.push(...told);
  }
  return { steps, changes };
}

const called = (id: string, step: Step) => `‘${nameOf(step)}’ (${id})`;

function headChanges(a: Journey, b: Journey): string[] {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)].filter((name) => !HEAD_LEFT_OUT.includes(name)));
  return [...fields].flatMap((field) => {
    const schema = JOURNEY_SCHEMA.properties?.[field];
    const [was, is] = [a[field] ?? schema?.default, b[field] ?? schema?.default];
    return same(was, is) ? [] : [words.difference.changed(schema?.title ?? field, said(was), said(is))];
  });
}

function stepChanges(id: string, was: Step, is: Step, journey: Journey): string[] {
  const here = called(id, is);
  if (was.kind !== is.kind) return [words.difference.inStep(here, words.difference.changed("Kind", was.kind, is.kind))];
  const parts: Fields[] = [{ ...settingsOf(was), name: was.name, note: was.note, disabled: was.disabled || undefined }, { ...settingsOf(is), name: is.name, note: is.note, disabled: is.disabled || undefined }];
  const form = formOf(is.kind);
  const settings = [...new Set(parts.flatMap((part) => Object.keys(part)))].flatMap((field) => {
    const schema = form?.properties?.[field];
    const [one, other] = parts.map((part) => part[field] ?? schema?.default ?? null);
    return same(one, other) ? [] : [words.difference.changed(schema?.title ?? words.difference.own[field] ?? field, said(one), said(other))];
  });
  const [from, to] = [waysOf(was), waysOf(is)];
  const ways = [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((port) => {
    if (from[port] === to[port]) return [];
    const target = to[port] === undefined ? undefined : journey.steps[to[port]];
    return [words.difference.leads(port, to[port] === undefined ? null : target ? called(to[port], target) : to[port])];
  });
  return [...settings, ...ways].map((change) => words.difference.inStep(here, change));
}

/** A value in as few words as tell it. */
function said(value: Json | undefined): string {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) return words.difference.nothing;
  if (Array.isArray(value)) return value.map((one) => (isFields(one) ? saidFields(one) : said(one))).join("; ");
  if (isFields(value)) return saidFields(value);
  return value === true ? words.difference.yes : value === false ? words.difference.no : String(value);
}

function saidFields(value: Fields): string {
  const told = Object.entries(value).filter(([, part]) => part !== undefined && part !== null);
  return told.length === 1 && isFields(told[0]![1]) ? said(told[0]![1]) : told.map(([name, part]) => `${name} ${said(part)}`).join(", ");
}
