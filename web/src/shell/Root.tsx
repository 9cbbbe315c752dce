/** The frame around every page: navigation, search, keys, where the focus goes; and the door when nobody is signed in. */
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";

import { setup } from "../api/setup";
import { useSession } from "../session";
import { Skeleton } from "../ui/bits";
import { late } from "../ui/late";
import { words } from "../words/en";
import { ErrorPage } from "./ErrorPage";
import { OfflineBanner } from "./Liveness";
import { useKeys } from "./keys";
import { PAGES } from "./pages";
import { Sidebar } from "./Sidebar";

/** What nobody needs to see the page: it comes right after, before a hand can reach for it. */
const Palette = lazy(() => import("./Palette").then((found) => ({ default: found.Palette })));
const KeysHelp = late(() => import("./KeysHelp").then((found) => found.KeysHelp));
const SetupBanner = late(() => import("./SetupBanner").then((found) => found.SetupBanner));
const Toasts = late(() => import("../ui/Toasts").then((found) => found.Toasts));
const FirstMember = late(() => import("../pages/setup/FirstMember").then((found) => found.FirstMember), <main className="mx-auto max-w-md p-10"><Skeleton /></main>);
const SignIn = late(() => import("./SignIn").then((found) => found.SignIn));
const WhereTo = late(() => import("./WhereTo").then((found) => found.WhereTo));

export function Root() {
  const { state, error, session } = useSession();
  const wasOut = useRef(false);
  const [chosen, setChosen] = useState(false);
  if (state === "out") wasOut.current = true;
  if (state === "asking") return null;
  if (state === "failed") return <main><ErrorPage error={error} reset={() => window.location.reload()} /></main>;
  if (state === "out") return <Door />;
  if (wasOut.current && !chosen && (session?.workspaces.length ?? 0) > 1) return <WhereTo done={() => setChosen(true)} />;
  return <Frame />;
}

/** Nobody is signed in: sign in, or be the first. */
function Door() {
  const query = useQuery(setup);
  const [signing, setSigning] = useState(false);
  if (query.isPending) return null;
  if (!query.data?.needs_member || signing) return <SignIn />;
  return <FirstMember signInInstead={() => setSigning(true)} />;
}

function Frame() {
  const [palette, setPalette] = useState(false);
  const [typed, setTyped] = useState("");
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  useKeys({
    ...Object.fromEntries(PAGES.map((page) => [`g ${page.key}`, () => void navigate({ to: page.to })])),
    "?": () => setHelp(true),
  });
  useFocusOnHeading();
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
      <a href="#content" className="sr-only z-30 rounded bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute">{words.skip}</a>
      <Sidebar openPalette={() => setPalette(true)} openHelp={() => setHelp(true)} />
      <div className="flex min-w-0 flex-1 flex-col">
        <OfflineBanner />
        <SetupBanner />
        <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none"><Outlet /></main>
      </div>
      {/* Opened before it has come, it takes down what is typed meanwhile. */}
      <Suspense fallback={palette && <input autoFocus aria-label={words.search} value={typed} onChange={(event) => setTyped(event.target.value)} className="fixed top-[12vh] left-1/2 z-40 w-[min(36rem,94vw)] -translate-x-1/2 rounded-lg border border-line bg-panel px-5 py-4 text-base shadow-xl" />}>
        <Palette open={palette} setOpen={setPalette} typed={typed} setTyped={setTyped} />
      </Suspense>
      <KeysHelp open={help} setOpen={setHelp} />
      <Toasts />
    </div>
  );
}

/** After going to another page the focus is on its heading, so that readers and keys begin there; a dialog keeps its own. */
function useFocusOnHeading(): void {
  const router = useRouter();
  useEffect(() => router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
    const at = document.activeElement;
    if (!fromLocation || !pathChanged || document.querySelector("[role=dialog]") || at?.matches("input, textarea, select")) return;
    const heading = document.querySelector<HTMLElement>("#content h1");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.style.outline = "none";
    heading.focus({ preventScroll: true });
  }), [router]);
}
