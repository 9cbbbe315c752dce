/** One trigger: its condition with who matches now, its settings, a backtest before it is published, what learning says, who was held back. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { triggers, triggerSchema, type TriggerItem } from "../api/triggers";
import type { Body, Schema } from "../documents/changes";
import { DocumentBar } from "../documents/DocumentBar";
import { useDocument, type Doc } from "../documents/useDocument";
import { Empty, Loaded, Skeleton } from "../ui/bits";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { triggers as triggerWords } from "../words/en.triggers";
import { late } from "../ui/late";

const ConditionTab = late(() => import("./trigger/ConditionTab").then((found) => found.ConditionTab), <Skeleton lines={6} />);

const route = getRouteApi("/triggers/$key");
const TABS = ["condition", "settings", "backtest", "learning", "heldout"] as const;
const SettingsTab = lazy(() => import("./trigger/SettingsTab").then((own) => ({ default: own.SettingsTab })));
const BacktestTab = lazy(() => import("./trigger/BacktestTab").then((own) => ({ default: own.BacktestTab })));
const LearningTab = lazy(() => import("./trigger/LearningTab").then((own) => ({ default: own.LearningTab })));
const HeldBackTab = lazy(() => import("./trigger/HeldBackTab").then((own) => ({ default: own.HeldBackTab })));

/** What a trigger has before anybody said anything of it. */
const fresh = (key: string, name: string): Body => ({ key, name, tier: "assisted", risk_level: "medium", cooldown_days: 14, actions: [], evidence: [], outcome: "churned", within_days: 90 });

export type TriggerDoc = Doc<TriggerItem>;
export type TabProps = { document: TriggerDoc; body: Body };

export function Trigger() {
  const { key } = route.useParams();
  const { name, from } = route.useSearch();
  const others = useQuery({ ...triggers, enabled: from !== undefined });
  const source = others.data?.items.find((one) => one.key === from);
  const copied = (source?.live ?? source?.draft)?.body as Body | undefined;
  const start = name === undefined ? undefined : from === undefined ? fresh(key, name) : copied && { ...copied, key, name };
  return <Opened key={key} id={key} start={start} waits={from !== undefined && others.isPending} />;
}

function Opened({ id, start, waits }: { id: string; start: Body | undefined; waits: boolean }) {
  const document = useDocument<TriggerItem>("triggers", id, start, route.useSearch().name !== undefined);
  const schema = useQuery(triggerSchema);
  const wanted = route.useSearch().tab;
  const tab = TABS.find((one) => one === wanted) ?? "condition";
  const { body } = document;
  return (
    <Page flush title={String(body?.["name"] ?? id)} aside={<Link to="/triggers" className="inline-block min-h-6 text-accent underline">{triggerWords.title}</Link>}>
      <DocumentBar document={document} schema={schema.data as Schema | undefined} retired={() => undefined} />
      <Tabs label={triggerWords.title} at={tab} tabs={TABS.map((one) => ({ key: one, name: triggerWords.tabs[one] }))} />
      <div className="mx-auto w-full max-w-7xl p-5 max-md:p-3">
        {waits ? <Skeleton lines={8} /> : (
          <Loaded query={document.query} lines={8}>
            {(found) => !body ? <Empty>{found.retired ? triggerWords.retired : triggerWords.notThere}</Empty> : <Suspense fallback={<Skeleton lines={8} />}><Shown tab={tab} document={document} body={body} /></Suspense>}
          </Loaded>
        )}
      </div>
    </Page>
  );
}

function Shown({ tab, ...own }: TabProps & { tab: (typeof TABS)[number] }) {
  if (tab === "settings") return <SettingsTab {...own} />;
  if (tab === "backtest") return <BacktestTab {...own} />;
  if (tab === "learning") return <LearningTab {...own} />;
  return tab === "heldout" ? <HeldBackTab {...own} /> : <ConditionTab {...own} />;
}
