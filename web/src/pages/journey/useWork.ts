/** One journey being worked on, shared by the tabs of its page: what is drawn, what can be done to it, what is wrong with
 * it, how it is kept. */
import { useMemo } from "react";

import type { Served } from "../../api/journeyDocument";
import { may } from "../../session";
import { builder as builderWords } from "../../words/en.builder";
import { problemsOf, type Problem } from "./problems";
import { useFindings } from "./findings";
import { useSaving, type Saving } from "./saving";
import { makeBuilder, type UseBuilder } from "./useBuilder";
import { makeVerbs, type Verbs } from "./verbs";

export type Work = { use: UseBuilder; verbs: Verbs; saving: Saving; problems: readonly Problem[]; canWrite: boolean; whyNotPublish: string; dirty: boolean };

/** step: the one that the address names. */
export function useWork(key: string, served: Served, step?: string): Work {
  const canWrite = may("journeys:write");
  // Read once: what comes in later is taken up by hand, since somebody may be drawing.
  const use = useMemo(() => makeBuilder(served, builderWords.refusals, step), [key]);
  const verbs = useMemo(() => makeVerbs(use, canWrite), [use, canWrite]);
  const saving = useSaving(use, key);
  const journey = use((own) => own.journey);
  const dirty = use((own) => own.journey !== own.saved);
  const { here, server } = useFindings(journey);
  const problems = useMemo(() => problemsOf(here, server), [here, server]);
  const errors = problems.filter((one) => one.isError).length;
  const live = served.view.live !== null && served.view.draft === null && !dirty;
  const whyNotPublish = !may("journeys:publish") ? builderWords.mayNotPublish : errors ? builderWords.errorsFirst(errors) : live ? builderWords.nothingNew : "";
  return { use, verbs, saving, problems, canWrite, whyNotPublish, dirty };
}
