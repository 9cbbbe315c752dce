/** Everything the filter finds, as CSV: page by page from the server, with the count so far on the button. */
import { useState } from "react";
import { toast } from "sonner";

import { api, body } from "../../api/client";
import type { AccountFilter, AccountRow } from "../../api/queries";
import { Button } from "../../ui/bits";
import { csvOf } from "./csv";
import { words } from "../../words/en";

export function ExportButton({ filter }: { filter: AccountFilter }) {
  const [read, setRead] = useState<number | null>(null);
  async function run(): Promise<void> {
    const rows: AccountRow[] = [];
    let cursor: string | null | undefined = null;
    setRead(0);
    try {
      do {
        const page: { items: AccountRow[]; next?: string | null } = await body(api.GET("/api/accounts", { params: { query: { ...filter, limit: 200, cursor } } }));
        rows.push(...page.items);
        cursor = page.next;
        setRead(rows.length);
      } while (cursor);
      save(csvOf(rows));
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    } finally {
      setRead(null);
    }
  }
  return <Button kind="quiet" disabled={read !== null} onClick={() => void run()}>{read === null ? words.accounts.export : `${words.accounts.exporting} ${read}`}</Button>;
}

function save(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = "accounts.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
