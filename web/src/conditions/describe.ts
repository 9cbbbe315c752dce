/** A condition as the server writes it in words (conditions/text.py); vectors in tests/conditions/vectors.json hold both to one form. */
import { isAll, isAny, isCompare, isGroup, isNot, partsOf, type Compare, type Comparison, type Condition, type Scalar } from "./model";

const SYMBOLS: Partial<Record<Comparison, string>> = { below: "<", at_most: "<=", above: ">", at_least: ">=", equal: "=", not_equal: "!=", in: "in", not_in: "not in" };
const PLAIN = /^[a-z_]+(?:\.[A-Za-z0-9_]+)+$/;

export function describe(condition: Condition): string {
  if (isAll(condition)) return join("and", "all", condition.all);
  if (isAny(condition)) return join("or", "any", condition.any);
  if (isNot(condition)) return `not ${inside(condition.not)}`;
  if (isCompare(condition)) return `${PLAIN.test(condition.column) ? condition.column : `\`${condition.column}\``} ${comparison(condition)}`;
  if ("segment" in condition) return `in segment ${quoted(condition.segment)}`;
  if ("event" in condition) return `event ${quoted(condition.event)} at least ${condition.at_least ?? 1} in ${condition.within_days} days`;
  if ("no_event" in condition) return `no event ${quoted(condition.no_event)} in ${condition.within_days} days`;
  return `sequence ${condition.sequence.map(quoted).join(" then ")} in ${condition.within_days} days`;
}

export const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;

function join(word: string, name: string, parts: Condition[]): string {
  const [only] = parts;
  return parts.length === 1 && only ? `${name}(${describe(only)})` : parts.map(inside).join(` ${word} `);
}

function inside(part: Condition): string {
  return isGroup(part) && partsOf(part).length > 1 ? `(${describe(part)})` : describe(part);
}

function comparison({ is, value }: Compare): string {
  if (is === "missing" || is === "present") return `is ${is}`;
  if (!Array.isArray(value)) return `${SYMBOLS[is]} ${scalar(value)}`;
  if (is === "between") return `between ${scalar(value[0])} and ${scalar(value[1])}`;
  return `${SYMBOLS[is]} [${value.map(scalar).join(", ")}]`;
}

const scalar = (value: Scalar | null | undefined): string => (typeof value === "string" ? quoted(value) : String(value ?? ""));
