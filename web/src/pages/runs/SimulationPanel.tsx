/** What a replay of the past came to, beside the drawing that carries its numbers: totals, differences, branches with their
 * accounts, capacity, overlap, and everything that was assumed, in words. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { groundOf, type Assumptions, type Simulation } from "../../api/runs";
import { number, share } from "../../format";
import type { Journey } from "../../journey/document";
import { signed } from "../../journey/marks";
import { may } from "../../session";
import { Button, Failure } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { runs as runWords } from "../../words/en.runs";
import { endWords } from "../journeys/JourneyRow";
import { AccountPick } from "./Entering";
import { Assume } from "./Assume";
import { Branches } from "./Branches";
import { Capacity } from "./Capacity";
import { WalkList } from "./WalkList";
import type { Asking, UseSimulation } from "./useSimulation";

const say = runWords.sim;
const PERIODS = [30, 90, 180, 365];

export function SimulationPanel({ name, journey, simulation, step, go, close }: { name: string; journey: Journey; simulation: UseSimulation; step: string | null; go: (id: string) => void; close: () => void }) {
  const ground = useQuery({ ...groundOf(name), enabled: may("journeys:read") });
  const [days, setDays] = useState(90);
  const [assumptions, setAssumptions] = useState<Assumptions>({} as Assumptions);
  const [picked, setPicked] = useState<{ id: string; name: string } | null>(null);
  const asked: Asking = { days, others: (ground.data?.others ?? []).slice(0, 10), assumptions };
  const ready = ground.data !== undefined || ground.error !== null;
  useEffect(() => {
    if (ready) simulation.run(journey, asked);
  }, [ready, days, assumptions]);
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    if (window.matchMedia("(max-width: 767px)").matches) frame.current?.scrollIntoView({ block: "start" });
  }, []);
  const { told, walked, error, busy, progress } = simulation;
  return (
    <section ref={frame} aria-label={say.title} aria-busy={busy} className="flex w-104 shrink-0 flex-col overflow-auto border-l border-line bg-panel max-md:w-full max-md:border-t max-md:border-l-0">
      <header className="sticky top-0 z-10 flex items-center gap-1.5 border-b border-line bg-panel px-3 py-2">
        <h2 className="font-semibold">{say.title}</h2>
        <select aria-label={say.period} value={days} onChange={(event) => setDays(Number(event.target.value))} className={`${CONTROL} !w-auto`}>{PERIODS.map((one) => <option key={one} value={one}>{say.days(number(one))}</option>)}</select>
        <Button disabled={busy} className="whitespace-nowrap" onClick={() => simulation.run(journey, asked)}>{say.run}</Button>
        <Button kind="quiet" className="ml-auto" aria-label={say.close} onClick={close}>✕</Button>
      </header>
      <div className="space-y-4 p-4">
        <div role="status" className="min-h-6">
          {busy ? <Busy share={progress?.share ?? null} cancel={simulation.cancel} /> : told ? <span className="text-muted">{say.took(number(simulation.seconds))}{simulation.journey !== journey ? <b className="text-watch"> {say.stale}</b> : null}</span> : null}
        </div>
        {error !== null && error !== undefined && <Failure error={error} retry={() => simulation.run(journey, asked)} />}
        {walked ? <WalkList walked={walked} journey={journey} go={go} back={simulation.unwalk} /> : told && (
          <>
            <Totals told={told} />
            <Branches told={told} journey={journey} step={step} walk={(id, who) => simulation.walk(id, who, asked)} />
            <section aria-label={say.walkAny} className="space-y-2"><AccountPick value={picked} set={setPicked} label={say.walkAny} /><Button disabled={!picked || busy} onClick={() => picked && simulation.walk(picked.id, picked.name, asked)}>{say.walk}</Button></section>
            <Compared told={told} />
            <Ends told={told} />
            <Capacity told={told} />
            <Assume told={told} usual={(ground.data?.usual ?? {}) as Record<string, unknown>} assumptions={assumptions} set={setAssumptions} />
          </>
        )}
      </div>
    </section>
  );
}

function Busy({ share: part, cancel }: { share: number | null; cancel: () => void }) {
  return (
    <span className="flex items-center gap-2">
      <span>{part === null ? say.running : say.percent(share(part))}</span>
      <span role="progressbar" aria-label={say.title} aria-valuemin={0} aria-valuemax={100} {...(part === null ? {} : { "aria-valuenow": Math.round(part * 100) })} className="h-1.5 flex-1 overflow-hidden rounded-full bg-ground"><span className={`block h-full bg-accent ${part === null ? "w-1/3 animate-pulse" : ""}`} style={part === null ? undefined : { width: `${part * 100}%` }} /></span>
      <Button onClick={cancel}>{say.cancel}</Button>
    </span>
  );
}

function Totals({ told }: { told: Simulation }) {
  const over = told.work.by_person.filter((one) => one.weeks_over > 0).length;
  const facts: [string, string, string][] = [
    [number(told.entered), say.entered, say.of(number(told.accounts))],
    [number(told.messages.total), say.messages, told.messages.per_contact ? say.perContact(number(told.messages.per_contact.most), number(told.messages.busiest_week)) : ""],
    [number(told.work.hours), say.hours, over ? say.over(number(over)) : say.withinCapacity],
    [number(told.running), say.stillThere, ""],
  ];
  return (
    <>
      <dl className="grid grid-cols-2 gap-2">{facts.map(([value, name, more]) => (
        <div key={name} className="rounded-md border border-line p-2"><dt className="text-xs text-muted">{name}</dt><dd><b className="text-lg leading-tight font-semibold">{value}</b><span className={`block text-xs ${name === say.hours && over ? "text-watch" : "text-muted"}`}>{more}</span></dd></div>
      ))}</dl>
      {told.entered === 0 && <p role="note" className="rounded-md bg-watch-ground px-3 py-2 text-watch">{say.nobody}</p>}
    </>
  );
}

function Compared({ told }: { told: Simulation }) {
  if (!told.compared.length) return null;
  const moved = told.compared.filter((one) => one.published !== one.draft);
  return (
    <section><h3 className="mb-1 font-semibold">{say.compared}</h3>
      {moved.length === 0 ? <p className="text-muted">{say.same}</p> : (
        <table className="w-full text-left"><thead className="text-muted"><tr>{Object.values(say.columns).map((one) => <th key={one} scope="col" className="font-medium">{one}</th>)}</tr></thead>
          <tbody>{moved.map((one) => <tr key={one.what} className="border-t border-line"><td>{one.what}</td><td>{number(one.published)}</td><td>{number(one.draft)}</td><td className="font-medium">{signed(one.draft - one.published)}</td></tr>)}</tbody></table>
      )}
    </section>
  );
}

function Ends({ told }: { told: Simulation }) {
  const ended = Object.entries(told.ended), refused = Object.entries(told.refused);
  return (
    <section><h3 className="mb-1 font-semibold">{say.ends}</h3>
      <ul>{ended.map(([how, count]) => <li key={how} className="flex justify-between gap-3"><span>{endWords(how.replace(": ", ":"))}</span><b>{number(count)} <span className="font-normal text-muted">{share(count / Math.max(1, told.entered))}</span></b></li>)}<li className="flex justify-between gap-3 text-muted"><span>{say.stillThere}</span><b>{number(told.running)}</b></li></ul>
      {refused.length > 0 && <p className="mt-1 text-muted">{say.refused}: {refused.map(([why, count]) => `${number(count)} (${say.refusedWhy[why] ?? why})`).join(", ")}</p>}
    </section>
  );
}
