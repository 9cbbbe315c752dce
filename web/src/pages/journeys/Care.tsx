/** What hangs: rows of the inbox that were put aside, and runs without exactly one way to go on; taken up again, mended. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { aside, repair, sweep, takeUpAgain } from "../../api/runs";
import { useWrite } from "../../api/write";
import { moment, number } from "../../format";
import { may } from "../../session";
import { Button, Failure, Loaded, Panel, Skeleton } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";

const say = runWords.care;
const KINDS = Object.keys(say.kinds) as (keyof Pick<NonNullable<Awaited<ReturnType<typeof repair>>>, "lost" | "left_over" | "asleep" | "still" | "joins" | "unanswered">)[];

export function Care() {
  return <div className="mt-5 grid gap-4 lg:grid-cols-2"><Aside /><Sweep /></div>;
}

function Aside() {
  const query = useQuery(aside);
  const take = useWrite(takeUpAgain, { topics: ["runs", "journeys"], loud: true, said: (told) => say.takenUp(number(told.rows)) });
  const mayNot = may("journeys:publish") ? undefined : words.forbidden("journeys:publish");
  return (
    <Panel title={say.aside} aside={query.data ? number(query.data.total) : undefined}>
      <Loaded query={query} lines={2}>
        {({ total, items }) => total === 0 ? <p className="text-muted">{say.asideNone}</p> : (
          <div className="space-y-3">
            <p>{say.asideHow}</p>
            <Table label={say.aside} rows={items} keyOf={(row) => row.id} columns={[
              { name: say.columns.kind, cell: (row) => row.kind }, { name: say.columns.name, cell: (row) => row.name ?? "–" },
              { name: say.columns.at, cell: (row) => moment(row.at) }, { name: say.columns.reason, cell: (row) => row.reason },
            ]} />
            <Button disabled={take.isPending || mayNot !== undefined} title={mayNot} onClick={() => take.mutate()}>{say.takeUp}</Button>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function Sweep() {
  const [looks, setLooks] = useState(false);
  const query = useQuery({ ...sweep, enabled: looks });
  const mend = useWrite(repair, { topics: ["runs", "journeys"], loud: true, said: (told) => say.repaired(number(told.total)) });
  const mayNot = may("journeys:publish") ? undefined : words.forbidden("journeys:publish");
  return (
    <Panel title={say.sweep}>
      {!looks ? <Button onClick={() => setLooks(true)}>{say.look}</Button>
        : query.isFetching ? <div><span className="sr-only" role="status">{say.looking}</span><Skeleton lines={2} /></div>
        : query.error ? <Failure error={query.error} retry={() => void query.refetch()} />
        : query.data && query.data.total === 0 ? <p role="status" className="text-good">✓ {say.sweepNone}</p>
        : query.data && (
          <div className="space-y-2">
            <ul>{KINDS.filter((kind) => query.data[kind].length).map((kind) => <li key={kind}><b>{number(query.data[kind].length)}</b> {say.kinds[kind]}</li>)}</ul>
            <Button disabled={mend.isPending || mayNot !== undefined} title={mayNot} onClick={() => mend.mutate()}>{say.repair}</Button>
          </div>
        )}
    </Panel>
  );
}
