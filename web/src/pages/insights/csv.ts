/** What a page shows as CSV: rows behind a number with the same head whatever their kind, and plain tables. */
import type { KpiRow } from "../../api/insights";

const HEAD = ["kind", "account", "account_name", "band", "arr", "currency", "signal", "task", "trigger", "tier", "fired_at", "hours", "outcome", "mrr_before", "mrr_after", "intervention", "words"] as const satisfies readonly (keyof KpiRow)[];

/** RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = (rows: readonly KpiRow[]): string => [HEAD.join(","), ...rows.map((row) => HEAD.map((name) => cell(row[name])).join(",")), ""].join("\r\n");

/** A table as CSV. */
export const tableCsv = (head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string => [head.map(cell).join(","), ...rows.map((row) => row.map(cell).join(",")), ""].join("\r\n");

export function download(name: string, text: string, type = "text/csv"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
