/** The columns of the accounts table; which of them, in which order, stands in the address and in saved views. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { AccountRow } from "../../api/queries";
import { day, money, number, share } from "../../format";
import { Change, HealthBadge } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

export type Key = keyof typeof deskWords.columns;
export type Column = { key: Key; sort?: string; width: string; least: number; cell: (row: AccountRow) => ReactNode };

const trend = (row: AccountRow, days: number) => row.health?.trends.find((one) => one.days === days)?.change;

export const COLUMNS: Column[] = [
  { key: "name", sort: "name", width: "minmax(11rem,2fr)", least: 176, cell: (row) => (
    <><Link to="/accounts/$id" params={{ id: row.external_id }} className="font-medium hover:underline">{row.name ?? row.external_id}</Link> <span className="text-muted">{row.plan}</span></>
  ) },
  { key: "health", sort: "score", width: "8.5rem", least: 136, cell: (row) => <HealthBadge health={row.health} /> },
  { key: "trend7", width: "4.5rem", least: 72, cell: (row) => <Change value={trend(row, 7)} /> },
  { key: "trend", sort: "trend", width: "5rem", least: 80, cell: (row) => <Change value={trend(row, 30)} /> },
  { key: "churn", sort: "churn", width: "6.5rem", least: 104, cell: (row) => (row.churn ? <span title={row.churn.source === "rule" ? words.accounts.byRule : undefined}>{share(row.churn.probability)}</span> : "–") },
  { key: "readiness", sort: "readiness", width: "6rem", least: 96, cell: (row) => (row.readiness === null ? "–" : Math.round(row.readiness)) },
  { key: "arr", sort: "arr", width: "6rem", least: 96, cell: (row) => money(row.arr, row.currency) },
  { key: "renews_on", sort: "renews_on", width: "7.5rem", least: 120, cell: (row) => day(row.renews_on) },
  { key: "owner", width: "minmax(7rem,1fr)", least: 112, cell: (row) => row.owner_name ?? row.owner ?? <span className="text-muted">{words.account.nobody}</span> },
  { key: "work", width: "9rem", least: 144, cell: (row) => <span className="text-muted">{row.open_tasks} {words.accounts.tasks}, {row.open_signals} {words.accounts.signals}</span> },
  { key: "plan", width: "7rem", least: 112, cell: (row) => row.plan ?? "–" },
  { key: "stage", width: "7rem", least: 112, cell: (row) => row.lifecycle_stage ?? "–" },
  { key: "industry", width: "minmax(7rem,1fr)", least: 112, cell: (row) => row.industry ?? "–" },
  { key: "country", width: "5rem", least: 80, cell: (row) => row.country ?? "–" },
  { key: "seats", width: "5rem", least: 80, cell: (row) => (row.seats === null ? "–" : number(row.seats)) },
  { key: "confidence", width: "6.5rem", least: 104, cell: (row) => (row.health ? share(row.health.confidence) : "–") },
];
const USUAL: Key[] = ["name", "health", "trend", "churn", "readiness", "arr", "renews_on", "owner", "work"];
export const KEPT = "forestay.accounts.columns";

/** The keys asked for, else those that this browser used last; the name always stands first. */
export function keysOf(asked: readonly string[] | undefined): Key[] {
  const kept = asked ?? (JSON.parse(localStorage.getItem(KEPT) ?? "null") as string[] | null) ?? USUAL;
  const known = kept.filter((key, place): key is Key => COLUMNS.some((column) => column.key === key) && kept.indexOf(key) === place && key !== "name");
  return ["name", ...known];
}
export const columnsOf = (keys: readonly Key[]): Column[] => keys.flatMap((key) => COLUMNS.find((column) => column.key === key) ?? []);
