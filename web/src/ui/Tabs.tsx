/** Tabs whose choice lives in the address (`?tab=`), as links: they open in a new window, and Back works. */
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** drop: what the address says of one tab only. */
export function Tabs({ tabs, at, label, drop = [] }: { tabs: readonly { key: string; name: string }[]; at: string; label: string; drop?: readonly string[] }) {
  const nav = useRef<HTMLElement>(null);
  // on a narrow screen the chosen tab may lie outside; only the row of tabs moves, never the page
  useEffect(() => {
    const chosen = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current && chosen) nav.current.scrollLeft = Math.max(0, chosen.offsetLeft - nav.current.clientWidth / 2 + chosen.clientWidth / 2);
  }, [at]);
  return (
    <nav ref={nav} aria-label={label} className="relative flex gap-1 overflow-x-auto border-b border-line bg-panel px-4 py-1.5">
      {tabs.map((tab) => (
        <Link key={tab.key} to="." search={(old) => ({ ...old, ...Object.fromEntries(drop.map((name) => [name, undefined])), tab: tab.key === tabs[0]?.key ? undefined : tab.key })} aria-current={tab.key === at ? "page" : undefined}
          className={`rounded-md px-2.5 py-1.5 font-medium whitespace-nowrap ${tab.key === at ? "bg-accent-ground text-accent" : "text-muted hover:bg-accent-ground"}`}>{tab.name}</Link>
      ))}
    </nav>
  );
}
