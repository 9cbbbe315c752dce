/** A question before something that cannot be undone by one click: what will happen, in words; Cancel is the default. */
import type { ReactNode } from "react";

import { words } from "../words/en";
import { Button } from "./bits";
import { Modal } from "./Modal";

export function Ask({ open, setOpen, title, children, go, confirm, busy = false }: {
  open: boolean; setOpen: (open: boolean) => void; title: string; children: ReactNode; go: string; confirm: () => void; busy?: boolean;
}) {
  return (
    <Modal open={open} setOpen={setOpen} title={title}>
      <div className="space-y-3">
        {children}
        <div className="flex justify-end gap-2">
          <Button autoFocus onClick={() => setOpen(false)}>{words.cancel}</Button>
          <Button kind="primary" disabled={busy} onClick={confirm}>{go}</Button>
        </div>
      </div>
    </Modal>
  );
}
