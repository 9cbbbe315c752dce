/** How each column is asked for: its words, its comparisons, its unit as one types it. */
import type { Field, Vocabulary } from "../api/conditions";
import { conditions as conditionWords } from "../words/en.conditions";
import type { Compare, Comparison, Condition, Leaf, Scalar } from "./model";

export type Known = { of: (column: string) => Field; vocabulary: Vocabulary };
const ORDER: Comparison[] = ["below", "at_most", "above", "at_least", "equal", "not_equal", "between"];
const LISTS: Comparison[] = ["in", "not_in"];
const PRESENCE: Comparison[] = ["missing", "present"];

export function knownOf(vocabulary: Vocabulary): Known {
  const fields = new Map(vocabulary.fields.map((field) => [field.column, field]));
  return { vocabulary, of: (column) => fields.get(column) ?? unknownField(column) };
}

/** A column that the workspace does not list: called by its own key; the type shows in its value. */
const unknownField = (column: string): Field => ({
  column, label: column, unit: "", type: "", group: column.split(".")[0] ?? "", description: "", values: [],
});

export function typeOf(field: Field, value: Compare["value"]): "number" | "yes_no" | "text" | "day" {
  if (field.type === "number" || field.type === "yes_no" || field.type === "text" || field.type === "day") return field.type;
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" ? (/^\d{4}-\d\d-\d\d$/.test(one) ? "day" : "text") : "number";
}

export function comparisonsOf(type: ReturnType<typeof typeOf>): Comparison[] {
  if (type === "text") return ["equal", "not_equal", ...LISTS, ...PRESENCE];
  if (type === "yes_no") return PRESENCE;
  return [...ORDER, ...(type === "number" ? LISTS : []), ...PRESENCE];
}

/** How a comparison is called for a type: numbers are below, days are before. */
export const comparisonWords = (is: Comparison, type: ReturnType<typeof typeOf>): string =>
  (type === "day" ? conditionWords.onDays[is] : undefined) ?? conditionWords.comparisons[is];

/** A flag is 1 or 0: 'is yes' stands for at least 1, 'is no' for below 1, as the shipped conditions have it. */
export function flagOf({ is, value }: Compare): "yes" | "no" | null {
  if (value === 1 || value === true) {
    if (is === "at_least") return "yes";
    if (is === "below") return "no";
  }
  return null;
}
export const FLAGS: Record<"yes" | "no", Pick<Compare, "is" | "value">> = { yes: { is: "at_least", value: 1 }, no: { is: "below", value: 1 } };

/** Shares are typed in percent; every other number as it is. */
export const isPercent = (field: Field): boolean => field.unit === "share";
export const shownNumber = (field: Field, value: Scalar | null | undefined): string => {
  if (typeof value !== "number") return value === null || value === undefined ? "" : String(value);
  return String(isPercent(field) ? exact(value * 100) : value);
};
export const typedNumber = (field: Field, typed: string): number | null => {
  const number = Number(typed);
  if (!typed.trim() || !Number.isFinite(number)) return null;
  return isPercent(field) ? exact(number / 100) : number;
};
/** Twelve digits are enough for everybody, and hide that 0.07 * 100 is not 7. */
const exact = (value: number): number => Number(value.toPrecision(12));

export const unitOf = (field: Field): string => conditionWords.units[field.unit] ?? field.unit.replaceAll("_", " ");

/** A leaf for what was chosen in the picker, with a value that is usual, so that the row says something at once. */
export function leafFor(choice: string, known: Known): Leaf {
  const [kind, name = ""] = split(choice);
  if (kind === "segment") return { segment: name };
  if (kind === "event") return { event: name, within_days: 14, at_least: 1 };
  if (kind === "no_event") return { no_event: name, within_days: 30 };
  if (kind === "sequence") return { sequence: [name, ""], within_days: 14 };
  const field = known.of(name);
  const type = typeOf(field, null);
  if (type === "yes_no") return { column: name, ...FLAGS.yes };
  if (type === "text") return { column: name, is: "equal", value: field.values[0] ?? null };
  return { column: name, is: type === "day" ? "at_least" : "below", value: null };
}

const split = (choice: string): [string, string | undefined] => {
  const at = choice.indexOf(":");
  return [choice.slice(0, at), choice.slice(at + 1)];
};

/** What a leaf is about, as the picker's choice. */
export function choiceOf(leaf: Leaf): string {
  if ("column" in leaf) return `column:${leaf.column}`;
  if ("segment" in leaf) return "segment:";
  return "event" in leaf ? "event:" : "no_event" in leaf ? "no_event:" : "sequence:";
}

/** What changes when another thing is chosen in a row: the same sort keeps its value. */
export function rechosen(leaf: Leaf, choice: string, known: Known): Leaf {
  const next = leafFor(choice, known);
  if ("column" in leaf && "column" in next) {
    const [before, after] = [typeOf(known.of(leaf.column), leaf.value), typeOf(known.of(next.column), null)];
    const both = known.of(leaf.column).unit === known.of(next.column).unit;
    return before === after && before === "number" && both ? { ...leaf, column: next.column } : next;
  }
  const name = "event" in leaf ? leaf.event : "no_event" in leaf ? leaf.no_event : "sequence" in leaf ? (leaf.sequence[0] ?? "") : "";
  if ("event" in next) return { ...next, event: next.event || name };
  if ("no_event" in next) return { ...next, no_event: next.no_event || name };
  return "sequence" in next ? { ...next, sequence: [next.sequence[0] || name, ""] } : next;
}

export const conditionOf = (value: unknown): Condition | null => (value && typeof value === "object" ? (value as Condition) : null);
