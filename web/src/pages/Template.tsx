/** One text: written in Liquid with the customer's values, seen as any customer would read it, published in versions. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";

import { shipped, type Template as Text } from "../api/messages";
import type { Body, Schema } from "../documents/changes";
import { DocumentBar } from "../documents/DocumentBar";
import { useDocument, validationQuery } from "../documents/useDocument";
import { Empty, Loaded, Panel, Skeleton } from "../ui/bits";
import { GuardedButton } from "../ui/Guarded";
import { Page } from "../ui/Page";
import { office as officeWords } from "../words/en.office";
import { Preview } from "./messages/Preview";
import { TemplateEditor } from "./messages/TemplateEditor";

const route = getRouteApi("/messages/$key");
const said = officeWords.messages;
const EMPTY: Text = { use: "message", description: "", subject: "", text: said.startText, html: null };
/** Names for the changes in words. */
const SCHEMA: Schema = { properties: { use: { title: said.use }, description: { title: said.description }, subject: { title: said.subject }, text: { title: said.text }, html: { title: said.html } } };

export function Template() {
  const { key } = route.useParams();
  const { own } = route.useSearch();
  const ours = useQuery(shipped);
  if (ours.isPending) return <Page title={key}><Skeleton lines={8} /></Page>;
  const ship = ours.data?.items.find((one) => one.key === key)?.body;
  return <Opened key={`${key} ${own ?? ""}`} id={key} ship={ship} own={own === true} />;
}

function Opened({ id, ship, own }: { id: string; ship: Text | undefined; own: boolean }) {
  const document = useDocument("templates", id, own ? ((ship ?? EMPTY) as Body) : undefined);
  const navigate = useNavigate({ from: "/messages/$key" });
  const body = (document.body as Text | null) ?? null;
  const read = body ?? ship ?? null;
  const checked = useQuery(validationQuery("templates", id, document.isDirty ? document.body : null));
  const problem = document.isDirty && checked.data && !checked.data.valid ? checked.data : null;
  return (
    <Page flush title={id} aside={<Link to="/messages" className="inline-block min-h-6 text-accent underline">{said.tabs.templates}</Link>}>
      {body && <DocumentBar document={document} schema={SCHEMA} retired={() => void navigate({ to: "/messages" })} />}
      <div className="mx-auto w-full max-w-7xl p-5 max-md:p-3">
        <Loaded query={document.query} lines={8}>
          {() => !read ? <Empty>{said.notThere}</Empty> : (
            <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
              {body ? <TemplateEditor text={body} change={(next) => document.edit(next as Body)} problem={problem} disabled={!document.mayWrite} /> : (
                <Panel title={said.shippedTitle} aside={said.uses[read.use ?? "message"]}>
                  <p className="mb-3 text-muted">{said.shippedHow}</p>
                  <p className="font-medium">{read.subject}</p>
                  <pre className="mt-2 rounded-md bg-ground p-3 font-mono text-xs whitespace-pre-wrap">{read.text}</pre>
                  <GuardedButton className="mt-3" needs="config:write" kind="primary" onClick={() => void navigate({ search: { own: true } })}>{said.makeOwn}</GuardedButton>
                </Panel>
              )}
              <Preview id={id} text={read} />
            </div>
          )}
        </Loaded>
      </div>
    </Page>
  );
}
