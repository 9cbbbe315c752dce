/** A dialog that keeps the focus, closes by Escape and gives the focus back. */
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";

import { words } from "../words/en";
import { Button } from "./bits";

export function ModalBody({ open, setOpen, title, children }: { open: boolean; setOpen: (open: boolean) => void; title: string; children: ReactNode }) {
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/40" />
        <Dialog.Content aria-describedby={undefined} className="fixed top-[12vh] left-1/2 z-40 max-h-[76vh] w-[min(34rem,94vw)] -translate-x-1/2 overflow-auto rounded-lg border border-line bg-panel p-5 shadow-xl">
          <div className="mb-3 flex items-center justify-between gap-4">
            <Dialog.Title className="text-base font-semibold">{title}</Dialog.Title>
            <Dialog.Close asChild><Button kind="quiet">{words.close}</Button></Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
