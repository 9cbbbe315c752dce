/** Findings as the builder shows them: of which step and field, how many a step. */
import type { Finding } from "../../journey/validate";

export type Problem = { code: string; place: string; message: string; isError: boolean; step: string | null; field: string; fromServer: boolean };

const STEP = /^steps\.([^.[]+)(?:\.(.*))?$/;

function problemOf(finding: Finding, fromServer: boolean): Problem {
  const found = STEP.exec(finding.place);
  return { code: finding.code, place: finding.place, message: finding.message, isError: finding.is_error, step: found?.[1] ?? null, field: found ? (found[2] ?? "") : finding.place, fromServer };
}

/** What is found here at once, and what only the server can know of the version that it has; errors first. */
export function problemsOf(here: readonly Finding[], server: readonly Finding[]): Problem[] {
  const known = new Set(here.map((one) => `${one.code} ${one.place}`));
  const more = server.filter((one) => !known.has(`${one.code} ${one.place}`)).map((one) => problemOf(one, true));
  const all = [...here.map((one) => problemOf(one, false)), ...more];
  return [...all.filter((one) => one.isError), ...all.filter((one) => !one.isError)];
}

export function countsOf(problems: readonly Problem[]): ReadonlyMap<string, { errors: number; warnings: number }> {
  const counts = new Map<string, { errors: number; warnings: number }>();
  for (const one of problems) {
    const id = one.step ?? "@start";
    const old = counts.get(id) ?? { errors: 0, warnings: 0 };
    counts.set(id, one.isError ? { ...old, errors: old.errors + 1 } : { ...old, warnings: old.warnings + 1 });
  }
  return counts;
}
