/** The frame's navigation: groups of pages at the side; below 768 px a bar on top whose menu opens over the page. */
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";

import { signOut, useSession } from "../session";
import { Button, Kbd } from "../ui/bits";
import { late } from "../ui/late";
import { words } from "../words/en";
import { Liveness } from "./Liveness";
import { PAGES } from "./pages";
import { setTheme, usePreferences } from "./preferences";

/** Menus are a tenth of the first load, and a moment later is soon enough for this one. */
const Switcher = late(() => import("./Switcher").then((found) => found.Switcher), <div className="min-h-8" />);
const Menu = late(() => import("./Menu").then((found) => found.Menu));
const GROUPS = [...new Set(PAGES.map((page) => page.group))];
type Openers = { openPalette: () => void; openHelp: () => void };

export function Sidebar(openers: Openers) {
  const [menu, setMenu] = useState(false);
  return (
    <>
      <header className="sticky top-0 z-20 flex items-center gap-2 border-b border-line bg-panel px-2 py-1 md:hidden">
        <button type="button" aria-haspopup="dialog" aria-expanded={menu} onClick={() => setMenu(true)} className="flex min-h-9 min-w-9 items-center gap-2 rounded-md border border-line px-2.5 font-medium"><span aria-hidden>☰</span> {words.frame.menu}</button>
        {menu && <Menu close={() => setMenu(false)}><Pages followed={() => setMenu(false)} /><Foot {...openers} /></Menu>}
        <Link to="/" className="flex min-w-0 flex-1 items-center gap-2 font-semibold"><img src="/icon.svg" alt="" width="20" height="20" />{words.product}</Link>
        <button type="button" onClick={openers.openPalette} aria-label={words.search} className="flex min-h-9 min-w-9 items-center justify-center rounded-md border border-line"><span aria-hidden>⌕</span></button>
      </header>
      <header className="sticky top-0 flex h-dvh w-48 shrink-0 flex-col gap-2 overflow-y-auto border-r border-line bg-panel p-2 max-md:hidden">
        <Link to="/" className="flex items-center gap-2 p-2 text-base font-semibold"><img src="/icon.svg" alt="" width="20" height="20" />{words.product}</Link>
        <Switcher />
        <button type="button" onClick={openers.openPalette} className="flex min-h-8 shrink-0 items-center justify-between gap-2 rounded-md border border-line px-2.5 text-muted hover:bg-accent-ground"><span>{words.search}</span><Kbd>⌘K</Kbd></button>
        <Pages />
        <Foot {...openers} />
      </header>
    </>
  );
}

function Pages({ followed }: { followed?: () => void }) {
  const id = useId();
  return (
    <nav aria-label={words.product} className="flex flex-col gap-2.5">
      {GROUPS.map((group) => (
        <div key={group}>
          <p id={`${id}-${group}`} className="px-2.5 pb-0.5 text-xs text-muted">{words.frame.groups[group]}</p>
          <ul aria-labelledby={`${id}-${group}`}>{PAGES.filter((page) => page.group === group).map((page) => (
            <li key={page.to}>
              <Link to={page.to} {...(followed ? { onClick: followed } : {})} activeOptions={{ exact: page.to === "/", includeSearch: false }} title={`${page.name} (g ${page.key})`}
                className="block rounded-md px-2.5 py-1 font-medium whitespace-nowrap text-muted hover:bg-accent-ground max-md:py-2"
                activeProps={{ className: "bg-accent-ground !text-accent", "aria-current": "page" }}>{page.name}</Link>
            </li>
          ))}</ul>
        </div>
      ))}
    </nav>
  );
}

function Foot({ openHelp }: Openers) {
  const theme = usePreferences((own) => own.theme);
  const member = useSession((own) => own.session?.member ?? null);
  return (
    <div className="mt-auto space-y-1 pt-2">
      <div className="md:hidden"><Switcher /></div>
      <Liveness />
      {member && <Link to="/settings" search={{ tab: "me" }} className="block truncate rounded-md px-2 text-muted hover:bg-accent-ground" title={member.email}>{member.name} · {words.frame.roles[member.role]}</Link>}
      <Button kind="quiet" onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>{theme === "dark" ? words.theme.toLight : words.theme.toDark}</Button>
      <Button kind="quiet" className="max-md:hidden" onClick={openHelp}>{words.shortcuts} <Kbd>?</Kbd></Button>
      <Button kind="quiet" onClick={() => void signOut()}>{words.signOut}</Button>
    </div>
  );
}
