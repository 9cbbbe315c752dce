/** The pages of the navigation, in its order; `key` is pressed after `g`. Groups stand apart. */
import { words } from "../words/en";

export const PAGES = [
  { to: "/", key: "t", name: words.nav.today, group: "work" },
  { to: "/inbox", key: "i", name: words.nav.inbox, group: "work" },
  { to: "/accounts", key: "a", name: words.nav.accounts, group: "work" },
  { to: "/journeys", key: "j", name: words.nav.journeys, group: "automate" },
  { to: "/triggers", key: "r", name: words.nav.triggers, group: "automate" },
  { to: "/segments", key: "s", name: words.nav.segments, group: "automate" },
  { to: "/insights", key: "n", name: words.nav.insights, group: "understand" },
  { to: "/health", key: "h", name: words.nav.health, group: "understand" },
  { to: "/models", key: "o", name: words.nav.models, group: "understand" },
  { to: "/messages", key: "m", name: words.frame.nav.messages, group: "automate" },
  { to: "/settings", key: "e", name: words.frame.nav.settings, group: "administer" },
  { to: "/audit", key: "u", name: words.frame.nav.audit, group: "administer" },
] as const;
