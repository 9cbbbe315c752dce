/** The frame around every page: navigation, search, theme, and the sign-in when nobody is signed in. */
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Toaster } from "sonner";

import { status } from "../api/queries";
import { signOut, useSession } from "../session";
import { Button, Empty, Failure, Kbd } from "../ui/bits";
import { words } from "../words/en";
import { KeysHelp } from "./KeysHelp";
import { useKeys } from "./keys";
import { PAGES } from "./pages";
import { Palette } from "./Palette";
import { setTheme, usePreferences } from "./preferences";
import { SignIn } from "./SignIn";


export function Root() {
  const { state, error } = useSession();
  if (state === "asking") return null;
  if (state === "failed") return <main className="mx-auto max-w-md p-10"><Failure error={error} retry={() => window.location.reload()} /></main>;
  return state === "in" ? <Frame /> : <SignIn />;
}

function Frame() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  useKeys({
    ...Object.fromEntries(PAGES.map((page) => [`g ${page.key}`, () => void navigate({ to: page.to })])),
    "?": () => setHelp(true),
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key === "k") {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <div className="flex min-h-dvh max-md:flex-col">
      <a href="#content" className="sr-only z-20 rounded bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute">{words.skip}</a>
      <Sidebar openPalette={() => setPalette(true)} openHelp={() => setHelp(true)} />
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none"><Outlet /></main>
      <Palette open={palette} setOpen={setPalette} />
      <KeysHelp open={help} setOpen={setHelp} />
      <Toaster theme={usePreferences((own) => own.theme)} duration={8000} closeButton position="bottom-right" />
    </div>
  );
}

function Sidebar({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) {
  const theme = usePreferences((own) => own.theme);
  const member = useSession((own) => own.session?.member ?? null);
  return (
    <header className="flex shrink-0 gap-2 border-line bg-panel p-2 max-md:items-center max-md:border-b md:sticky md:top-0 md:h-dvh md:w-46 md:flex-col md:border-r">
      <Link to="/" className="flex items-center gap-2 p-2 text-base font-semibold"><img src="/icon.svg" alt="" width="20" height="20" /><span className="max-md:sr-only">{words.product}</span></Link>
      <button type="button" onClick={openPalette} className="flex min-h-8 items-center justify-between gap-2 rounded-md border border-line px-2.5 text-muted hover:bg-accent-ground max-md:order-3 max-md:border-transparent">
        <span className="max-md:sr-only">{words.search}</span><Kbd>⌘K</Kbd>
      </button>
      <nav aria-label={words.product} className="flex min-w-0 gap-0.5 max-md:flex-1 max-md:overflow-x-auto md:flex-col">
        {PAGES.map((page, place) => (
          <Link key={page.to} to={page.to} activeOptions={{ exact: page.to === "/" }} title={`${page.name} (g ${page.key})`}
            className={`rounded-md px-2.5 py-1.5 font-medium whitespace-nowrap text-muted hover:bg-accent-ground ${place > 0 && PAGES[place - 1]?.group !== page.group ? "md:mt-3" : ""}`}
            activeProps={{ className: "bg-accent-ground !text-accent", "aria-current": "page" }}>{page.name}</Link>
        ))}
      </nav>
      <div className="space-y-1 max-md:hidden md:mt-auto">
        <Liveness />
        {member && <p className="truncate px-2 text-muted" title={member.email}>{member.name} · {member.role}</p>}
        <Button kind="quiet" onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>{theme === "dark" ? words.theme.toLight : words.theme.toDark}</Button>
        <Button kind="quiet" onClick={openHelp}>{words.shortcuts} <Kbd>?</Kbd></Button>
        <Button kind="quiet" onClick={() => void signOut()}>{words.signOut}</Button>
      </div>
    </header>
  );
}

/** Whether what is shown follows what happens. */
function Liveness() {
  const { data, isError, fetchStatus } = useQuery(status);
  if (isError || fetchStatus === "paused") return <p role="status" className="px-2 text-bad">● {words.offline}</p>;
  const behind = data?.is_catching_up ? words.catchingUp(data.lag) : words.live;
  return <p className="px-2 text-muted"><span aria-hidden className="text-good">●</span> {behind}</p>;
}

export function NotFound() {
  return (
    <div className="p-10 text-center">
      <h1 className="text-lg font-semibold">{words.notFound.title}</h1>
      <Empty><Link to="/" className="text-accent underline">{words.notFound.back}</Link></Empty>
    </div>
  );
}
