/** A plain table of the server's rows: scrolls sideways by itself on narrow screens. Long lists are paged, see Accounts. */
import type { ReactNode } from "react";

export type TableColumn<Row> = { name: string; cell: (row: Row) => ReactNode; right?: boolean };

export function Table<Row>({ label, columns, rows, keyOf, minWidth = "32rem" }: {
  label: string; columns: readonly TableColumn<Row>[]; rows: readonly Row[]; keyOf: (row: Row, place: number) => string | number; minWidth?: string;
}) {
  return (
    <div className="relative overflow-x-auto rounded-lg border border-line bg-panel" tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-left" style={{ minWidth }}>
        <thead className="bg-ground text-muted"><tr>{columns.map((column) => <th key={column.name} scope="col" className={`px-4 py-2 font-medium ${column.right ? "text-right" : ""}`}>{column.name}</th>)}</tr></thead>
        <tbody>{rows.map((row, place) => (
          <tr key={keyOf(row, place)} className="border-t border-line align-top">
            {columns.map((column) => <td key={column.name} className={`px-4 py-2 ${column.right ? "text-right" : ""}`}>{column.cell(row)}</td>)}
          </tr>
        ))}</tbody>
      </table>
    </div>
  );
}
