/** Settings: who works here, what may come in, and how Forestay behaves. One tab a subject; each is loaded when it is opened. */
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, type ComponentType } from "react";

import { Skeleton } from "../ui/bits";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { office as officeWords } from "../words/en.office";

const route = getRouteApi("/settings");
type Tab = keyof typeof officeWords.settings.tabs;

const PARTS: Record<Tab, ComponentType> = {
  members: lazy(() => import("./settings/Members").then((found) => ({ default: found.Members }))),
  roles: lazy(() => import("./settings/Roles").then((found) => ({ default: found.Roles }))),
  keys: lazy(() => import("./settings/Keys").then((found) => ({ default: found.Keys }))),
  workspace: lazy(() => import("./settings/Workspace").then((found) => ({ default: found.Workspace }))),
  limits: lazy(() => import("./settings/Limits").then((found) => ({ default: found.Limits }))),
  calendars: lazy(() => import("./settings/Calendars").then((found) => ({ default: found.Calendars }))),
  sources: lazy(() => import("./settings/Sources").then((found) => ({ default: found.Sources }))),
  quarantine: lazy(() => import("./settings/Quarantine").then((found) => ({ default: found.Quarantine }))),
  jobs: lazy(() => import("./settings/Jobs").then((found) => ({ default: found.Jobs }))),
  webhooks: lazy(() => import("./settings/Webhooks").then((found) => ({ default: found.Webhooks }))),
  me: lazy(() => import("./settings/Me").then((found) => ({ default: found.Me }))),
  about: lazy(() => import("./settings/About").then((found) => ({ default: found.About }))),
};
const TABS = (Object.entries(officeWords.settings.tabs) as [Tab, string][]).map(([key, name]) => ({ key, name }));

export function Settings() {
  const { tab } = route.useSearch();
  const at = TABS.find((one) => one.key === tab)?.key ?? "members";
  const Part = PARTS[at];
  return (
    <Page flush title={officeWords.settings.title}>
      <Tabs tabs={TABS} at={at} label={officeWords.settings.title} />
      <div className="mx-auto w-full max-w-6xl space-y-4 p-5 max-md:p-3"><Suspense fallback={<Skeleton lines={8} />}><Part /></Suspense></div>
    </Page>
  );
}
