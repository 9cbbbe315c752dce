/** What is wrong with the journey, or worth a look: choosing one goes to the step and the field. */
import { builder as builderWords } from "../../words/en.builder";
import type { Problem } from "./problems";

export function ProblemList({ problems, nameOf, go }: { problems: readonly Problem[]; nameOf: (id: string) => string; go: (problem: Problem) => void }) {
  if (!problems.length) return <p className="p-3 text-muted">{builderWords.noProblems}</p>;
  return (
    <ul className="max-h-44 overflow-y-auto p-1.5" aria-label={builderWords.problems}>
      {problems.map((one) => (
        <li key={`${one.code} ${one.place} ${one.message}`}>
          <button type="button" onClick={() => go(one)} className="flex min-h-7 w-full items-start gap-2 rounded-md px-2 py-1 text-left hover:bg-accent-ground">
            <span className={`shrink-0 font-bold ${one.isError ? "text-bad" : "text-watch"}`}><span aria-hidden>{one.isError ? "✕" : "!"}</span><span className="sr-only">{one.isError ? builderWords.errors(1) : builderWords.warnings(1)}</span></span>
            <span className="min-w-0">{one.step && <b className="font-medium">{nameOf(one.step)}: </b>}{one.message}<span className="text-muted"> · {one.code}{one.fromServer ? ` · ${builderWords.serverSays}` : ""}</span></span>
          </button>
        </li>
      ))}
    </ul>
  );
}
