/** Doing something to a run: what is asked of the server, and what is said when it is done. */
import { actOnRun, type RunAct } from "../../api/runs";
import { useWrite } from "../../api/write";
import { may } from "../../session";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";

export const mayOperate = (): string | undefined => (may("journeys:operate") ? undefined : words.forbidden("journeys:operate"));

/** The refusal is shown as a toast in the server's words. */
export const useRunAct = (id: number, done?: () => void) =>
  useWrite((act: RunAct) => actOnRun(id, act, false).then(() => act), { topics: ["runs", "journeys", "tasks", "account"], loud: true, said: (act) => runWords.run.done[act.what] ?? act.what, ...(done ? { done } : {}) });
