/** One segment: its rule, who belongs to it now, and what uses it. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";

import { segmentDocuments, standing } from "../api/triggers";
import { conditionOf } from "../conditions/fields";
import { MatchPanel } from "../conditions/MatchPanel";
import { useSettled } from "../ui/settled";
import { holesOf } from "../conditions/model";
import type { Body, Schema } from "../documents/changes";
import { DocumentBar } from "../documents/DocumentBar";
import { useDocument, validationQuery, type Doc } from "../documents/useDocument";
import { Empty, Loaded, Panel, Skeleton } from "../ui/bits";
import { Field } from "../ui/Field";
import { Page } from "../ui/Page";
import { words } from "../words/en";
import { Users } from "./Segments";
import { late } from "../ui/late";

const ConditionEditor = late(() => import("../conditions/ConditionEditor").then((found) => found.ConditionEditor), <Skeleton lines={3} />);

const route = getRouteApi("/segments/$key");
const SAMPLE = 15;
/** Names for the diff in words. */
const SCHEMA: Schema = { properties: { name: { title: words.segments.name }, description: { title: words.segments.description }, condition: { title: words.segments.columns.condition } } };

export function Segment() {
  const { key } = route.useParams();
  const { name, from } = route.useSearch();
  const others = useQuery({ ...segmentDocuments, enabled: from !== undefined });
  const source = others.data?.items.find((one) => one.key === from);
  const copied = (source?.live ?? source?.draft)?.body as Body | undefined;
  const start = name === undefined ? undefined : from === undefined ? { key, name } : copied && { ...copied, key, name };
  return <Opened key={key} id={key} start={start} waits={from !== undefined && others.isPending} />;
}

function Opened({ id, start, waits }: { id: string; start: Body | undefined; waits: boolean }) {
  const document = useDocument("segments", id, start, route.useSearch().name !== undefined);
  const navigate = useNavigate();
  const users = useQuery(standing);
  const mine = users.data?.items.find((one) => one.key === id);
  const acting = mine?.used_by.filter((one) => !one.is_draft) ?? [];
  const { body } = document;
  return (
    <Page flush title={String(body?.["name"] ?? id)} aside={<Link to="/segments" className="inline-block min-h-6 text-accent underline">{words.segments.title}</Link>}>
      <DocumentBar document={document} schema={SCHEMA} retired={() => void navigate({ to: "/segments" })}
        keeps={acting.length ? words.segments.keeps(acting.map((one) => `${words.segments.kinds[one.kind] ?? one.kind} “${one.name}”`).join(", ")) : null} />
      <div className="mx-auto w-full max-w-7xl p-5 max-md:p-3">
        {waits ? <Skeleton lines={8} /> : (
          <Loaded query={document.query} lines={8}>
            {(found) => !body ? <Empty>{found.retired ? words.segments.retired : words.segments.notThere}</Empty> : (
              <div className="grid grid-cols-1 gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
                <Editing document={document} body={body} />
                <div className="space-y-4">
                  <MatchPanel condition={conditionOf(body["condition"])} sample={SAMPLE} />
                  <Panel title={words.segments.used}>{mine ? <Users standing={mine} /> : <span className="text-muted">{words.segments.unused}</span>}</Panel>
                </div>
              </div>
            )}
          </Loaded>
        )}
      </div>
    </Page>
  );
}

function Editing({ document, body }: { document: Doc; body: Body }) {
  const settled = useSettled(body);
  const checked = useQuery(validationQuery("segments", document.key, settled));
  const told = checked.data?.valid === false && settled === body ? { place: checked.data.place ?? null, problem: checked.data.problem ?? "" } : null;
  const set = (part: string, value: unknown) => {
    const { [part]: _, ...rest } = body;
    document.edit(value === null || value === "" ? rest : { ...body, [part]: value });
  };
  const readOnly = !document.mayWrite;
  const condition = conditionOf(body["condition"]);
  const unfinished = condition === null || holesOf(condition).length > 0;
  return (
    <div className="space-y-4">
      <Panel>
        <div className="space-y-3">
          <Field label={words.segments.name}><input maxLength={200} readOnly={readOnly} value={String(body["name"] ?? "")} onChange={(event) => set("name", event.target.value)} /></Field>
          <Field label={words.segments.description}><textarea rows={2} maxLength={2000} readOnly={readOnly} value={String(body["description"] ?? "")} onChange={(event) => set("description", event.target.value)} /></Field>
        </div>
      </Panel>
      <Panel title={words.segments.who}>
        <ConditionEditor kind="segment" subject={words.segments.who} value={condition} onChange={(value) => set("condition", value)} readOnly={readOnly} error={told} />
        {told && !unfinished && <p role="status" className="mt-3 rounded-md bg-watch-ground p-2 text-watch">{told.problem}</p>}
        {document.live && <p className="mt-3"><Link to="/accounts" search={{ segment: document.key }} className="inline-block min-h-6 text-accent underline">{words.segments.open}</Link></p>}
        {!document.live && <p className="mt-3 text-muted">{words.segments.draftOpen}</p>}
      </Panel>
    </div>
  );
}
