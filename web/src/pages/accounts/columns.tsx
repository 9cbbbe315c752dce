/** The columns of the accounts table, and which of them this browser wants to see. */
import { Link } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { create } from "zustand";

import type { AccountRow } from "../../api/queries";
import { day, money, share } from "../../format";
import { Button, Change, HealthBadge } from "../../ui/bits";
import { words } from "../../words/en";

type Key = keyof typeof words.accounts.columns;
export type Column = { key: Key; sort?: string; width: string; cell: (row: AccountRow) => ReactNode };

export const COLUMNS: Column[] = [
  { key: "name", sort: "name", width: "minmax(11rem,2fr)", cell: (row) => (
    <><Link to="/accounts/$id" params={{ id: row.external_id }} className="font-medium hover:underline">{row.name ?? row.external_id}</Link> <span className="text-muted">{row.plan}</span></>
  ) },
  { key: "health", sort: "score", width: "8.5rem", cell: (row) => <HealthBadge health={row.health} /> },
  { key: "trend", sort: "trend", width: "5rem", cell: (row) => <Change value={row.health?.trends.find((trend) => trend.days === 30)?.change} /> },
  { key: "churn", sort: "churn", width: "6.5rem", cell: (row) => (row.churn ? <span title={row.churn.source === "rule" ? words.accounts.byRule : undefined}>{share(row.churn.probability)}</span> : "–") },
  { key: "readiness", sort: "readiness", width: "6rem", cell: (row) => (row.readiness === null ? "–" : Math.round(row.readiness)) },
  { key: "arr", sort: "arr", width: "6rem", cell: (row) => money(row.arr, row.currency) },
  { key: "renews_on", sort: "renews_on", width: "7.5rem", cell: (row) => day(row.renews_on) },
  { key: "owner", width: "minmax(7rem,1fr)", cell: (row) => row.owner_name ?? row.owner ?? <span className="text-muted">{words.account.nobody}</span> },
  { key: "work", width: "9rem", cell: (row) => <span className="text-muted">{row.open_tasks} {words.accounts.tasks}, {row.open_signals} {words.accounts.signals}</span> },
];

const KEPT = "forestay.accounts.hidden";
const useHidden = create<{ hidden: Key[] }>(() => ({ hidden: JSON.parse(localStorage.getItem(KEPT) ?? "[]") as Key[] }));

export const useColumns = (): Column[] => {
  const hidden = useHidden((own) => own.hidden);
  return COLUMNS.filter((column) => !hidden.includes(column.key));
};

function toggle(key: Key): void {
  const { hidden } = useHidden.getState();
  const next = hidden.includes(key) ? hidden.filter((one) => one !== key) : [...hidden, key];
  localStorage.setItem(KEPT, JSON.stringify(next));
  useHidden.setState({ hidden: next });
}

export function ColumnChooser() {
  const hidden = useHidden((own) => own.hidden);
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild><Button kind="quiet">{words.accounts.chooseColumns}</Button></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" className="z-30 rounded-md border border-line bg-panel p-1 shadow-lg">
          {COLUMNS.filter((column) => column.key !== "name").map((column) => (
            <DropdownMenu.CheckboxItem key={column.key} checked={!hidden.includes(column.key)} onCheckedChange={() => toggle(column.key)}
              onSelect={(event) => event.preventDefault()} className="flex min-h-7 cursor-pointer items-center gap-2 rounded px-2 data-highlighted:bg-accent-ground">
              <span aria-hidden className="w-3">{hidden.includes(column.key) ? "" : "✓"}</span>{words.accounts.columns[column.key]}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
