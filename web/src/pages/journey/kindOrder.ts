/** The palette: kinds by their shelves, and the nine that number keys add. */
import { KINDS, type Kind } from "../../journey/kinds";
import { builder as builderWords } from "../../words/en.builder";

const QUICK = ["condition", "message", "task", "wait", "wait_for", "split", "approval", "goal", "exit"];

export const quickKinds: readonly Kind[] = QUICK.flatMap((word) => KINDS.find((kind) => kind.kind === word) ?? []);
/** '1' to '9', or nothing. */
export const quickKey = (word: string): string => (QUICK.includes(word) ? String(QUICK.indexOf(word) + 1) : "");
export const shelves: readonly { group: string; name: string; kinds: readonly Kind[] }[] = [...new Set(KINDS.map((kind) => kind.group))].map((group) => ({
  group, name: builderWords.groups[group] ?? group, kinds: KINDS.filter((kind) => kind.group === group),
}));
export const matches = (kind: Kind, typed: string): boolean => `${kind.label} ${kind.kind} ${kind.about}`.toLowerCase().includes(typed.trim().toLowerCase());
