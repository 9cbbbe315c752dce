/** Messages: the texts, what was sent and what was not and why, and who may not be written to. */
import { getRouteApi } from "@tanstack/react-router";

import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { office as officeWords } from "../words/en.office";
import { words } from "../words/en";
import { SendLog } from "./messages/SendLog";
import { Stops } from "./messages/Stops";
import { TemplateList } from "./messages/TemplateList";

const route = getRouteApi("/messages");
type Tab = keyof typeof officeWords.messages.tabs;
const TABS = (Object.entries(officeWords.messages.tabs) as [Tab, string][]).map(([key, name]) => ({ key, name }));
const PARTS = { templates: TemplateList, log: SendLog, stops: Stops } as const;

export function Messages() {
  const { tab } = route.useSearch();
  const at = TABS.find((one) => one.key === tab)?.key ?? "templates";
  const Part = PARTS[at];
  return (
    <Page flush title={words.frame.nav.messages}>
      <Tabs tabs={TABS} at={at} label={words.frame.nav.messages} />
      <div className="mx-auto w-full max-w-7xl space-y-4 p-5 max-md:p-3"><Part /></div>
    </Page>
  );
}
