/** Hours of people against what they have, what the journey started, and where it meets others. */
import { useQuery } from "@tanstack/react-query";

import type { Simulation } from "../../api/runs";
import { allMembers } from "../../api/settings";
import { number } from "../../format";
import { may } from "../../session";
import { runs as runWords } from "../../words/en.runs";

const say = runWords.sim;

export function Capacity({ told }: { told: Simulation }) {
  const members = useQuery({ ...allMembers, enabled: may("config:read") });
  const called = (owner: number | null, who: string) => members.data?.items.find((one) => one.id === owner)?.name ?? (who === "owner" ? say.nobodyOwner : who);
  const started = told.started ?? [];
  return (
    <>
      {told.work.by_person.length > 0 && (
        <section><h3 className="mb-1 font-semibold">{say.capacity}</h3>
          <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={say.capacity}><table className="w-full text-left"><thead className="text-muted"><tr>{[say.person, say.tasks, say.hoursWeek, say.busiest, say.weeksOver].map((one) => <th key={one} scope="col" className="pr-2 font-medium">{one}</th>)}</tr></thead>
            <tbody>{told.work.by_person.map((one) => <tr key={`${one.owner_id}${one.who}`} className="border-t border-line"><td className="pr-2">{called(one.owner_id, one.who)}</td><td>{number(one.tasks)}</td><td>{number(one.hours_a_week)}</td><td>{number(one.busiest_week_hours)}</td><td className={one.weeks_over ? "font-semibold text-watch" : "text-muted"}>{one.weeks_over ? `! ${number(one.weeks_over)}` : "0"}</td></tr>)}</tbody></table></div>
        </section>
      )}
      {started.length > 0 && (
        <section><h3 className="mb-1 font-semibold">{say.started}</h3>
          <ul className="space-y-1">{started.map((one) => (
            <li key={one.journey}>{one.journey === told.journey ? say.branchesOf : one.journey}: {say.startedRuns(number(one.runs), number(one.running))}
              <span className="text-muted"> {[...Object.entries(one.ended).map(([how, count]) => `${how} ${number(count)}`), ...Object.entries(one.refused).map(([why, count]) => `${say.refusedWhy[why] ?? why} ${number(count)}`)].join(" · ")}</span></li>
          ))}</ul>
        </section>
      )}
      <section><h3 className="mb-1 font-semibold">{say.overlap}</h3>
        <p className="text-muted">{told.collisions.length ? say.overlapHow : say.overlapNone}</p>
        {told.collisions.length > 0 && <table className="w-full text-left"><thead className="text-muted"><tr>{Object.values(say.overlapColumns).map((one) => <th key={one} scope="col" className="pr-2 font-medium">{one}</th>)}</tr></thead><tbody>{told.collisions.map((one) => <tr key={one.journey} className="border-t border-line"><td className="pr-2">{one.journey}</td><td>{number(one.messages)}</td><td>{number(one.contacts)}</td><td>{number(one.accounts)}</td></tr>)}</tbody></table>}
      </section>
    </>
  );
}
