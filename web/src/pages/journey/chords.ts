/** Keys held with ⌘ or Ctrl, and the clipboard. As for single keys: never while typing, never while a dialog is open. */
import { useEffect, useRef } from "react";

const TYPING = "input, textarea, select, [contenteditable=true]";
const busy = (target: EventTarget | null): boolean => (target instanceof Element && target.closest(TYPING) !== null) || document.querySelector("[role=dialog]") !== null;

export type Chords = {
  save: () => void; publish: () => void; undo: () => void; redo: () => void; duplicate: () => void;
  /** The text to put into the clipboard, nothing where nothing is selected. */
  copy: (cut: boolean) => string | null;
  paste: (text: string) => void;
  /** An arrow, while the focus is on no control: into the drawing. */
  enter: () => void;
};

export function useChords(chords: Chords): void {
  const current = useRef(chords);
  current.current = chords;
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const own = current.current;
      if (event.key.startsWith("Arrow") && !event.defaultPrevented && !event.altKey && !event.metaKey && !event.ctrlKey && event.target instanceof Element && event.target.matches("body, main, h1") && !busy(event.target)) {
        event.preventDefault();
        return own.enter();
      }
      if (!(event.metaKey || event.ctrlKey) || event.altKey) return;
      const pressed = event.key.toLowerCase();
      if (pressed === "s" && document.querySelector("[role=dialog]") === null) {
        event.preventDefault();
        return own.save();
      }
      if (pressed === "enter" && document.querySelector("[role=dialog]") === null) {
        event.preventDefault();
        return own.publish();
      }
      if (busy(event.target)) return;
      const act = pressed === "z" ? (event.shiftKey ? own.redo : own.undo) : pressed === "y" ? own.redo : pressed === "d" ? own.duplicate : null;
      if (!act) return;
      event.preventDefault();
      act();
    };
    const copy = (event: ClipboardEvent): void => {
      if (busy(event.target) || (document.getSelection()?.toString() ?? "") !== "") return;
      const text = current.current.copy(event.type === "cut");
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
    };
    const paste = (event: ClipboardEvent): void => {
      if (busy(event.target)) return;
      event.preventDefault();
      current.current.paste(event.clipboardData?.getData("text/plain") ?? "");
    };
    window.addEventListener("keydown", key);
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("keydown", key);
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", paste);
    };
  }, []);
}
