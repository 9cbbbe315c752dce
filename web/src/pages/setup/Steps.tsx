/** The three steps, and at which one we are. */
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.setup;

export function Steps({ at }: { at: number }) {
  return (
    <ol className="flex flex-wrap gap-2">{said.steps.map((name, place) => (
      <li key={name} aria-current={place === at ? "step" : undefined} className={`rounded-full px-3 py-1 font-medium ${place === at ? "bg-accent text-on-accent" : place < at ? "bg-good-ground text-good" : "bg-panel text-muted"}`}>
        <span aria-hidden>{place < at ? "✓" : place + 1}</span> {name}<span className="sr-only">{place < at ? ` (${words.frame.done})` : ""}</span>
      </li>
    ))}</ol>
  );
}
