/** ⌘K: go to a page or to any account by name. Loaded with the frame, so that no key typed after it opens is lost. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useState } from "react";

import { someAccounts } from "../api/queries";
import { signOut } from "../session";
import { HealthBadge } from "../ui/bits";
import { words } from "../words/en";
import { setTheme, usePreferences } from "./preferences";
import { PAGES } from "./pages";

const ITEM = "flex cursor-pointer items-center justify-between gap-3 rounded-md px-3 py-2 data-[selected=true]:bg-accent-ground";

export function Palette({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const theme = usePreferences((own) => own.theme);
  const found = useQuery({ ...someAccounts({ q: typed, limit: 8 }), enabled: open && typed.length > 1 });
  const go = (work: () => void) => () => {
    setOpen(false);
    setTyped("");
    work();
  };
  const wanted = typed.toLowerCase();
  return (
    <Command.Dialog open={open} onOpenChange={setOpen} label={words.search} shouldFilter={false}
      overlayClassName="fixed inset-0 z-30 bg-black/40"
      contentClassName="fixed top-[12vh] left-1/2 z-40 w-[min(36rem,94vw)] -translate-x-1/2 rounded-lg border border-line bg-panel p-2 shadow-xl">
      <Command.Input value={typed} onValueChange={setTyped} placeholder={words.search} className="w-full rounded-md bg-transparent px-3 py-2 text-base outline-none" />
      <Command.List className="max-h-80 overflow-auto">
        {PAGES.filter((page) => page.name.toLowerCase().includes(wanted)).map((page) => (
          <Command.Item key={page.to} value={page.to} className={ITEM} onSelect={go(() => void navigate({ to: page.to }))}>{page.name}</Command.Item>
        ))}
        {found.data?.items.map((one) => (
          <Command.Item key={one.external_id} value={one.external_id} className={ITEM}
            onSelect={go(() => void navigate({ to: "/accounts/$id", params: { id: one.external_id } }))}>
            <span className="truncate">{one.name ?? one.external_id}</span><HealthBadge health={one.health} />
          </Command.Item>
        ))}
        {words.theme.dark.toLowerCase().includes(wanted) && (
          <Command.Item value="theme" className={ITEM} onSelect={go(() => setTheme(theme === "dark" ? "light" : "dark"))}>{theme === "dark" ? words.theme.toLight : words.theme.toDark}</Command.Item>
        )}
        {words.signOut.toLowerCase().includes(wanted) && <Command.Item value="sign-out" className={ITEM} onSelect={go(() => void signOut())}>{words.signOut}</Command.Item>}
      </Command.List>
    </Command.Dialog>
  );
}
