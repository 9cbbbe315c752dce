/** Steps that are switched off: which may be, and that what is wrong within one is only worth a look. */
import type { Journey } from "../document";
import { canBeOff, mainPort } from "../kinds";
import { finding, type Finding } from "./finding";

export const offFindings = (journey: Journey): Finding[] => Object.entries(journey.steps).filter(([, step]) => step.disabled === true).map(([id, step]) => (canBeOff(step)
  ? finding("switched_off", `steps.${id}.disabled`, `switched off: runs pass it by '${mainPort(step) ?? ""}'`, false)
  : finding("cannot_switch_off", `steps.${id}.disabled`, `a step of the kind '${step.kind}' leads runs and cannot be switched off; take it away`)));

/** The way by which runs pass it must hold; all else within it is no error while it is off. */
export function eased(one: Finding, journey: Journey): Finding {
  const [, id, field] = /^steps\.([^.]+)\.(.*)$/.exec(one.place) ?? [];
  const step = id !== undefined && Object.hasOwn(journey.steps, id) ? journey.steps[id] : undefined;
  if (step?.disabled !== true || !one.is_error || field === undefined || field === "disabled") return one;
  if (field.startsWith("ports.") && (one.code !== "open_port" || field === `ports.${mainPort(step) ?? ""}`)) return one;
  return { ...one, is_error: false };
}
