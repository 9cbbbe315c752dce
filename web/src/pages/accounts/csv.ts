/** Rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
import type { AccountRow } from "../../api/queries";

const HEAD = ["external_id", "name", "health", "band", "confidence", "churn_probability", "readiness", "arr", "currency", "renews_on", "owner", "plan", "open_tasks", "open_signals"];

export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf(rows: AccountRow[]): string {
  const lines = rows.map((row) =>
    [row.external_id, row.name, row.health?.score, row.health?.band, row.health?.confidence, row.churn?.probability, row.readiness, row.arr,
      row.currency, row.renews_on, row.owner, row.plan, row.open_tasks, row.open_signals].map(cell).join(","),
  );
  return [HEAD.join(","), ...lines, ""].join("\r\n");
}
