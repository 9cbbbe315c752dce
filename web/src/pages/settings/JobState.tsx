/** How far a job is: its state as a word, its progress as a bar with numbers, its error in its own words. */
import type { Job } from "../../api/settings";
import { number } from "../../format";
import { office as officeWords } from "../../words/en.office";

const said = officeWords.jobs;
const COLOURS: Record<string, string> = { done: "text-good", failed: "text-bad", running: "text-accent" };

export const JobState = ({ job }: { job: Job }) => <span className={COLOURS[job.status] ?? "text-muted"}>{said.states[job.status] ?? job.status}</span>;

export function JobProgress({ job }: { job: Job }) {
  const { done, total, what } = job.progress as { done?: number; total?: number; what?: string };
  if (job.error) return <span className="text-bad">{job.error}</span>;
  if (job.status !== "running" || done === undefined || !total) return <span className="text-muted">{what ?? "–"}</span>;
  const told = `${number(done)} / ${number(total)} ${what ?? ""}`;
  return (
    <div className="min-w-40">
      <progress className="h-2 w-full accent-(--accent)" max={total} value={done} aria-label={told} />
      <span className="text-xs text-muted">{told}</span>
    </div>
  );
}
