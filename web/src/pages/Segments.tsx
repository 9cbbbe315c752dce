/** Every segment: who it is by its condition, how many belong to it now, and what uses it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { segmentDocuments, standing, type Standing } from "../api/triggers";
import type { Schemas } from "../api/client";
import { describe } from "../conditions/describe";
import { conditionOf } from "../conditions/fields";
import { StateBadge } from "../documents/DocumentBar";
import { NewDocument } from "../documents/NewDocument";
import { number } from "../format";
import { Empty, Loaded } from "../ui/bits";
import { GuardedButton } from "../ui/Guarded";
import { Page } from "../ui/Page";
import { Table } from "../ui/Table";
import { words } from "../words/en";

type Pair = Schemas["DocumentPair"];
const bodyOf = (pair: Pair): Record<string, unknown> => (pair.draft ?? pair.live)?.body ?? {};
const nameOf = (pair: Pair): string => String(bodyOf(pair)["name"] ?? pair.key);

export function Segments() {
  const query = useQuery(segmentDocuments);
  const counted = useQuery(standing);
  const [making, setMaking] = useState(false);
  const navigate = useNavigate();
  const items = query.data?.items ?? [];
  const taken = useMemo(() => new Set(items.map((one) => one.key)), [items]);
  const standingOf = (key: string) => counted.data?.items.find((one) => one.key === key);
  return (
    <Page title={words.segments.title} aside={<GuardedButton kind="primary" needs="config:write" onClick={() => setMaking(true)}>{words.segments.create}</GuardedButton>}>
      <Loaded query={query} lines={8}>
        {(page) => page.items.length === 0 ? <Empty>{words.segments.none} {words.segments.how}</Empty> : (
          <Table label={words.segments.title} rows={page.items} keyOf={(one) => one.key} minWidth="46rem" columns={[
            { name: words.segments.columns.name, cell: (one) => <><Link to="/segments/$key" params={{ key: one.key }} className="inline-block min-h-6 font-medium text-accent underline">{nameOf(one)}</Link><code className="block max-w-lg text-xs break-words text-muted">{textOf(one)}</code></> },
            { name: words.segments.columns.state, cell: (one) => <StateBadge state={!one.live ? "draft" : one.live.status === "paused" ? "paused" : one.draft ? "changed" : "published"} version={(one.live ?? one.draft)?.version} /> },
            { name: words.segments.columns.accounts, right: true, cell: (one) => <Count standing={standingOf(one.key)} /> },
            { name: words.segments.columns.used, cell: (one) => <Users standing={standingOf(one.key)} /> },
          ]} />
        )}
      </Loaded>
      <NewDocument open={making} setOpen={setMaking} title={words.segments.newTitle} taken={taken} copies={items.map((one) => ({ key: one.key, name: nameOf(one) }))}
        go={({ key, name, from }) => void navigate({ to: "/segments/$key", params: { key }, search: { name, from } })} />
    </Page>
  );
}

function textOf(pair: Pair): string {
  const condition = conditionOf(bodyOf(pair)["condition"]);
  return condition ? describe(condition) : "";
}

function Count({ standing: told }: { standing: Standing | undefined }) {
  if (!told) return <span className="text-muted">…</span>;
  if (told.accounts === null) return <span className="text-muted" title={told.problem ?? ""}>{words.segments.cannot}</span>;
  return <><b className="font-semibold">{number(told.accounts)}</b>{(told.unknown ?? 0) > 0 && told.events.length > 0 && <span className="block text-xs text-muted">+ {number(told.unknown ?? 0)} {words.segments.byEvents}</span>}</>;
}

/** What names the segment, each as a link to where it is edited. */
export function Users({ standing: told }: { standing: Standing | undefined }) {
  if (!told) return <span className="text-muted">…</span>;
  if (told.used_by.length === 0) return <span className="text-muted">{words.segments.unused}</span>;
  return <ul className="space-y-0.5">{told.used_by.map((one) => <li key={`${one.kind} ${one.key}`}><span className="text-muted">{words.segments.kinds[one.kind] ?? one.kind}</span> <UserLink kind={one.kind} id={one.key} name={one.name} />{one.is_draft && <span className="text-muted"> ({words.segments.draftUse})</span>}</li>)}</ul>;
}

function UserLink({ kind, id, name }: { kind: string; id: string; name: string }) {
  const look = "inline-block min-h-6 text-accent underline";
  if (kind === "trigger") return <Link to="/triggers/$key" params={{ key: id }} className={look}>{name}</Link>;
  if (kind === "segment") return <Link to="/segments/$key" params={{ key: id }} className={look}>{name}</Link>;
  if (kind === "scorecard") return <Link to="/health/$key" params={{ key: id }} className={look}>{name}</Link>;
  return <Link to="/journeys" className={look}>{name}</Link>;
}
