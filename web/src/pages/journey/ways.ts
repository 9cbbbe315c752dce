/** What views write onto the drawing, and which of its nodes are steps. */
export { edgeId, OPEN, START } from "../../journey/graph";

export const isStep = (id: string): boolean => !id.startsWith("@");

/** What simulations, live counts, diffs and traces write onto the drawing. tone: colour, never without a label or badge;
 * dim: not on the way that is looked at. */
export type Tone = "plain" | "accent" | "good" | "watch" | "bad";
/** badge: bold, on the right of the card's line; label: beside it, muted; title: the whole of it in words. */
export type StepMark = { badge?: string | undefined; label?: string | undefined; tone?: Tone | undefined; dim?: boolean | undefined; title?: string | undefined };
/** label: behind the port's name; width: of the line in pixels, 1.5 when left out. */
export type WayMark = { label?: string | undefined; width?: number | undefined; tone?: Tone | undefined; dim?: boolean | undefined };
/** steps: by id ("@start" is the card of the ways in); edges: by edgeId(out), which is "step:port" or "@start". */
export type Marks = { steps?: Record<string, StepMark>; edges?: Record<string, WayMark> };
