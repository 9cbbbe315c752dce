/** What each role may do, permission by permission, in words. */
import { useQuery } from "@tanstack/react-query";

import { roles } from "../../api/settings";
import { Loaded } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { words } from "../../words/en";
import { office } from "../../words/en.office";

const said = { ...words.frame, settings: office.settings };

export function Roles() {
  const query = useQuery(roles);
  return (
    <Loaded query={query} lines={10}>
      {({ items }) => {
        const every = [...new Set(items.flatMap((one) => one.permissions as string[]))].sort();
        return (
          <>
            <ul className="grid gap-2 sm:grid-cols-2">{items.map((one) => <li key={one.role} className="rounded-lg border border-line bg-panel p-3"><b className="font-semibold">{said.roles[one.role]}</b> <span className="text-muted">{said.roleMeaning[one.role]}</span></li>)}</ul>
            <Table label={said.settings.tabs.roles} rows={every} keyOf={(row) => row} minWidth="40rem" columns={[
              { name: said.permission, cell: (row) => <>{said.permissions[row] ?? row}<br /><code className="text-xs text-muted">{row}</code></> },
              ...items.map((one) => ({
                name: said.roles[one.role],
                cell: (row: string) => ((one.permissions as string[]).includes(row) ? <span className="text-good"><span aria-hidden>✓</span> {said.yes}</span> : <span className="text-muted">{said.no}</span>),
              })),
            ]} />
          </>
        );
      }}
    </Loaded>
  );
}
