/** The navigation over the page, on narrow screens. */
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";

import { Button } from "../ui/bits";
import { words } from "../words/en";

export function Menu({ close, children }: { close: () => void; children: ReactNode }) {
  return (
    <Dialog.Root open onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/40" />
        <Dialog.Content aria-describedby={undefined} className="fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col gap-2 overflow-y-auto border-r border-line bg-panel p-3 shadow-xl">
          <div className="flex items-center justify-between"><Dialog.Title className="text-base font-semibold">{words.product}</Dialog.Title><Dialog.Close asChild><Button kind="quiet" className="min-h-9">{words.close}</Button></Dialog.Close></div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
