/** In which workspace one works, and the way to the others: those that this browser holds a session of, and one more. */
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { toast } from "../ui/toast";

import { switchTo, useSession } from "../session";
import { Modal } from "../ui/Modal";
import { words } from "../words/en";
import { SignInForm } from "./SignIn";

const said = words.frame.switcher;
const ITEM = "flex min-h-8 cursor-pointer items-center justify-between gap-3 rounded-md px-2.5 outline-none data-[highlighted]:bg-accent-ground";

export function Switcher() {
  const session = useSession((own) => own.session);
  const [adding, setAdding] = useState(false);
  if (!session) return null;
  const here = session.workspaces.find((one) => one.id === session.workspace_id);
  if (session.member === null) return here ? <p className="truncate px-2.5 text-muted" title={said.title}>{here.name}</p> : null;
  const go = (id: number): void => void switchTo(id).catch((error: Error) => toast.error(error.message));
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger className="flex min-h-8 w-full items-center justify-between gap-2 rounded-md border border-line px-2.5 text-left hover:bg-accent-ground" aria-label={`${said.title}: ${here?.name ?? ""}`}>
          <span className="truncate font-medium">{here?.name}</span><span aria-hidden className="text-muted">▾</span>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="start" sideOffset={4} className="z-50 min-w-52 rounded-lg border border-line bg-panel p-1 shadow-xl">
            {session.workspaces.map((one) => (
              <DropdownMenu.Item key={one.id} className={ITEM} disabled={one.id === session.workspace_id} onSelect={() => go(one.id)}>
                <span className="truncate">{one.name}</span>{one.id === session.workspace_id && <span className="text-xs text-muted">{said.here}</span>}
              </DropdownMenu.Item>
            ))}
            <DropdownMenu.Separator className="my-1 h-px bg-line" />
            <DropdownMenu.Item className={ITEM} onSelect={() => setAdding(true)}>{said.other}</DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {adding && <Modal open setOpen={setAdding} title={said.other}><p className="mb-3 text-muted">{said.otherHow}</p><SignInForm keep email={session.member.email} done={() => window.location.assign("/")} /></Modal>}
    </>
  );
}
