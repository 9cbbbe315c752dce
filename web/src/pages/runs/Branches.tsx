/** The chosen step's ways: how many went which way, and who; each can be walked through. */
import type { Simulation } from "../../api/runs";
import { number, share } from "../../format";
import type { Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { runs as runWords } from "../../words/en.runs";

const say = runWords.sim;

export function Branches({ told, journey, step, walk }: { told: Simulation; journey: Journey; step: string | null; walk: (id: string, name: string) => void }) {
  const flow = told.steps.find((one) => one.step === step);
  const drawn = step === null ? undefined : journey.steps[step];
  if (!flow) return <p className="text-muted">{say.chooseStep}</p>;
  const people = new Map((told.named ?? []).map((one) => [one.number, one]));
  const ways: [string, string, number][] = [...Object.entries(flow.ports).map(([port, count]): [string, string, number] => [port, say.ways(port), count]), ["", say.standing, flow.standing]];
  return (
    <section aria-live="polite"><h3 className="font-semibold">{drawn ? nameOf(drawn) : flow.label}: {say.came(number(flow.arrived))}</h3>
      {flow.wait_hours && <p className="text-muted">{say.waited(number(flow.wait_hours.p50), number(flow.wait_hours.most))}</p>}
      {ways.filter(([, , count]) => count > 0).map(([port, name, count]) => {
        const who = (flow.accounts?.[port] ?? []).flatMap((one) => people.get(one) ?? []);
        return (
          <details key={port} className="border-t border-line py-1">
            <summary className="flex min-h-7 cursor-pointer items-center justify-between gap-3"><span>▸ {name}</span><b>{number(count)} <span className="font-normal text-muted">{share(count / Math.max(1, flow.arrived))}</span></b></summary>
            <p className="text-xs text-muted">{say.first(number(who.length), number(count))}</p>
            <ul className="max-h-60 overflow-auto" tabIndex={0} aria-label={`${say.who}: ${name}`}>{who.map((one) => <li key={one.number} className="flex items-center justify-between gap-2"><span className="truncate">{one.name}</span><button type="button" onClick={() => walk(one.external_id, one.name)} className="min-h-6 text-accent hover:underline" aria-label={`${say.walk}: ${one.name}`}>{say.walk}</button></li>)}</ul>
          </details>
        );
      })}
    </section>
  );
}
