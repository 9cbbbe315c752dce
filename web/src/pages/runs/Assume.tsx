/** What was assumed, in the server's sentences; and the numbers behind it, to change. */
import { useId, useState } from "react";

import type { Assumptions, Simulation } from "../../api/runs";
import { Button } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { runs as runWords } from "../../words/en.runs";

const say = runWords.sim;

export function Assume({ told, usual, assumptions, set }: { told: Simulation; usual: Record<string, unknown>; assumptions: Assumptions; set: (changed: Assumptions) => void }) {
  const numbers = Object.entries(usual).filter((pair): pair is [string, number] => typeof pair[1] === "number");
  const now = Object.fromEntries(numbers.map(([name, value]) => [name, String((assumptions as Record<string, unknown>)[name] ?? value)]));
  const [typed, setTyped] = useState<Record<string, string>>({});
  const id = useId();
  const values = { ...now, ...typed };
  const bad = numbers.some(([name]) => values[name]?.trim() === "" || !(Number(values[name]) >= 0) || (name.endsWith("_share") && Number(values[name]) > 1));
  const changed = Object.fromEntries(numbers.filter(([name, value]) => Number(values[name]) !== value).map(([name]) => [name, Number(values[name])]));
  return (
    <section><h3 className="mb-1 font-semibold">{say.assumed}</h3>
      <ul className="list-disc space-y-1 pl-5">{told.notes.map((one) => <li key={one}>{one}</li>)}</ul>
      {told.not_reconstructible.length > 0 && <><h4 className="mt-2 font-medium">{say.lost}</h4><ul className="list-disc pl-5 text-muted">{told.not_reconstructible.map((one) => <li key={one.column}>{one.column}: {one.reason}</li>)}</ul></>}
      <details className="mt-2"><summary className="min-h-6 cursor-pointer text-accent">{say.change}</summary>
        <div className="mt-2 space-y-1.5">
          {numbers.map(([name, value]) => <div key={name} className="flex items-center justify-between gap-2"><label htmlFor={`${id}${name}`}>{say.assumptions[name] ?? name}</label><input id={`${id}${name}`} inputMode="decimal" value={values[name] ?? String(value)} onChange={(event) => setTyped({ ...typed, [name]: event.target.value })} className={`${CONTROL} !w-20 text-right`} /></div>)}
          <div className="flex justify-end gap-2"><Button onClick={() => { setTyped({}); set({} as Assumptions); }}>{say.usual}</Button><Button kind="primary" disabled={bad} onClick={() => set(changed as unknown as Assumptions)}>{say.apply}</Button></div>
        </div>
      </details>
    </section>
  );
}
