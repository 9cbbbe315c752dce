/** What the parts of a drawing may ask of it. A view answers selections only. */
import { createContext, useContext, type PointerEvent } from "react";

import type { Out } from "../../journey/document";

export type Board = {
  canEdit: boolean;
  select: (id: string, more: boolean) => void;
  edit: (id: string) => void;
  grab: (event: PointerEvent, id: string) => void;
  /** Open the list of kinds at a way; `at` is the control that was used. */
  add: (out: Out, at: HTMLElement) => void;
};

export const Boards = createContext<Board>({ canEdit: false, select: () => undefined, edit: () => undefined, grab: () => undefined, add: () => undefined });
export const useBoard = (): Board => useContext(Boards);
