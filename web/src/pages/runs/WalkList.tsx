/** One account's simulated way as a list: each stage with its moment, and why each branch was taken. */
import { moment } from "../../format";
import type { Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { Button } from "../../ui/bits";
import { runs as runWords } from "../../words/en.runs";
import { detailWords } from "./History";
import type { Walked } from "./useSimulation";

const say = runWords.sim;

/** go: choose a step on the drawing. */
export function WalkList({ walked, journey, go, back }: { walked: Walked; journey: Journey; go: (id: string) => void; back: () => void }) {
  const { told } = walked;
  const called = (id: string) => { const step = journey.steps[id]; return step ? nameOf(step) : id; };
  return (
    <section aria-live="polite" className="space-y-2">
      <div className="flex items-center justify-between gap-2"><h3 className="font-semibold">{say.walkOf(walked.name)}</h3><Button onClick={back}>{say.walkEnd}</Button></div>
      {told.stages.length === 0 && <p>{say.walkNone} {Object.keys(told.refused).map((why) => say.walkRefused(say.refusedWhy[why] ?? why)).join(" ")}</p>}
      <ol className="space-y-2">
        {told.stages.map((one, place) => {
          const { why, ...rest } = one.detail as Record<string, string>;
          return (
            <li key={place} className="border-l-2 border-accent pl-3">
              {!one.journey && one.step in journey.steps ? <button type="button" onClick={() => go(one.step)} className="min-h-6 font-medium text-accent hover:underline">{called(one.step)}</button> : <b className="font-medium">{one.journey ? `${one.journey}: ${one.step}` : called(one.step)}</b>} {say.what[one.what] ?? one.what} {one.what === "leaves" ? say.ways(one.word) : (runWords.status[one.word] ?? one.word)}
              {why && <p>{say.why}: {why}</p>}
              <p className="text-xs text-muted">{[moment(one.at), detailWords(rest)].filter(Boolean).join(" · ")}</p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
