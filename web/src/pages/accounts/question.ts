/** The address of the accounts page and the question to the server: the same words, read both ways. Pure, so that it can be tested. */
import type { GroupBy, Selection } from "../../api/desk";
import type { AccountFilter } from "../../api/queries";

export const KINDS = {
  band: "words", owner: "owner", plan: "words", lifecycle_stage: "words", industry: "words", country: "words", segment: "one", signal: "one",
  arr_min: "number", arr_max: "number", score_min: "number", score_max: "number", trend_min: "number", trend_max: "number",
  churn_min: "share", churn_max: "share", readiness_min: "number", readiness_max: "number",
  renews_after: "day", renews_before: "day", has_task: "yes", has_signal: "yes", include_churned: "yes", missing: "words",
} as const;
export type Field = keyof typeof KINDS;
export const FIELDS = Object.keys(KINDS) as Field[];
export type Filters = { [Key in Field]?: string | number | boolean | string[] | undefined };
export type AccountsSearch = Filters & { q?: string | undefined; view?: string | undefined; sort?: string | undefined; group?: GroupBy | undefined; open?: string | undefined; cols?: string[] | undefined };

export const GROUPS: GroupBy[] = ["owner", "band", "segment", "plan", "renewal_month", "lifecycle_stage", "industry", "country"];

const text = (value: unknown): string | undefined => (typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value === "string" && value ? value : undefined);
const texts = (value: unknown): string[] | undefined => {
  const many = (Array.isArray(value) ? value : [value]).map(text).filter((one): one is string => one !== undefined);
  return many.length ? many : undefined;
};

function read(field: Field, value: unknown): Filters[Field] {
  const kind = KINDS[field];
  if (kind === "words") return texts(value);
  if (kind === "number" || kind === "share") return value !== undefined && value !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined;
  if (kind === "yes") return value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;
  if (kind === "day") return /^\d{4}-\d{2}-\d{2}$/.test(String(value)) ? String(value) : undefined;
  return text(value);
}

/** Whatever stands in an address, reduced to what the page knows. */
export function searchOf(given: Record<string, unknown>): AccountsSearch {
  const filters = Object.fromEntries(FIELDS.map((field) => [field, read(field, given[field])]).filter(([, value]) => value !== undefined)) as Filters;
  const group = GROUPS.find((one) => one === given["group"]);
  const rest = { q: text(given["q"]), view: text(given["view"]), sort: text(given["sort"]), open: text(given["open"]), cols: texts(given["cols"]) };
  return { ...filters, ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Partial<AccountsSearch>), ...(group ? { group } : {}) };
}

export const filtersOf = (search: AccountsSearch): [Field, NonNullable<Filters[Field]>][] =>
  FIELDS.flatMap((field) => (search[field] === undefined ? [] : [[field, search[field]] as [Field, NonNullable<Filters[Field]>]]));

/** The question to the server. */
export function questionOf(search: AccountsSearch): AccountFilter {
  return { ...(Object.fromEntries(filtersOf(search)) as AccountFilter), ...(search.q ? { q: search.q } : {}), sort: search.sort ?? "score" };
}

/** One group's accounts: the question narrowed by the group's value. */
export function inGroup(filter: AccountFilter, by: GroupBy, value: string | null): AccountFilter {
  if (by === "owner") return { ...filter, owner: value ?? "none" };
  if (by === "segment") return { ...filter, segment: value ?? "" };
  if (by === "renewal_month") {
    if (value === null) return { ...filter, missing: [...(filter.missing ?? []), "renews_on"] };
    const [year, month] = value.split("-").map(Number) as [number, number];
    const next = month === 12 ? `${year + 1}-01-01` : `${year}-${String(month + 1).padStart(2, "0")}-01`;
    const later = `${value}-01`;
    return { ...filter, renews_after: filter.renews_after && filter.renews_after > later ? filter.renews_after : later, renews_before: filter.renews_before && filter.renews_before < next ? filter.renews_before : next };
  }
  if (value === null) return { ...filter, missing: [...(filter.missing ?? []), by] };
  return { ...filter, [by]: [value] };
}

/** What was picked: single accounts, or all that match but for some. */
export type Picked = { all: boolean; ids: ReadonlySet<string> };
export const NOTHING: Picked = { all: false, ids: new Set() };
export const isPicked = (picked: Picked, id: string): boolean => picked.all !== picked.ids.has(id);
export const countOf = (picked: Picked, matching: number): number => (picked.all ? matching - picked.ids.size : picked.ids.size);

/** Turn one, or make a whole range like its first. */
export function turned(picked: Picked, ids: readonly string[], to?: boolean): Picked {
  const next = new Set(picked.ids);
  const wanted = to ?? !isPicked(picked, ids[0] as string);
  for (const id of ids) {
    if (wanted !== picked.all) next.add(id);
    else next.delete(id);
  }
  return { all: picked.all, ids: next };
}

export function selectionOf(picked: Picked, filter: AccountFilter): Selection {
  if (!picked.all) return { accounts: [...picked.ids], leave_out: [] };
  const { sort: _sort, limit: _limit, cursor: _cursor, fields: _fields, ...matching } = filter;
  return { matching: { include_churned: true, ...matching } as NonNullable<Selection["matching"]>, leave_out: [...picked.ids] };
}
