/** How a run is, as a word: its pace while it is under way, else how it ended. */
import type { RunItem } from "../../api/runs";
import { runs as runWords } from "../../words/en.runs";

const TONES: Record<string, string> = { on_track: "bg-good-ground text-good", behind: "bg-watch-ground text-watch", stuck: "bg-bad-ground text-bad", paused: "bg-ground text-muted" };

export function RunWord({ run }: { run: Pick<RunItem, "status" | "pace" | "reason"> }) {
  const status = runWords.status[run.status] ?? run.status;
  const pace = run.pace === null ? "" : (runWords.pace[run.pace] ?? "");
  return <span title={run.pace ? runWords.paceMeans[run.pace] : undefined} className={`inline-flex min-h-6 items-center rounded-full px-2 text-xs font-medium whitespace-nowrap ${run.pace ? TONES[run.pace] : "bg-ground text-muted"}`}>{run.status === "running" ? pace : [pace === status ? "" : pace, status].filter(Boolean).join(": ")}{run.reason && run.pace === null ? ` · ${run.reason}` : ""}</span>;
}
