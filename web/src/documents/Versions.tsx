/** Every version of a document with who, when, why and what it changed; any earlier one can be brought back. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { members } from "../api/queries";
import { moment } from "../format";
import { Button, Loaded } from "../ui/bits";
import { words } from "../words/en";
import type { Body, Schema } from "./changes";
import { Sentences } from "./DocumentBar";
import { type Doc, type Pair, type Version, versionsQuery } from "./useDocument";

export function Versions<Item extends Pair>({ document, schema, done }: { document: Doc<Item>; schema: Schema | undefined; done: () => void }) {
  const query = useQuery(versionsQuery(document.kind, document.key));
  const people = useQuery(members);
  const [back, setBack] = useState<Version | null>(null);
  const whoOf = (id: number | null) => people.data?.items.find((one) => one.id === id)?.name ?? words.documents.nobody;
  if (back) return <RollBack document={document} schema={schema} version={back} cancel={() => setBack(null)} done={done} />;
  return (
    <Loaded query={query}>
      {({ items }) => (
        <ol className="space-y-3">
          {items.map((one, n) => (
            <li key={one.version} className="border-t border-line pt-3 first:border-0 first:pt-0">
              <div className="flex flex-wrap items-center justify-between gap-2">
                <h3 className="font-semibold">{words.documents.version(one.version)} <span className="font-normal text-muted">{words.documents.statusOf[one.status] ?? one.status}</span></h3>
                {one.status === "archived" && <Button disabled={!document.mayPublish || document.busy} title={document.mayPublish ? undefined : words.forbidden(document.rights.publish)} onClick={() => setBack(one)}>{words.documents.rollBack}</Button>}
              </div>
              <p className="mb-1 text-muted">{moment(one.published_at ?? one.created_at)} · {whoOf(one.author_id)}{one.note && ` · ${one.note}`}</p>
              <Sentences before={(items[n + 1]?.body as Body | undefined) ?? null} after={one.body as Body} schema={schema} />
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}

function RollBack<Item extends Pair>({ document, schema, version, cancel, done }: { document: Doc<Item>; schema: Schema | undefined; version: Version; cancel: () => void; done: () => void }) {
  return (
    <div className="space-y-3">
      <h3 className="font-semibold">{words.documents.rollBackTo(version.version)}</h3>
      <p>{words.documents.rollBackHow(version.version)}</p>
      <Sentences before={(document.live?.body as Body | undefined) ?? null} after={version.body as Body} schema={schema} />
      <div className="flex justify-end gap-2">
        <Button autoFocus onClick={cancel}>{words.cancel}</Button>
        <Button kind="primary" disabled={document.busy} onClick={() => void document.rollBack(version.version).then((made) => made && done())}>{words.documents.rollBack}</Button>
      </div>
    </div>
  );
}
