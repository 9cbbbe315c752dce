/** A searchable list in a small window beside what asked for it: kinds to add, ways to move to, steps to find. Typing
 * narrows it, arrows walk it, Enter takes the first. */
import { Command } from "cmdk";
import { Popover } from "radix-ui";
import type { ReactNode } from "react";

import { builder as builderWords } from "../../words/en.builder";
import { words } from "../../words/en";

export type Choice = { key: string; name: string; about?: string | undefined; icon?: ReactNode; aside?: ReactNode; search?: string; take: () => void };
export type Choices = { name?: string | undefined; items: readonly Choice[] };
/** at: beside this control; in the middle of the window without one. `back`: where the focus goes when nothing was taken. */
export type Asked = { title: string; groups: readonly Choices[]; at: Element | null; back?: (() => void) | undefined };

export function Choose({ asked, close }: { asked: Asked | null; close: () => void }) {
  const at = asked?.at ?? null;
  return (
    <Popover.Root open={asked !== null} onOpenChange={(open) => !open && close()}>
      <Popover.Anchor virtualRef={{ current: { getBoundingClientRect: () => at?.isConnected ? at.getBoundingClientRect() : new DOMRect(window.innerWidth / 2, window.innerHeight * 0.2, 0, 0) } }} />
      <Popover.Portal>
        <Popover.Content role="dialog" aria-label={asked?.title} side="bottom" collisionPadding={12} sideOffset={6} onCloseAutoFocus={(event) => { event.preventDefault(); asked?.back?.(); }}
          className="z-40 w-80 rounded-lg border border-line bg-panel p-2 shadow-xl">
          {asked && (
            <Command label={asked.title} loop>
              <p className="px-2 pb-1 font-semibold">{asked.title}</p>
              <Command.Input autoFocus placeholder={words.search} className="mb-1 w-full rounded-md border border-strong-line bg-panel px-2 py-1.5 outline-none" />
              <Command.List className="max-h-80 overflow-y-auto">
                <Command.Empty className="p-3 text-muted">{builderWords.noKind}</Command.Empty>
                {asked.groups.filter((group) => group.items.length).map((group, place) => (
                  <Command.Group key={group.name ?? place} heading={group.name} className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-muted">
                    {group.items.map((item) => (
                      <Command.Item key={item.key} value={`${item.name} ${item.search ?? ""} ${item.key}`} onSelect={() => { close(); item.take(); }}
                        className="flex min-h-8 cursor-pointer items-center gap-2 rounded-md px-2 py-1 data-[selected=true]:bg-accent-ground">
                        {item.icon}<span className="min-w-0 flex-1"><span className="block truncate font-medium">{item.name}</span>{item.about && <span className="block truncate text-xs text-muted">{item.about}</span>}</span>{item.aside}
                      </Command.Item>
                    ))}
                  </Command.Group>
                ))}
              </Command.List>
            </Command>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
