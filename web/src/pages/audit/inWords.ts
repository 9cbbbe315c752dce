/** An audit entry as a sentence: who did what to what. Words for the parts are in words/en.office.ts; unknown ones stand as they are. */
import type { Entry } from "../../api/audit";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.audit;
type People = ReadonlyMap<number, string>;

/** 'member:7' -> a name where it is known. */
export function actorOf(actor: string, people: People): string {
  const [kind, number] = actor.split(":");
  if (kind === "member") return people.get(Number(number)) ?? said.member(number ?? "?");
  if (kind === "key") return said.key(number ?? "?");
  return actor === "system" ? words.product : actor;
}

/** 'trigger:health-below-60' -> 'trigger health-below-60'; members by name. */
export function subjectOf(subject: string, people: People): string {
  const at = subject.indexOf(":");
  const [kind, key] = at < 0 ? [subject, ""] : [subject.slice(0, at), subject.slice(at + 1)];
  const named = kind === "member" ? (people.get(Number(key)) ?? key) : key;
  return `${said.kinds[kind] ?? kind.replaceAll("_", " ")} ${named}`.trim();
}

/** 'trigger.published' -> 'published'. */
export const actionOf = (action: string): string => said.actions[action] ?? (action.split(".").at(-1) ?? action).replaceAll("_", " ");

/** The subject of a session is who it is of, which is said already. */
export const objectOf = (entry: Pick<Entry, "action" | "subject">, people: People): string => (entry.action.startsWith("session.") ? "" : subjectOf(entry.subject, people));

export const sentenceOf = (entry: Pick<Entry, "actor" | "action" | "subject">, people: People): string => `${actorOf(entry.actor, people)} ${actionOf(entry.action)} ${objectOf(entry, people)}`.trim();

/** 'fields: name zone' -> ['Fields', 'name, zone']; nothing is left out. */
export function factsOf(detail: Record<string, unknown>): [string, string][] {
  return Object.entries(detail).map(([name, value]) => [said.facts[name] ?? name.replaceAll("_", " "), told(name, value)]);
}

function told(name: string, value: unknown): string {
  if (value === null) return words.none;
  if (typeof value === "boolean") return value ? words.frame.yes : words.frame.no;
  if ((name === "fields" || name === "scopes") && typeof value === "string") return value.split(" ").join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whose content is kept in versions, so that before and after can be shown: kind of the subject -> word in addresses. */
export const VERSIONED: Record<string, "triggers" | "segments" | "scorecards" | "templates" | "measures" | "event-roles"> = {
  trigger: "triggers", segment: "segments", scorecard: "scorecards", template: "templates", measure: "measures", event_roles: "event-roles",
};
