/** What must hold between the fields of one part; the schema says the rest. By the name of the part's model. */
import { isFields, type Fields, type Json } from "../../forms/schema";

const has = (value: Json | undefined) => value !== undefined && value !== null;
const list = (value: Json | undefined) => (Array.isArray(value) ? value : []);
const number = (value: Json | undefined) => (typeof value === "number" ? value : Number(value ?? 0));
const WITHOUT_VALUE = ["missing", "present"], OF_LISTS = ["in", "not_in"], OF_ORDER = ["below", "at_most", "above", "at_least"];
const YES_NO = ["goal", "goal_held", "event", "account", "refusal"];
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const TIMEOUT_NEEDS = "a time-out needs 'within'";

type Rule = (part: Fields) => string | null | false;
const first = (...told: (string | null | false)[]) => told.find((one) => one) || null;

export const RULES: Readonly<Record<string, Rule>> = {
  Duration: ({ weeks, days, hours, minutes }) => {
    const all = ((number(weeks) * 7 + number(days)) * 24 + number(hours)) * 60 + number(minutes);
    return (all < 1 || all > 731 * 1440) && "a duration is between one minute and two years";
  },
  WaitSettings: ({ for: length, until, date, business, window, past_port }) => {
    const given = [length, until, date, business].filter(has).length;
    return first((given > 1 || (!given && !has(window))) && "wait for one thing: 'for', 'until', 'date' or 'business', and a 'window' alone or with it",
      past_port === true && !has(date) && !has(until) && "past_port belongs to 'until' and 'date'");
  },
  DateOf: ({ days_before, days_after }) => has(days_before) && has(days_after) && "give days_before or days_after, not both",
  DateEntry: ({ days_before, days_after }) => has(days_before) === has(days_after) && "give days_before or days_after",
  WaitForSettings: ({ event, condition, match, if: asked, save }) => first(has(event) === has(condition) && "wait for an event or for a condition",
    !has(event) && (filled(match) || has(asked) || filled(save)) && "'match', 'if' and 'save' belong to an event"),
  TaskSettings: ({ follow, choices, timeout, into, cancelled }) => follow === false && (list(choices).length > 0 || has(timeout) || Boolean(into) || cancelled === "port") && "'choices', 'timeout', 'cancelled' and 'into' need 'follow'",
  DraftSettings: ({ otherwise, within }) => otherwise === "timeout" && !has(within) && TIMEOUT_NEEDS,
  ApprovalSettings: ({ otherwise, within }) => otherwise === "timeout" && !has(within) && TIMEOUT_NEEDS,
  ForEachContactSettings: ({ wait_for, timeout }) => wait_for === "none" && has(timeout) && "'timeout' needs something to wait for",
  SubJourneySettings: ({ follow, timeout }) => follow === false && has(timeout) && "'timeout' needs 'follow'",
  WebhookSettings: ({ follow, save, timeout }) => follow !== true && (filled(save) || has(timeout)) && "'save' and 'timeout' need 'follow'",
  Goal: ({ condition, event, if: asked }) => first(has(condition) === has(event) && "a goal is a condition or an event", has(asked) && !has(event) && "'if' belongs to a goal's event"),
  ReEntryRule: ({ rule = "after_exit", key, after }) => first((rule === "by_key") !== has(key) && "by_key needs a key such as event.order_id, and only by_key has one",
    typeof key === "string" && !/^(event|run|signal)\./.test(key) && "the key is a value that comes with the entry: event.<property>, run.<value> or signal.<column>",
    has(after) && rule !== "after_exit" && "'after' belongs to after_exit"),
  GuardRail: ({ limit, worse_by, outcome }) => first(has(limit) === has(worse_by) && "a guard rail has either a limit or a margin to control (worse_by)",
    has(limit) && isYesNo(outcome) && !(number(limit) > 0 && number(limit) < 1) && "the limit of a yes/no outcome is a rate between 0 and 1, e.g. 0.02"),
  Schedule: ({ every = "day", on }) => {
    const days = list(on), ofWeek = days.filter((day) => typeof day === "string" && WEEKDAYS.includes(day.slice(0, 3).toLowerCase()));
    return first(every === "day" && days.length > 0 && "'on' belongs to a week or a month; every day has none",
      every === "week" && ofWeek.length !== Math.max(days.length, 1) && "a weekly schedule names its weekdays: on: [monday]",
      every === "month" && (ofWeek.length > 0 || !days.length) && "a monthly schedule names days of the month: on: [1] or on: [last]");
  },
  Compare: ({ is, value = null }) => misfit(String(is), value),
};

const filled = (value: Json | undefined) => isFields(value) && Object.keys(value).length > 0;
const isYesNo = (outcome: Json | undefined) => isFields(outcome) && YES_NO.includes(String(outcome["kind"]));

function misfit(is: string, value: Json): string | null {
  if (WITHOUT_VALUE.includes(is)) return value === null ? null : `'${is}' takes no value`;
  if (OF_LISTS.includes(is)) return Array.isArray(value) && value.length >= 1 && value.length <= 200 ? null : `'${is}' takes a list of 1 to 200 values`;
  if (is === "between") return Array.isArray(value) && value.length === 2 && !value.some((end) => typeof end === "boolean") ? null : "'between' takes two values, both ends included";
  if (value === null || Array.isArray(value)) return `'${is}' takes one value`;
  return OF_ORDER.includes(is) && typeof value === "boolean" ? `'${is}' takes a number or a date` : null;
}

/** What must hold of a text beside its schema, by the model and the field. */
const CLOCK = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const clock = (text: Json) => (typeof text === "string" && !CLOCK.test(text) ? `'${text}' is not a time of day; write HH:MM, 24:00 for the end of the day` : null);
export const TEXTS: Readonly<Record<string, (text: Json) => string | null>> = {
  "Shift.start": clock, "Shift.end": clock, "DateEntry.at": clock, "DateOf.at": clock, "Schedule.at": clock,
  "Schedule.zone": (text) => (typeof text === "string" && !isZone(text) ? `'${text}' is not an IANA time zone such as Europe/Berlin` : null),
};

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name })) && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
