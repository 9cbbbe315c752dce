/** Whether the world is still the one that was learned from: alarms, what moved, what the probabilities promise. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { driftOf, lookAtDrift, type ModelCard } from "../../api/models";
import type { Schemas } from "../../api/client";
import { day, number } from "../../format";
import { may } from "../../session";
import { Button, Empty, Loaded } from "../../ui/bits";
import { Table } from "../../ui/Table";
import { words as common } from "../../words/en";
import { models as words } from "../../words/en.models";
import { OverTime } from "./Plots";

const FEW = 8;
const figure = (value: number | null): string => (value === null ? "–" : String(Number(value.toPrecision(3))));

export function Drift({ card }: { card: ModelCard }) {
  const query = useQuery(driftOf(card.id));
  const look = useMutation({ mutationFn: () => lookAtDrift(card.id), onSuccess: () => toast.success(words.looking), onError: (error) => toast.error(error.message) });
  const allowed = may("models:train");
  return (
    <div className="space-y-4">
      {card.status === "live" && <Button disabled={!allowed || look.isPending} title={allowed ? undefined : common.forbidden("models:train")} onClick={() => look.mutate()}>{words.lookNow}</Button>}
      <Loaded query={query}>{({ items }) => (items[0] ? <><Newest look={items[0]} /><OverTime looks={items} /></> : <Empty>{words.noLook}</Empty>)}</Loaded>
    </div>
  );
}

function Newest({ look }: { look: Schemas["DriftShape"] }) {
  const [open, setOpen] = useState(false);
  const [auc, low, high] = look.domain ?? [];
  return (
    <>
      <p className="text-muted">{words.last(day(look.day))}</p>
      {look.alarms.length === 0 ? <p className="text-good">{words.noAlarm}</p> : (
        <ul className="space-y-2">{look.alarms.map((one) => <li key={one.kind} className="rounded-md bg-watch-ground p-2 text-watch"><b className="font-semibold">{words.alarmNames[one.kind] ?? one.kind}.</b> {one.sentence}</li>)}</ul>
      )}
      {auc !== undefined && low !== undefined && high !== undefined && <p>{words.domain(figure(auc), figure(low), figure(high))}</p>}
      <Table label={words.outlook} minWidth="22rem" rows={[["accounts", words.accounts], ["events", words.expected], ["auc", words.aucPromised], ["log_loss", words.lossPromised], ["alerts", words.alerts]] as const} keyOf={(row) => row[0]}
        columns={[{ name: words.outlook, cell: (row) => row[1] }, { name: words.then, cell: (row) => figure(look.then[row[0]]), right: true }, { name: words.now, cell: (row) => figure(look.now[row[0]]), right: true }]} />
      <Table label={words.sections.features} rows={open ? look.features : look.features.slice(0, FEW)} keyOf={(one) => one.name} columns={[
        { name: words.feature, cell: (one) => <>{one.label}{one.has_moved && <b className="ml-2 rounded-full bg-watch-ground px-2 text-xs font-semibold text-watch">{words.moved}</b>}</> },
        { name: words.psi, cell: (one) => figure(one.psi), right: true }, { name: words.noisePsi, cell: (one) => figure(one.noise), right: true },
        { name: words.then, cell: (one) => (one.median_then === null ? "–" : number(one.median_then)), right: true }, { name: words.now, cell: (one) => (one.median_now === null ? "–" : number(one.median_now)), right: true },
        { name: words.missing, cell: (one) => `${number(one.missing_then * 100)} → ${number(one.missing_now * 100)} %`, right: true },
      ]} />
      {look.features.length > FEW && <Button kind="quiet" onClick={() => setOpen(!open)}>{open ? words.fewer : words.allFeatures(look.features.length)}</Button>}
    </>
  );
}
