/** The settings of a step, drawn from its kind's schema. */
import type { Step } from "../../journey/document";
import type { Work } from "./useWork";

export function StepForm({ step }: { id: string; step: Step; work: Work; field: { name: string; at: number } | null }) {
  return <pre className="overflow-auto text-xs">{JSON.stringify(step, null, 1)}</pre>;
}
