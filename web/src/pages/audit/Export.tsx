/** All that the filter finds, as CSV or JSON, page by page from the server. */
import { useState } from "react";
import { toast } from "../../ui/toast";

import { page, type AuditFilter, type Entry } from "../../api/audit";
import { Button } from "../../ui/bits";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { saveFile } from "../settings/rejects";
import { cell } from "./csv";

const said = officeWords.audit;
const AT_ONCE = 200;

const csvOf = (found: Entry[]): string => ["seq,at,actor,action,subject,detail,hash", ...found.map((one) => [one.seq, one.at, one.actor, one.action, one.subject, JSON.stringify(one.detail), one.hash].map(cell).join(",")), ""].join("\r\n");

export function Export({ filter }: { filter: AuditFilter }) {
  const [read, setRead] = useState<number | null>(null);
  async function run(form: "csv" | "json"): Promise<void> {
    const found: Entry[] = [];
    let cursor: string | null | undefined = null;
    setRead(0);
    try {
      do {
        const shown: { items: Entry[]; next?: string | null } = await page(filter, cursor, AT_ONCE);
        found.push(...shown.items);
        cursor = shown.next;
        setRead(found.length);
      } while (cursor);
      saveFile(new Blob([form === "csv" ? csvOf(found) : JSON.stringify(found, null, 1)], { type: form === "csv" ? "text/csv;charset=utf-8" : "application/json" }), `audit.${form}`);
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
    } finally {
      setRead(null);
    }
  }
  if (read !== null) return <Button disabled>{words.accounts.exporting} {read}</Button>;
  return <><Button onClick={() => void run("csv")}>{said.csv}</Button><Button onClick={() => void run("json")}>{said.json}</Button></>;
}
