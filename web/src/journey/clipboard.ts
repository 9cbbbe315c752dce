/** Copied steps as text, so that they go through the clipboard from one journey to another, into a mail, and back. */
import { isFields } from "../forms/schema";
import { journeyOf } from "./document";
import type { Clip } from "./edit";
import { MOST_STEPS } from "./edit";

const FORMAT = "forestay/steps";
const LONGEST = 400_000;

export const textOf = (clip: Clip): string => JSON.stringify({ format: FORMAT, ...clip }, null, 1);

/** The steps of a text: copied ones, a whole journey, or one step; null where it is something else. */
export function clipOf(text: string): Clip | null {
  if (text.length > LONGEST) return null;
  const found = parsed(text);
  if (!isFields(found)) return null;
  const whole = typeof found["kind"] === "string" ? { start: found["kind"], steps: { [idOf(found["kind"])]: found } } : found;
  const { steps, start } = journeyOf(whole);
  const ids = Object.keys(steps);
  if (!ids.length || ids.length > MOST_STEPS || ids.some((id) => !/^[a-z0-9][a-z0-9_-]*$/.test(id) || !steps[id]!.kind)) return null;
  return { start: typeof start === "string" && Object.hasOwn(steps, start) ? start : ids[0]!, steps };
}

const idOf = (kind: string) => kind.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-").replace(/^-+/, "") || "step";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
