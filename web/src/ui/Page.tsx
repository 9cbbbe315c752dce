/** The head of a page and its body. */
import { useEffect, type ReactNode } from "react";

import { words } from "../words/en";

export function Page({ title, aside, children, flush = false }: { title: string; aside?: ReactNode; children: ReactNode; flush?: boolean }) {
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  return (
    <div className="flex min-h-full flex-col">
      <header className="flex flex-wrap items-center justify-between gap-3 border-b border-line bg-panel px-5 py-3">
        <h1 className="text-base font-semibold">{title}</h1>
        {aside}
      </header>
      <div className={flush ? "min-h-0 flex-1" : "mx-auto w-full max-w-7xl flex-1 p-5 max-md:p-3"}>{children}</div>
    </div>
  );
}
