/** Conditions in a journey: their documents, whether written as such or in words, and what they read. */
import { isFields, type Fields, type Json } from "../../forms/schema";
import { conditionOf, Unreadable } from "./conditionText";

/** The document of a condition with its texts spelled out, in the order of the server's fields; undefined where it cannot be read. */
export function spelled(part: Json | undefined): Fields | undefined {
  try {
    return canonical(part);
  } catch (reason) {
    if (reason instanceof Unreadable) return undefined;
    throw reason;
  }
}

function canonical(part: Json | undefined): Fields | undefined {
  if (typeof part === "string") return canonical(conditionOf(part));
  if (!isFields(part)) return undefined;
  for (const form of ["all", "any"]) {
    const parts = part[form];
    if (Array.isArray(parts)) return { [form]: parts.map((one) => canonical(one) ?? {}) };
  }
  if (part["not"] !== undefined) return { not: canonical(part["not"]) ?? {} };
  if (part["event"] !== undefined) return { event: part["event"], within_days: part["within_days"], at_least: part["at_least"] ?? 1 };
  if (part["column"] !== undefined) return { column: part["column"], is: part["is"], value: part["value"] ?? null };
  return part;
}

/** Every leaf, in reading order. */
export function leavesOf(condition: Fields | undefined): Fields[] {
  if (!condition) return [];
  const parts = condition["all"] ?? condition["any"];
  if (Array.isArray(parts)) return parts.flatMap((part) => leavesOf(isFields(part) ? part : undefined));
  return isFields(condition["not"]) ? leavesOf(condition["not"]) : [condition];
}

const sortedNames = (condition: Fields | undefined, key: string) =>
  [...new Set(leavesOf(condition).flatMap((leaf) => (typeof leaf[key] === "string" ? [leaf[key]] : [])))].sort();
export const columnsOf = (condition: Fields | undefined): string[] => sortedNames(condition, "column");
export const segmentsOf = (condition: Fields | undefined): string[] => sortedNames(condition, "segment");
