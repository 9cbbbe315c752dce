/** A run's history as a list, with why each branch was taken; and every effect that it caused. */
import { Link } from "@tanstack/react-router";

import type { RunView } from "../../api/runs";
import type { Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { Empty } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { runs as runWords } from "../../words/en.runs";
import { onClock, whyOf } from "./waiting";

const say = runWords.run;
const called = (journey: Journey, id: string | null) => { const step = id === null ? undefined : journey.steps[id]; return step ? nameOf(step) : (id ?? ""); };

export function History({ run, journey }: { run: RunView; journey: Journey }) {
  if (!run.history.length) return <Empty>{say.nothing}</Empty>;
  return (
    <Table label={say.history} rows={run.history} keyOf={(_, place) => place} minWidth="36rem" columns={[
      { name: say.columns.at, cell: (row) => <span className="whitespace-nowrap">{onClock(row.at, run.zone)}</span> },
      { name: say.columns.step, cell: (row) => (row.step !== null && row.step in journey.steps ? <Link to="/journeys/$key" params={{ key: run.journey }} search={{ step: row.step }} className="inline-block min-h-6 text-accent hover:underline">{called(journey, row.step)}</Link> : called(journey, row.step)) },
      { name: say.columns.what, cell: (row) => <>{say.happened[row.what] ?? row.what}{row.port ? <span className="text-muted"> {say.by(row.port)}</span> : null}</> },
      { name: say.columns.why, cell: (row) => { const why = whyOf(journey, row.step, row.port); return <span className="text-muted">{[why ? say.because(why) : "", detailWords(row.detail)].filter(Boolean).join("; ")}</span>; } },
    ]} />
  );
}

/** {"reason": "no_such_column", "try": 2} -> "reason: no_such_column, try: 2". */
export const detailWords = (detail: Record<string, unknown> | null): string =>
  Object.entries(detail ?? {}).map(([name, value]) => `${name.replaceAll("_", " ")}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join(", ");

export function Effects({ run, journey }: { run: RunView; journey: Journey }) {
  if (!run.effects.length) return <Empty>{say.nothing}</Empty>;
  return (
    <ul className="max-h-80 space-y-2 overflow-auto" tabIndex={0} aria-label={say.effects}>
      {run.effects.map((one) => (
        <li key={one.id} className="border-l-2 border-line pl-3">
          <b className="font-medium">{called(journey, one.step)}</b> <span className="text-muted">{one.channel} → {one.recipient}</span><br />
          <span className={one.status === "failed" || one.status === "unknown" ? "text-bad" : ""}>{one.status}{one.reason ? `: ${one.reason}` : ""}</span> <span className="text-xs text-muted">{onClock(one.at, run.zone)}</span>
        </li>
      ))}
    </ul>
  );
}
