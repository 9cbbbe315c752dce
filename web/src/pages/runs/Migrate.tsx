/** Moving the runs of one version to another: step by step what becomes of those that wait there; what is unclear must be said. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { migrate, type Version } from "../../api/runs";
import { useWrite } from "../../api/write";
import { number } from "../../format";
import type { Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { Button, Failure, Skeleton } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";
import { documentOf } from "./VersionsTab";

const say = runWords.versions;
const EXIT = "$exit";

export function Migrate({ name, from, to, journey, old, close }: { name: string; from: number; to: number; journey: Journey; old: Version | undefined; close: () => void }) {
  const [plan, setPlan] = useState<Record<string, string>>({});
  const ask = { version: from, to, plan };
  const go = useWrite(() => migrate(name, ask, false), { topics: ["runs", "journeys"], said: (told) => say.moved(number(told.runs ?? 0)), done: close });
  const look = useQuery({ queryKey: ["runs", "migration", name, ask], queryFn: () => migrate(name, ask, true), placeholderData: (before) => before, enabled: !go.isPending });
  const before = old ? documentOf(old) : null;
  const called = (one: string, of: Journey | null) => { const step = of?.steps[one]; return step ? nameOf(step) : one; };
  const fates = look.data?.fates ?? [];
  const unclear = fates.some((one) => one.what === "unclear");
  const waiting = fates.reduce((sum, one) => sum + one.waiting, 0);
  return (
    <Modal open setOpen={close} title={say.moveTitle(from, to)}>
      <div className="space-y-3">
        <p>{say.moveHow}</p>
        {look.error ? <Failure error={look.error} retry={() => void look.refetch()} /> : !look.data ? <Skeleton lines={3} /> : fates.length === 0 ? <p>{say.noRuns}</p> : (
          <Table label={say.move} rows={fates} keyOf={(one) => one.step} minWidth="26rem" columns={[
            { name: runWords.step, cell: (one) => called(one.step, before) },
            { name: say.columns.runs, cell: (one) => number(one.waiting) },
            { name: runWords.run.columns.what, cell: (one) => (
              <span className="space-y-1">
                <span className={one.what === "unclear" ? "font-semibold text-bad" : ""}>{say.fate[one.what] ?? one.what}{one.to && one.what === "moves" ? ` ${called(one.to, journey)}` : ""}</span>
                {(one.what === "unclear" || one.step in plan) && (
                  <select aria-label={`${say.choose} ${called(one.step, before)}`} value={plan[one.step] ?? ""} onChange={(event) => setPlan({ ...plan, [one.step]: event.target.value })} className={CONTROL}>
                    <option value="" disabled>{say.choose}</option><option value={EXIT}>{say.exit}</option>{Object.keys(journey.steps).map((id) => <option key={id} value={id}>{called(id, journey)}</option>)}
                  </select>
                )}
              </span>
            ) },
          ]} />
        )}
        {go.error && <Failure error={go.error} />}
        <div className="flex justify-end gap-2"><Button onClick={close}>{words.cancel}</Button><Button kind="primary" disabled={!look.data || unclear || go.isPending || fates.length === 0} onClick={() => go.mutate()}>{say.moveGo(number(waiting))}</Button></div>
      </div>
    </Modal>
  );
}
