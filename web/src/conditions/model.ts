/**
 * A condition as the server keeps it, and the pure edits of it. A place is the way down from the root: the number of a part,
 * or "not" into what is negated. Every edit gives a new condition; what it does not touch stays the same object.
 */
export type Scalar = string | number | boolean;
export type Comparison = "below" | "at_most" | "above" | "at_least" | "equal" | "not_equal" | "in" | "not_in" | "between" | "missing" | "present";
export type Compare = { column: string; is: Comparison; value?: Scalar | Scalar[] | null };
export type EventWithin = { event: string; within_days: number; at_least?: number };
export type NoEvent = { no_event: string; within_days: number };
export type Sequence = { sequence: string[]; within_days: number };
export type InSegment = { segment: string };
export type Leaf = Compare | EventWithin | NoEvent | Sequence | InSegment;
export type Group = { all: Condition[] } | { any: Condition[] };
export type Condition = Group | { not: Condition } | Leaf;
export type Place = readonly (number | "not")[];

export const isAll = (one: Condition): one is { all: Condition[] } => "all" in one;
export const isAny = (one: Condition): one is { any: Condition[] } => "any" in one;
export const isNot = (one: Condition): one is { not: Condition } => "not" in one;
export const isGroup = (one: Condition): one is Group => isAll(one) || isAny(one);
export const isCompare = (one: Condition): one is Compare => "column" in one;
export const partsOf = (group: Group): Condition[] => ("all" in group ? group.all : group.any);
const regrouped = (group: Group, parts: Condition[]): Group => ("all" in group ? { all: parts } : { any: parts });

export function at(root: Condition, place: Place): Condition | undefined {
  let here: Condition | undefined = root;
  for (const step of place) {
    if (here === undefined) return undefined;
    here = step === "not" ? (isNot(here) ? here.not : undefined) : isGroup(here) ? partsOf(here)[step] : undefined;
  }
  return here;
}

export function replaceAt(root: Condition, place: Place, next: Condition): Condition {
  const [step, ...rest] = place;
  if (step === undefined) return next;
  if (step === "not") return isNot(root) ? { not: replaceAt(root.not, rest, next) } : root;
  return isGroup(root) ? regrouped(root, partsOf(root).map((part, n) => (n === step ? replaceAt(part, rest, next) : part))) : root;
}

/** Take a part out. A group that is left with one part gives way to it, one left empty goes too; null: nothing is left. */
export function removeAt(root: Condition, place: Place): Condition | null {
  const [step, ...rest] = place;
  if (step === undefined) return null;
  if (step === "not") {
    if (!isNot(root)) return root;
    const inner = removeAt(root.not, rest);
    return inner && { not: inner };
  }
  if (!isGroup(root)) return root;
  const parts = partsOf(root).flatMap((part, n) => {
    const kept = n === step ? removeAt(part, rest) : part;
    return kept ? [kept] : [];
  });
  const gone = parts.length < partsOf(root).length;
  return parts.length === 0 ? null : gone && parts.length === 1 ? (parts[0] as Condition) : regrouped(root, parts);
}

/** Add a part at the end of the group at a place; what is no group becomes one with it. */
export function addTo(root: Condition | null, place: Place, part: Condition): { root: Condition; place: Place } {
  if (root === null) return { root: part, place: [] };
  const here = at(root, place);
  if (here === undefined) return { root, place };
  if (isGroup(here)) return { root: replaceAt(root, place, regrouped(here, [...partsOf(here), part])), place: [...place, partsOf(here).length] };
  return { root: replaceAt(root, place, { all: [here, part] }), place: [...place, 1] };
}

/** Put a part behind the one at a place, in the same group. */
export function addAfter(root: Condition, place: Place, part: Condition): { root: Condition; place: Place } {
  const { above, step } = seat(place);
  const group = at(root, above);
  if (step === undefined || group === undefined || !isGroup(group)) return addTo(root, place, part);
  return { root: replaceAt(root, above, regrouped(group, partsOf(group).toSpliced(step + 1, 0, part))), place: [...above, step + 1] };
}

/** The group that a part belongs to and its number there; a negation belongs to what it negates. */
export function seat(place: Place): { above: Place; step: number | undefined } {
  const last = place.at(-1);
  if (last === "not") return seat(place.slice(0, -1));
  return { above: place.slice(0, -1), step: last };
}

/** Change places with the neighbour before (-1) or behind (1); nothing happens at the ends. */
export function moveBy(root: Condition, place: Place, step: -1 | 1): { root: Condition; place: Place } {
  const { above, step: from } = seat(place);
  const group = at(root, above);
  if (from === undefined || group === undefined || !isGroup(group)) return { root, place };
  const parts = [...partsOf(group)];
  const [mine, other] = [parts[from], parts[from + step]];
  if (!mine || !other) return { root, place };
  [parts[from], parts[from + step]] = [other, mine];
  return { root: replaceAt(root, above, regrouped(group, parts)), place: [...above, from + step, ...place.slice(above.length + 1)] };
}

/** Turn a part into its opposite, and an opposite back. */
export function negate(root: Condition, place: Place): { root: Condition; place: Place } {
  if (place.at(-1) === "not") {
    const outer = place.slice(0, -1);
    const here = at(root, place);
    return here === undefined ? { root, place } : { root: replaceAt(root, outer, here), place: outer };
  }
  const here = at(root, place);
  return here === undefined ? { root, place } : { root: replaceAt(root, place, { not: here }), place: [...place, "not"] };
}

/** All of these, or any of these. */
export function setGroup(root: Condition, place: Place, kind: "all" | "any"): Condition {
  const here = at(root, place);
  return here && isGroup(here) ? replaceAt(root, place, kind === "all" ? { all: partsOf(here) } : { any: partsOf(here) }) : root;
}

/** Put a part into a group of its own, of the other kind than the group around it. */
export function wrap(root: Condition, place: Place): { root: Condition; place: Place } {
  const here = at(root, place);
  if (here === undefined) return { root, place };
  const around = at(root, seat(place).above);
  const inAny = around !== undefined && around !== here && isAny(around);
  return { root: replaceAt(root, place, inAny ? { all: [here] } : { any: [here] }), place: [...place, 0] };
}

export function* leavesOf(root: Condition, place: Place = []): Generator<{ leaf: Leaf; place: Place }> {
  if (isNot(root)) yield* leavesOf(root.not, [...place, "not"]);
  else if (isGroup(root)) for (const [n, part] of partsOf(root).entries()) yield* leavesOf(part, [...place, n]);
  else yield { leaf: root, place };
}

export const columnsOf = (root: Condition): string[] => [...new Set([...leavesOf(root)].flatMap(({ leaf }) => (isCompare(leaf) ? [leaf.column] : [])))];
export const segmentsOf = (root: Condition): string[] => [...new Set([...leavesOf(root)].flatMap(({ leaf }) => ("segment" in leaf ? [leaf.segment] : [])))];

export const samePlace = (a: Place, b: Place): boolean => a.length === b.length && a.every((step, n) => step === b[n]);

/** 'trigger.condition.all[1].not.value' -> [1, "not"]: the row that a fault of the server's belongs to. */
export function placeOf(told: string): Place {
  return [...told.matchAll(/\.(?:all|any)\[(\d+)\]|\.(not)(?![a-z_])/g)].map((found) => (found[1] === undefined ? "not" : Number(found[1])));
}

const TAKES_LIST = new Set<Comparison>(["in", "not_in"]);
const TAKES_NOTHING = new Set<Comparison>(["missing", "present"]);

export type Hole = "column" | "value" | "event" | "segment" | "days";

/** What is not filled in yet: the place and which control. */
export function holesOf(root: Condition): { place: Place; what: Hole }[] {
  return [...leavesOf(root)].flatMap(({ leaf, place }) => {
    const what = holeOf(leaf);
    return what ? [{ place, what }] : [];
  });
}

function holeOf(leaf: Leaf): Hole | null {
  if (isCompare(leaf)) return !leaf.column ? "column" : isFilled(leaf) ? null : "value";
  if ("segment" in leaf) return leaf.segment ? null : "segment";
  if (!(leaf.within_days >= 1)) return "days";
  const names = "sequence" in leaf ? leaf.sequence : ["event" in leaf ? leaf.event : leaf.no_event];
  return names.length && names.every(Boolean) ? null : "event";
}

function isFilled({ is, value }: Compare): boolean {
  if (TAKES_NOTHING.has(is)) return true;
  const good = (one: Scalar | null | undefined) => one !== null && one !== undefined && one !== "" && !Number.isNaN(one);
  if (Array.isArray(value)) return value.length >= (is === "between" ? 2 : 1) && value.every(good);
  return !TAKES_LIST.has(is) && is !== "between" && good(value);
}

/** The value that a comparison takes, made of the one that stood there before. */
export function fitted(is: Comparison, value: Compare["value"]): Pick<Compare, "is" | "value"> {
  const kept = (Array.isArray(value) ? value : [value]).filter((one): one is Scalar => one !== null && one !== undefined);
  if (TAKES_NOTHING.has(is)) return { is };
  if (TAKES_LIST.has(is)) return { is, value: kept };
  if (is === "between") return { is, value: kept.length ? [kept[0] as Scalar, kept[1] ?? (kept[0] as Scalar)] : [] };
  return { is, value: kept[0] ?? null };
}
