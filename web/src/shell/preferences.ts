/** What this browser remembers of its user: theme, density, single-key shortcuts. */
import { create } from "zustand";

type Theme = "light" | "dark";
export type Density = "dense" | "roomy";
type Preferences = { theme: Theme; singleKeys: boolean; density: Density };

const keptDensity = (): Density => (localStorage.getItem("forestay.density") === "roomy" ? "roomy" : "dense");
document.documentElement.dataset["density"] = keptDensity();

export const usePreferences = create<Preferences>(() => ({
  theme: document.documentElement.dataset["theme"] === "dark" ? "dark" : "light",
  singleKeys: localStorage.getItem("forestay.keys") !== "off",
  density: keptDensity(),
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

/** Roomy is everything an eighth larger: all sizes are in rem. */
export function setDensity(density: Density): void {
  document.documentElement.dataset["density"] = density;
  localStorage.setItem("forestay.density", density);
  usePreferences.setState({ density });
}
