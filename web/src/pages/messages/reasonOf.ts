/** Why an effect ended so, in words: the server says 'account_cap: could not leave within 5 days', or a provider's own sentence. */
import { office as officeWords } from "../../words/en.office";

export function reasonOf(reason: string): string {
  const [code = "", ...rest] = reason.split(":");
  return [officeWords.messages.reasons[code] ?? code, ...rest].join(":");
}
