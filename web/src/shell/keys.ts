/** Single-key shortcuts (WCAG 2.1.4: they can be switched off; never while typing or while a dialog is open). */
import { useEffect, useRef } from "react";

import { create } from "zustand";

import { usePreferences } from "./preferences";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

/** What a page adds to the list of keys. */
export type PageKeys = { title: string; list: [string, string][] };
export const usePageKeys = create<{ fetch: (() => Promise<PageKeys>) | null }>(() => ({ fetch: null }));

/** The page's own keys stand in the list of keys while the page is there; fetched when the list is opened. */
export function useListedKeys(fetch: () => Promise<PageKeys>): void {
  useEffect(() => {
    usePageKeys.setState({ fetch });
    return () => usePageKeys.setState({ fetch: null });
  }, [fetch]);
}

const TYPING = "input, textarea, select, [contenteditable=true]";

/** keys: 'j', 'Enter', or two strokes 'g a'. The newest component that names a key gets it. */
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    let first = "";
    let forget = 0;
    const listen = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || target.closest(TYPING)) return;
      if (document.querySelector("[role=dialog]") || !usePreferences.getState().singleKeys) return;
      if (event.key === "Enter" && target.closest("a, button")) return;
      const found = current.current[first ? `${first} ${event.key}` : event.key];
      first = !found && !first && Object.keys(current.current).some((key) => key.startsWith(`${event.key} `)) ? event.key : "";
      window.clearTimeout(forget);
      if (first) forget = window.setTimeout(() => (first = ""), 1200);
      if (!found) return;
      event.preventDefault();
      found(event);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
