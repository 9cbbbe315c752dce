/** What is wrong with the journey as it is drawn now: the server is asked a moment after each change. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { judgeJourney } from "../../api/journeyDocument";
import type { Journey } from "../../journey/document";
import { may } from "../../session";
import type { Finding } from "./problems";

const NONE: readonly Finding[] = [];

export function useFindings(journey: Journey): readonly Finding[] {
  const [still, setStill] = useState(journey);
  useEffect(() => {
    const waiting = window.setTimeout(() => setStill(journey), 350);
    return () => window.clearTimeout(waiting);
  }, [journey]);
  const judged = useQuery({ queryKey: ["journeys", journey.key, "judged", still], queryFn: () => judgeJourney(still), placeholderData: keepPreviousData, staleTime: Infinity, gcTime: 10_000, enabled: may("journeys:write") });
  return judged.data?.findings.map((one): Finding => ({ ...one, isError: one.is_error })) ?? NONE;
}
