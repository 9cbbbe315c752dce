/** What this browser remembers of its user: theme, single-key shortcuts. */
import { create } from "zustand";

type Theme = "light" | "dark";
type Preferences = { theme: Theme; singleKeys: boolean };

export const usePreferences = create<Preferences>(() => ({
  theme: document.documentElement.dataset["theme"] === "dark" ? "dark" : "light",
  singleKeys: localStorage.getItem("forestay.keys") !== "off",
}));

export function setTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  localStorage.setItem("forestay.theme", theme);
  usePreferences.setState({ theme });
}

export function setSingleKeys(on: boolean): void {
  localStorage.setItem("forestay.keys", on ? "on" : "off");
  usePreferences.setState({ singleKeys: on });
}
