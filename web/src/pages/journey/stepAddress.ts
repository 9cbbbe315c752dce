/** The chosen step stands in the address (`?step=`): links lead to it, and Back goes where one was before a jump. Walking from
 * step to step leaves no trail; choosing from a list of faults, of steps or of a walk does. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import type { UseBuilder } from "./useBuilder";
import { isStep } from "./ways";

const route = getRouteApi("/journeys/$key");
/** The address follows when walking rests, so that keys are never waited for. */
const REST = 250;

/** show: brings a step into sight that was chosen from outside. */
export function useStepAddress(use: UseBuilder, show: (id: string) => void): void {
  const asked = route.useSearch().step;
  const navigate = useNavigate({ from: "/journeys/$key" });
  const shown = useRef(asked);
  const current = useRef(show);
  current.current = show;

  useEffect(() => {
    if (asked === shown.current) return;
    shown.current = asked;
    if (asked === undefined || !Object.hasOwn(use.getState().journey.steps, asked)) return;
    use.getState().select(asked);
    requestAnimationFrame(() => current.current(asked));
  }, [asked, use]);

  useEffect(() => {
    let waiting = 0;
    const stop = use.subscribe((now, before) => {
      if (now.selected === before.selected) return;
      window.clearTimeout(waiting);
      const jumped = now.jumps !== before.jumps;
      const go = (): void => {
        const last = use.getState().selected.at(-1);
        const step = last !== undefined && isStep(last) ? last : undefined;
        if (step === shown.current) return;
        shown.current = step;
        void navigate({ search: (old) => ({ ...old, step }), replace: !jumped });
      };
      if (jumped) go();
      else waiting = window.setTimeout(go, REST);
    });
    return () => {
      stop();
      window.clearTimeout(waiting);
    };
  }, [use, navigate]);
}
