/** What kinds of steps check of themselves beyond their form; a kind that is not here checks nothing more. */
import { isFields, type Fields, type Json } from "../../forms/schema";
import type { Step } from "../document";
import { portsOf, settingAt } from "../kinds";
import { classesSaid } from "./aims";
import { spelled } from "./conditions";
import { finding, type Finding, type Known } from "./finding";
import { short } from "./said";

type Check = (step: Step, place: string, known: Known, subject: string) => Finding[];
const list = (value: Json | undefined) => (Array.isArray(value) ? value : []);
const samePort = (place: string, name: string) => finding("same_port", place, `another way out of this step is called '${name}'`);

/** Names that come twice in a list, or are taken otherwise. */
const twice = (names: string[], taken: string[], placeOf: (at: number) => string) =>
  names.flatMap((name, at) => (names.slice(0, at).includes(name) || taken.includes(name) ? [samePort(placeOf(at), name)] : []));

const recipient: Check = (step, place, known, subject) => {
  const purpose = step["purpose"] ?? null;
  const found = settingAt(step, "to") === "contact" && subject === "account" ? [finding("no_contact", `${place}.to`, "an account's journey has no contact of its own; name a part, such as champion")] : [];
  if (purpose !== null && known.purposes && !known.purposes.includes(String(purpose))) found.push(finding("unknown_purpose", `${place}.purpose`, `'${String(purpose)}' is no consent class; there are ${classesSaid(known)}`));
  if (purpose === "transactional") found.push(finding("transactional", `${place}.purpose`, "transactional messages pass over consent, caps and quiet hours: publishing them needs a permission", false));
  return found;
};

const split: Check = (step, place, known) => {
  const arms = list(step["arms"]).filter(isFields);
  const holdout = Number(step["holdout"] ?? 0);
  const whole = arms.reduce((sum, arm) => sum + Number(arm["share"]), 0) + holdout;
  const found = Math.abs(whole - 100) > 1e-6 ? [finding("shares_not_100", `${place}.arms`, `the shares add up to ${short(whole)} %, not to 100 %`)] : [];
  found.push(...twice(arms.map((arm) => String(arm["port"])), ["holdout"], (at) => `${place}.arms[${at}].port`));
  const test = isFields(step["test"]) ? step["test"] : {};
  const floor = Number(test["floor"] ?? 10), control = test["control"] ?? null;
  if (control !== null && !portsOf(step).includes(String(control))) found.push(finding("unknown_arm", `${place}.test.control`, `'${String(control)}' is no arm of this split`));
  if (test["allocating"] === "thompson" && floor * arms.length > 100 - holdout) found.push(finding("floor_too_high", `${place}.test.floor`, `${arms.length} arms cannot all have ${short(floor)} %`));
  const outcomes = [test["outcome"], ...list(test["also"]), ...list(test["guard_rails"]).map((rail) => (isFields(rail) ? rail["outcome"] : undefined))].filter(isFields);
  const columns = outcomes.flatMap((one: Fields) => (one["kind"] === "measure" ? [`measure.${String(one["measure"])}`] : []));
  return [...found, ...columns.filter((one) => known.columns && !known.columns.includes(one)).map((one) => finding("unknown_measure", `${place}.test`, `${one} is not known here`))];
};

const branches: Check = (step, place) => {
  const seen = new Set<string>();
  return list(step["branches"]).flatMap((branch, at) => {
    const asked = JSON.stringify(isFields(branch) ? spelled(branch["if"]) : null);
    const told = seen.has(asked) ? [finding("same_condition", `${place}.branches[${at}].if`, "an earlier branch asks the same, so this one is never taken", false)] : [];
    seen.add(asked);
    return told;
  });
};

const CHECKS: Readonly<Record<string, Check>> = {
  message: recipient, draft: recipient, split, condition: branches,
  task: (step, place) => twice(list(step["choices"]).map(String), ["timeout", "cancelled"], (at) => `${place}.choices[${at}]`),
  parallel: (step, place) => twice(list(step["branches"]).map(String), [], (at) => `${place}.branches[${at}]`),
  for_each_contact: (_, place, __, subject) => (subject === "contact" ? [finding("no_contact", `${place}.who`, "a contact's journey has no contacts to go to; make it about accounts")] : []),
  update_trait: (step, place, _, subject) => (step["of"] === "contact" && subject === "account" ? [finding("no_contact", `${place}.of`, "an account's journey has no contact whose traits it could set")] : []),
};

export const stepFindings: Check = (step, place, known, subject) => CHECKS[step.kind]?.(step, place, known, subject) ?? [];
