/** The models of a workspace: by what they foresee, every version with its card, training, and who lets which one answer. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { modelList, type ModelItem, type Purpose } from "../api/models";
import { day } from "../format";
import { Empty, Loaded } from "../ui/bits";
import { Page } from "../ui/Page";
import { Table } from "../ui/Table";
import { Tabs } from "../ui/Tabs";
import { models as words } from "../words/en.models";
import { Card, figure } from "./models/Card";
import { figureOf } from "./models/report";
import { Training } from "./models/Training";

const route = getRouteApi("/models");
const PURPOSES: readonly Purpose[] = ["churn", "early_warning", "expansion", "trajectory", "signature"];
const TABS = PURPOSES.map((key) => ({ key, name: words.purpose[key] ?? key }));
const STATUS: Record<string, string> = { live: "bg-good-ground text-good", shadow: "bg-accent-ground text-accent", draft: "bg-accent-ground text-accent", retired: "bg-ground text-muted" };

export function Models() {
  const { tab, model } = route.useSearch();
  const purpose = PURPOSES.find((one) => one === tab) ?? "churn";
  const query = useQuery(modelList);
  return (
    <Page flush title={words.title} aside={<Training key={purpose} purpose={purpose} />}>
      <Tabs tabs={TABS} at={purpose} label={words.purposes} />
      <div className="mx-auto w-full max-w-7xl space-y-4 p-5 max-md:p-3">
        <p className="text-muted">{words.about[purpose]}</p>
        <Loaded query={query} lines={8}>{({ items }) => <Versions items={items} purpose={purpose} chosen={model} />}</Loaded>
      </div>
    </Page>
  );
}

function Versions({ items, purpose, chosen }: { items: ModelItem[]; purpose: string; chosen: number | undefined }) {
  const own = items.filter((one) => one.purpose === purpose);
  const shown = own.find((one) => one.id === chosen) ?? own.find((one) => one.status === "live") ?? own[0];
  if (!shown) return <Empty>{words.none} {purpose === "churn" || purpose === "expansion" ? words.noneRule : words.noneOther}</Empty>;
  return (
    <>
      <Table label={words.versions} rows={own} keyOf={(one) => one.id} minWidth="40rem" columns={[
        { name: words.columns.version, cell: (one) => <Link to="/models" search={(old) => ({ ...old, model: one.id })} aria-current={one.id === shown.id ? "true" : undefined} className={`inline-block min-h-6 font-medium hover:underline ${one.id === shown.id ? "text-text underline" : "text-accent"}`}>{words.version(one.version)}</Link> },
        { name: words.columns.status, cell: (one) => <span className={`rounded-full px-2 py-0.5 text-xs font-semibold ${STATUS[one.status] ?? ""}`}>{words.status[one.status] ?? one.status}</span> },
        { name: words.columns.learner, cell: (one) => (one.candidate === "prior" ? words.notEnough : one.candidate) },
        { name: words.columns.trained, cell: (one) => day(one.created_at) },
        { name: words.columns.auc, cell: (one) => figure(figureOf(one, "auc")), right: true },
        { name: words.columns.loss, cell: (one) => figure(figureOf(one, "log_loss")), right: true },
        { name: words.columns.drift, cell: (one) => (one.has_alarm ? <b className="rounded-full bg-watch-ground px-2 py-0.5 text-xs font-semibold text-watch">{words.alarm}</b> : one.status === "live" ? words.noAlarm : "–") },
      ]} />
      <Card key={shown.id} id={shown.id} items={items} />
    </>
  );
}
