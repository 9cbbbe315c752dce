/** The scorecards of a workspace: how health is made, for whom, and how the accounts stand by it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { book, scorecards } from "../api/health";
import type { Schemas } from "../api/client";
import { describe } from "../conditions/describe";
import { StateBadge } from "../documents/DocumentBar";
import { may } from "../session";
import { Button, Empty, Loaded, Panel } from "../ui/bits";
import { Field } from "../ui/Field";
import { Modal } from "../ui/Modal";
import { Page } from "../ui/Page";
import { Figure, Key } from "../ui/plot/Figure";
import { Histogram } from "../ui/plot/Histogram";
import { Table } from "../ui/Table";
import { words as common } from "../words/en";
import { health as words } from "../words/en.health";
import { bandColour, bandsOf, type Card } from "./health/scorecard";

type Pair = Schemas["DocumentPair"];
const KEY = /^[a-z0-9][a-z0-9_-]*$/;
const cardOf = (pair: Pair): Card => (pair.live ?? pair.draft)?.body as Card;

export function Health() {
  const list = useQuery(scorecards);
  const [adding, setAdding] = useState(false);
  const writes = may("scorecards:write");
  return (
    <Page title={words.title} aside={<Button kind="primary" disabled={!writes} title={writes ? undefined : common.forbidden("scorecards:write")} onClick={() => setAdding(true)}>{words.new}</Button>}>
      <div className="space-y-4">
        <Loaded query={list} lines={6}>{({ items }) => <><Book items={items} /><List items={items} /><NewCard open={adding} setOpen={setAdding} taken={items.map((one) => one.key)} /></>}</Loaded>
      </div>
    </Page>
  );
}

function Book({ items }: { items: Pair[] }) {
  const query = useQuery(book([]));
  const standard = items.find((one) => one.key === "default");
  const bands = bandsOf(standard ? cardOf(standard) : {});
  return (
    <Panel title={words.book}>
      <Loaded query={query}>{({ scores }) => scores.every((many) => many === 0) ? <Empty>{words.noScores}</Empty> : (
        <Figure label={words.bookLegend} height={170} rows={scores.map((many, at) => ({ at, many }))} keyOf={(row) => row.at}
          columns={[{ name: words.score, cell: (row) => `${row.at * 5}–${row.at * 5 + 5}` }, { name: words.accounts, cell: (row) => row.many, right: true }]}
          legend={<><Key colour="var(--bad)">{common.band.red}</Key><Key colour="var(--watch)">{common.band.yellow}</Key><Key colour="var(--good)">{common.band.green}</Key><span>{words.lines(bands.red_below, bands.green_from)}</span></>}>
          {(size) => <Histogram size={size} counts={scores} from={0} to={100} sayX={String} colourOf={bandColour(bands)} />}
        </Figure>
      )}</Loaded>
    </Panel>
  );
}

function List({ items }: { items: Pair[] }) {
  const judged = useQuery(book([])).data?.judged ?? {};
  const rows = items.toSorted((a, b) => Number(cardOf(a).applies_to == null) - Number(cardOf(b).applies_to == null) || (cardOf(a).priority ?? 100) - (cardOf(b).priority ?? 100) || a.key.localeCompare(b.key));
  if (rows.length === 0) return <Empty>{words.none} <Link to="/health/$key" params={{ key: "default" }} className="text-accent underline">{words.shippedDefault}</Link></Empty>;
  return (
    <Table label={words.list} rows={rows} keyOf={(one) => one.key} minWidth="44rem" columns={[
      { name: words.columns.card, cell: (one) => <><Link to="/health/$key" params={{ key: one.key }} className="font-medium text-accent hover:underline">{cardOf(one).name ?? one.key}</Link><p className="text-xs text-muted">{cardOf(one).description}</p></> },
      { name: words.columns.state, cell: (one) => <StateBadge state={one.live ? (one.live.status === "paused" ? "paused" : one.draft ? "changed" : "published") : "draft"} version={(one.live ?? one.draft)?.version} /> },
      { name: words.columns.applies, cell: (one) => { const condition = cardOf(one).applies_to; return condition ? describe(condition) : words.everybody; } },
      { name: words.columns.accounts, right: true, cell: (one) => judged[one.key] ?? 0 },
      { name: words.columns.bands, cell: (one) => { const bands = bandsOf(cardOf(one)); return words.lines(bands.red_below, bands.green_from); } },
      { name: words.columns.order, cell: (one) => (cardOf(one).applies_to ? words.asked(cardOf(one).priority ?? 100) : words.last) },
    ]} />
  );
}

function NewCard({ open, setOpen, taken }: { open: boolean; setOpen: (open: boolean) => void; taken: string[] }) {
  const navigate = useNavigate();
  const [key, setKey] = useState("");
  const problem = taken.includes(key) ? words.keyTaken : key && !KEY.test(key) ? words.keyWrong : "";
  return (
    <Modal open={open} setOpen={setOpen} title={words.new}>
      <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); if (key && !problem) void navigate({ to: "/health/$key", params: { key } }); }}>
        <Field label={words.key} hint={problem || words.keyHint}><input value={key} maxLength={100} autoFocus autoComplete="off" aria-invalid={problem !== ""} onChange={(event) => setKey(event.target.value)} /></Field>
        <div className="flex justify-end gap-2"><Button onClick={() => setOpen(false)}>{common.cancel}</Button><Button kind="primary" type="submit" disabled={!key || problem !== ""}>{words.create}</Button></div>
      </form>
    </Modal>
  );
}
