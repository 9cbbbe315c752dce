/** What is wrong with the journey as it is drawn now: said here at once, names of the workspace among it, and by the server a
 * moment after each change. Until it has answered, what it alone can say stays. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useMemo, useState } from "react";

import { journeyNames, judgeJourney } from "../../api/journeyDocument";
import type { Journey } from "../../journey/document";
import type { Finding } from "../../journey/validate";
import { may } from "../../session";

const PAUSE = 400;
type Judge = typeof import("../../journey/validate");
/** The rules are a tenth of the builder and are fetched while the first drawing is looked at. */
let judge: Judge | undefined;

function useJudge(): Judge | undefined {
  const [found, setFound] = useState(judge);
  useEffect(() => {
    if (!found) void import("../../journey/validate").then((rules) => setFound((judge = rules)));
  }, [found]);
  return found;
}

const onlyServer = (code: string, rules: Judge | undefined): boolean => code in (rules?.ONLY_THE_SERVER ?? {});

const serials = new WeakMap<Journey, number>();
let last = 0;
/** A number of its own for each state of a drawing: a key of the whole document would be written out at every look. */
function serialOf(journey: Journey): number {
  if (!serials.has(journey)) serials.set(journey, (last += 1));
  return serials.get(journey)!;
}

export function useFindings(journey: Journey): { here: readonly Finding[]; server: readonly Finding[] } {
  const [still, setStill] = useState(journey);
  useEffect(() => {
    const waiting = window.setTimeout(() => setStill(journey), PAUSE);
    return () => window.clearTimeout(waiting);
  }, [journey]);
  const rules = useJudge();
  const names = useQuery({ ...journeyNames, enabled: rules !== undefined && may("journeys:read") }).data;
  const drawn = useDeferredValue(journey); // what is drawn stands there before it is judged
  const here = useMemo(() => rules?.findingsOf(drawn, names) ?? [], [rules, drawn, names]);
  const judged = useQuery({ queryKey: ["journeys", journey.key, "judged", serialOf(still)], queryFn: () => judgeJourney(still), placeholderData: keepPreviousData, staleTime: Infinity, gcTime: 10_000, enabled: may("journeys:write") });
  const isNow = still === journey && !judged.isPlaceholderData;
  const server = useMemo(() => (judged.data?.findings ?? []).filter((one) => isNow || (onlyServer(one.code, rules) && isThere(journey, one.place))), [judged.data, isNow, journey, rules]);
  return { here, server };
}

const isThere = (journey: Journey, place: string): boolean => !place.startsWith("steps.") || Object.hasOwn(journey.steps, place.split(".")[1] ?? "");
