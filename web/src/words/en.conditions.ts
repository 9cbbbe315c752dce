/** English words of conditions; loaded with what speaks them. */
export const conditions = {
  title: "Condition", form: "How to write it", asRows: "Rows", asText: "Text", and: "and", or: "or", not: "Not", then: "then",
  all: "All of these", any: "Any of these", which: "All or any", add: "Add a condition", addGroup: "Add a group", about: "Asks about", comparison: "Comparison", value: "Value", from: "From", to: "To",
  negate: "Turn into its opposite", duplicate: "Copy below", wrap: "Put into a group", up: "Move up", down: "Move down", remove: "Remove", more: (name: string) => `More for ${name}`, row: (name: string) => `Condition: ${name}`,
  keysHint: "In a row: Alt with ↑ ↓ moves, Enter copies, → groups, N negates, Backspace removes", textHint: "For example: health.score < 60 and (account.arr >= 50000 or in segment 'enterprise') and no event 'Report Exported' in 21 days",
  goThere: "Go to the fault", findField: "Type to find…", noField: "Nothing is called so.",
  groups: { health: "Health", churn: "Churn risk", early_warning: "Early warning", expansion: "Expansion", account: "Account", measure: "Measures", trait: "Traits", events: "Events", segments: "Segments" } as Record<string, string>,
  forms: { event: "An event happened", no_event: "An event did not happen", sequence: "Events one after another", segment: "In segment" }, inSegment: "In segment", chooseSegment: "Choose a segment",
  comparisons: { below: "is below", at_most: "is at most", above: "is above", at_least: "is at least", equal: "is", not_equal: "is not", in: "is one of", not_in: "is none of", between: "is between", missing: "is not known", present: "is known" },
  onDays: { below: "is before", at_most: "is on or before", above: "is after", at_least: "is on or after", equal: "is on" } as Partial<Record<string, string>>,
  flags: { yes: "is yes", no: "is no" }, yes: "yes", no: "no", missing: "not known",
  units: { share: "%", quotient: "times", money: "in the account's currency", money_a_month: "a month", yes_no: "", number: "", score: "", day: "" } as Record<string, string>,
  kinds: { role: "Role", features: "Features that are", feature: "Feature" } as Record<string, string>,
  eventName: "Name of the event", atLeast: "at least", times: "Times", timesIn: "times in", within: "within", days: "days", since: (day: string) => `since ${day}`, addEvent: "+ then another", addValue: "Add a value", takeOut: (value: string) => `Take out ${value}`,
  holes: { column: "Choose what it asks about.", value: "A value is missing.", event: "Name the event.", segment: "Choose a segment.", days: "Say how many days, at least 1." },
  matching: "Holds now for", ofAccounts: (n: string) => `of ${n} accounts`, sample: "Largest accounts that match", counting: "Counting…", countAgain: "Count again", nothingYet: "Add a condition to see for whom it holds.", unfinished: "Finish the condition to see for whom it holds.",
  unknown: (n: string) => `Of ${n} more it cannot be said: a value is not known.`, unknownEvents: (n: string) => `Of ${n} more it hangs on events, which are counted as they come and not stored by account: a backtest tells.`,
};
