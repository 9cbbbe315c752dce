/** What is being drawn: the journey with its past for undo, what is selected, what was read and kept. */
import { create, type StoreApi, type UseBoundStore } from "zustand";

import type { Served } from "../../api/journeyDocument";
import type { Change } from "../../journey/edit";
import type { Journey } from "../../journey/document";
import { begun, done, redone, undone, type History } from "../../journey/history";
import { START } from "./ways";

export type Builder = {
  past: History<Journey>; journey: Journey;
  /** What the server had when this was read or saved last; `saved` is the very object that was kept then. */
  base: Journey; saved: Journey; etag: string | null; hasComments: boolean;
  selected: readonly string[]; said: string;
  /** How often a step was chosen from elsewhere: a list of faults, of steps, a link. */
  jumps: number;
  /** Take a change up unless it was refused; `merge` puts changes to one text into one step of undo. */
  apply: (change: Change, said: string, merge?: string) => boolean;
  select: (id: string | null, more?: boolean) => void;
  jump: (id: string) => void;
  undo: () => boolean; redo: () => boolean;
  say: (said: string) => void;
  take: (served: Served, keepMine?: boolean) => void;
  kept: (journey: Journey, etag: string) => void;
};
export type UseBuilder = UseBoundStore<StoreApi<Builder>>;

/** first: the step that is chosen at the beginning. */
export function makeBuilder(served: Served, refusals: Record<string, string>, first?: string): UseBuilder {
  return create<Builder>((set, get) => {
    const settle = (journey: Journey, selected: readonly string[]): Pick<Builder, "journey" | "selected"> =>
      ({ journey, selected: selected.filter((id) => id === START || Object.hasOwn(journey.steps, id)) });
    const go = (past: History<Journey>): boolean => {
      if (past === get().past) return false;
      const present = past.now;
      const before = get().journey;
      const came = Object.keys(present.steps).filter((id) => present.steps[id] !== before.steps[id]);
      const selected = get().selected.filter((id) => Object.hasOwn(present.steps, id));
      set({ past, ...settle(present, selected.length ? selected : came.slice(0, 1)) });
      return true;
    };
    return {
      past: begun(served.journey), journey: served.journey, base: served.journey, saved: served.journey, etag: served.etag, hasComments: served.hasComments, selected: first !== undefined && Object.hasOwn(served.journey.steps, first) ? [first] : [], said: "", jumps: 0,
      apply: (change, said, merge) => {
        if (change.refused) {
          set({ said: refusals[change.refused] ?? change.refused });
          return false;
        }
        const past = done(get().past, change.journey, merge ?? null);
        set({ past, ...settle(change.journey, change.focus === null ? get().selected : merge ? get().selected : [change.focus]), said });
        return true;
      },
      select: (id, more = false) => {
        const own = get().selected;
        if (id === null) set({ selected: [] });
        else if (!more) set({ selected: [id] });
        else set({ selected: own.includes(id) ? own.filter((one) => one !== id) : [...own.filter((one) => one !== START), id] });
      },
      jump: (id) => set({ selected: [id], jumps: get().jumps + 1 }),
      undo: () => go(undone(get().past)),
      redo: () => go(redone(get().past)),
      // the same words twice are said twice
      say: (said) => set({ said: said !== "" && said === get().said ? `${said}\u00a0` : said }),
      take: (theirs, keepMine = false) => {
        const journey = keepMine ? get().journey : theirs.journey;
        const past = done(get().past, journey);
        set({ past, ...settle(journey, get().selected), base: theirs.journey, saved: theirs.journey, etag: theirs.etag, hasComments: theirs.hasComments });
      },
      kept: (journey, etag) => set({ base: journey, saved: journey, etag, hasComments: false }),
    };
  });
}

/** Where a new step goes when none says otherwise: behind the selected one. */
export const afterSelected = (own: Builder): string | null => {
  const last = own.selected.at(-1);
  return last === undefined || last === START ? null : last;
};
