/** ⌘K: pages, settings, any account, journey, trigger, segment and text by name, and common actions. Loaded with the frame, so that no key typed after it opens is lost. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useMemo } from "react";

import { shipped } from "../api/messages";
import { journeys, someAccounts } from "../api/queries";
import { segmentDocuments, triggers } from "../api/triggers";
import { may, signOut, switchTo, useSession } from "../session";
import { HealthBadge } from "../ui/bits";
import { office as officeWords } from "../words/en.office";
import { words } from "../words/en";
import { PAGES } from "./pages";
import { setSingleKeys, setTheme, usePreferences } from "./preferences";

const said = words.frame.palette;
const ITEM = "flex min-h-8 cursor-pointer items-center justify-between gap-3 rounded-md px-3 py-1.5 data-[selected=true]:bg-accent-ground";
/** Of each kind, so that none crowds out the others. */
const MOST = 5;
type Entry = { id: string; name: string; group: string; run: () => void; also?: string };

export function Palette({ open, setOpen, typed, setTyped }: { open: boolean; setOpen: (open: boolean) => void; typed: string; setTyped: (typed: string) => void }) {
  const found = useQuery({ ...someAccounts({ q: typed, limit: 8 }), enabled: open && typed.length > 1 && may("accounts:read") });
  const navigate = useNavigate();
  const entries = useEntries(open);
  const wanted = typed.trim().toLowerCase();
  const shown = shownOf(entries, wanted);
  const go = (work: () => void) => () => {
    setOpen(false);
    setTyped("");
    work();
  };
  return (
    <Command.Dialog open={open} onOpenChange={setOpen} label={words.search} shouldFilter={false}
      overlayClassName="fixed inset-0 z-30 bg-black/40"
      contentClassName="fixed top-[12vh] left-1/2 z-40 w-[min(36rem,94vw)] -translate-x-1/2 rounded-lg border border-line bg-panel p-2 shadow-xl">
      <Command.Input value={typed} onValueChange={setTyped} placeholder={said.placeholder} className="w-full rounded-md bg-transparent px-3 py-2 text-base outline-none" />
      <Command.List className="max-h-[60vh] overflow-auto">
        {found.data && found.data.items.length > 0 && (
          <Command.Group heading={<Heading name={words.nav.accounts} />}>{found.data.items.map((one) => (
            <Command.Item key={one.external_id} value={`account ${one.external_id}`} className={ITEM} onSelect={go(() => void navigate({ to: "/accounts/$id", params: { id: one.external_id } }))}>
              <span className="truncate">{one.name ?? one.external_id}</span><HealthBadge health={one.health} />
            </Command.Item>
          ))}</Command.Group>
        )}
        {shown.map(([group, items]) => (
          <Command.Group key={group} heading={<Heading name={group} />}>{items.map((one) => <Command.Item key={one.id} value={one.id} className={ITEM} onSelect={go(one.run)}><span className="truncate">{one.name}</span></Command.Item>)}</Command.Group>
        ))}
        {shown.length === 0 && !found.data?.items.length && <p className="px-3 py-4 text-muted">{found.isFetching ? words.loading : said.nothing}</p>}
      </Command.List>
    </Command.Dialog>
  );
}

const Heading = ({ name }: { name: string }) => <span className="block px-3 pt-2 pb-1 text-xs text-muted">{name}</span>;

/** Pages and actions at once; what has many is shown once something is typed. */
function shownOf(entries: Entry[], wanted: string): [string, Entry[]][] {
  const groups = new Map<string, Entry[]>();
  for (const one of entries) {
    const fits = wanted ? `${one.name} ${one.also ?? ""}`.toLowerCase().includes(wanted) : one.group === said.pages;
    const group = groups.get(one.group) ?? [];
    if (fits && (one.group === said.pages || group.length < MOST)) groups.set(one.group, [...group, one]);
  }
  return [...groups];
}

function useEntries(open: boolean): Entry[] {
  const navigate = useNavigate();
  const { theme, singleKeys } = usePreferences();
  const session = useSession((own) => own.session);
  const lists = { staleTime: 60_000 };
  const runs = useQuery({ ...journeys, ...lists, enabled: open && may("journeys:read") }).data?.items;
  const fires = useQuery({ ...triggers, ...lists, enabled: open && may("triggers:read") }).data?.items;
  const groups = useQuery({ ...segmentDocuments, ...lists, enabled: open && may("config:read") }).data?.items;
  const texts = useQuery({ ...shipped, enabled: open && may("config:read") }).data?.items;
  return useMemo(() => {
    const pages: Entry[] = PAGES.map((page) => ({ id: `page ${page.to}`, name: page.name, group: said.pages, run: () => void navigate({ to: page.to }) }));
    const tabs = Object.entries(officeWords.settings.tabs).map(([tab, name]): Entry => ({ id: `settings ${tab}`, name: `${words.frame.nav.settings}: ${name}`, group: said.settings, run: () => void navigate({ to: "/settings", search: { tab } }) }));
    const actions: Entry[] = [
      { id: "theme", name: theme === "dark" ? words.theme.toLight : words.theme.toDark, also: `${words.theme.dark} ${words.theme.light}`, group: said.actions, run: () => setTheme(theme === "dark" ? "light" : "dark") },
      { id: "keys", name: singleKeys ? said.keysOff : said.keysOn, group: said.actions, run: () => setSingleKeys(!singleKeys) },
      { id: "import", name: officeWords.sources.importFile, group: said.actions, run: () => void navigate({ to: "/settings", search: { tab: "sources" } }) },
      { id: "failed", name: said.failed, group: said.actions, run: () => void navigate({ to: "/messages", search: { tab: "log", status: "failed" } }) },
      ...(session?.workspaces ?? []).filter((one) => one.id !== session?.workspace_id).map((one): Entry => ({ id: `workspace ${one.id}`, name: words.frame.switcher.switchTo(one.name), group: said.actions, run: () => void switchTo(one.id) })),
      { id: "sign-out", name: words.signOut, group: said.actions, run: () => void signOut() },
    ];
    return [
      ...pages,
      ...(runs ?? []).map((one): Entry => ({ id: `journey ${one.key}`, name: one.name, also: one.key, group: words.nav.journeys, run: () => void navigate({ to: "/journeys/$key", params: { key: one.key } }) })),
      ...(fires ?? []).map((one): Entry => ({ id: `trigger ${one.key}`, name: one.name, also: one.key, group: words.nav.triggers, run: () => void navigate({ to: "/triggers/$key", params: { key: one.key } }) })),
      ...(groups ?? []).map((one): Entry => ({ id: `segment ${one.key}`, name: String((one.live ?? one.draft)?.body["name"] ?? one.key), also: one.key, group: words.nav.segments, run: () => void navigate({ to: "/segments/$key", params: { key: one.key } }) })),
      ...(texts ?? []).map((one): Entry => ({ id: `text ${one.key}`, name: one.key, also: one.body.description ?? "", group: officeWords.messages.tabs.templates, run: () => void navigate({ to: "/messages/$key", params: { key: one.key } }) })),
      ...tabs, ...actions,
    ];
  }, [navigate, theme, singleKeys, session, runs, fires, groups, texts]);
}
