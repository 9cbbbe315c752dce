/**
 * What a document's state is and what one can do with it: save, discard, publish with a review, pause, versions, retire. What a
 * caller may not do is shown and says which permission it needs. extra: shown in the review, e.g. what a preview found.
 */
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { ago } from "../format";
import { Ask } from "../ui/Ask";
import { Button, Skeleton } from "../ui/bits";
import { Field } from "../ui/Field";
import { Modal } from "../ui/Modal";
import { words } from "../words/en";
import { changesOf, type Body, type Schema } from "./changes";
import { type Doc, type Pair, validationQuery } from "./useDocument";
import { Versions } from "./Versions";

type BarProps<Item extends Pair> = { document: Doc<Item>; schema?: Schema | undefined; extra?: ReactNode; retired?: () => void; keeps?: string | null };

/** keeps: why it may not be retired now, in words; null when it may. */
export function DocumentBar<Item extends Pair>({ document, schema, extra, retired, keeps = null }: BarProps<Item>) {
  const [open, setOpen] = useState<"review" | "versions" | "retire" | null>(null);
  const { live, draft, isDirty, busy, mayWrite, mayPublish, rights } = document;
  const need = (permission: string, ok: boolean) => (ok ? undefined : words.forbidden(permission));
  const close = () => setOpen(null);
  const leaving = useBlocker({ shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname, enableBeforeUnload: isDirty, withResolver: true });
  return (
    <div className="space-y-2 border-b border-line bg-panel px-5 py-2 max-md:px-3">
      <div className="flex flex-wrap items-center gap-2">
        <State document={document} />
        <span className="grow" />
        {isDirty && <Button kind="quiet" disabled={busy} onClick={document.forget}>{words.documents.discardEdits}</Button>}
        {!isDirty && draft && <Button kind="quiet" disabled={busy || !mayWrite} title={need(rights.write, mayWrite)} onClick={() => void document.discard()}>{words.documents.discard}</Button>}
        {live && <Button kind="quiet" disabled={busy || !mayPublish} title={need(rights.publish, mayPublish)} onClick={() => void (live.status === "paused" ? document.resume() : document.pause())}>{live.status === "paused" ? words.documents.resume : words.documents.pause}</Button>}
        {live && retired && <Button kind="quiet" disabled={busy || !mayPublish || keeps !== null} title={keeps ?? need(rights.publish, mayPublish)} onClick={() => setOpen("retire")}>{words.documents.retire}</Button>}
        <Button disabled={document.state === "absent"} onClick={() => setOpen("versions")}>{words.documents.versions}</Button>
        <Button disabled={busy || !mayWrite || !isDirty || document.conflict !== null} title={need(rights.write, mayWrite)} onClick={() => void document.save()}>{words.documents.save}</Button>
        <Button kind="primary" disabled={busy || !mayPublish || !(isDirty || draft) || document.conflict !== null} title={need(rights.publish, mayPublish)} onClick={() => setOpen("review")}>{words.documents.publish}</Button>
      </div>
      {!(mayWrite && mayPublish) && <p className="text-muted">{words.forbidden(mayWrite ? rights.publish : rights.write)}</p>}
      {keeps && live && <p className="text-muted">{keeps}</p>}
      {document.conflict && <ConflictBox document={document} schema={schema} />}
      <Modal open={open === "review"} setOpen={(now) => !now && close()} title={words.documents.review}><Review document={document} schema={schema} extra={extra} done={close} /></Modal>
      <Modal open={open === "versions"} setOpen={(now) => !now && close()} title={words.documents.versions}><Versions document={document} schema={schema} done={close} /></Modal>
      <Ask open={open === "retire"} setOpen={(now) => !now && close()} title={`${words.documents.retire}?`} go={words.documents.retire} busy={busy}
        confirm={() => void document.retire().then((done) => { close(); if (done) retired?.(); })}><p>{words.documents.retireHow}</p></Ask>
      <Ask open={leaving.status === "blocked"} setOpen={(now) => !now && leaving.reset?.()} title={words.documents.leave} go={words.documents.leaveNow} confirm={() => leaving.proceed?.()}><p>{words.documents.leaveHow}</p></Ask>
    </div>
  );
}

const COLOURS = { absent: "bg-accent-ground text-accent", draft: "bg-accent-ground text-accent", published: "bg-good-ground text-good", changed: "bg-good-ground text-good", paused: "bg-watch-ground text-watch", retired: "bg-ground text-muted" };

/** A word, the version, and when. */
export function StateBadge({ state, version }: { state: keyof typeof COLOURS; version?: number | undefined }) {
  return <span className={`rounded-full px-2 py-0.5 text-xs font-semibold whitespace-nowrap ${COLOURS[state]}`}>{words.documents.states[state]}{version ? ` · ${words.documents.version(version)}` : ""}</span>;
}

function State<Item extends Pair>({ document: { state, live, draft, isDirty } }: { document: Doc<Item> }) {
  const newest = draft ?? live;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <StateBadge state={state} version={live?.version ?? draft?.version} />
      {newest && <span className="text-muted">{ago(draft ? draft.created_at : (newest.published_at ?? newest.created_at))}{newest.note && ` · ${newest.note}`}</span>}
      {isDirty && <span role="status" className="font-medium text-watch">{words.documents.unsaved}</span>}
    </span>
  );
}

export function Sentences({ before, after, schema }: { before: Body | null; after: Body | null; schema: Schema | undefined }) {
  if (!before) return <p className="text-muted">{words.documents.first}</p>;
  const changes = changesOf(before, after ?? {}, schema);
  if (changes.length === 0) return <p className="text-muted">{words.documents.noChanges}</p>;
  const colours = { added: "border-good", changed: "border-accent", removed: "border-bad" };
  return <ul className="space-y-1.5">{changes.map((one, n) => <li key={n} className={`border-l-2 pl-2 break-words ${colours[one.kind]}`}>{one.sentence}</li>)}</ul>;
}

function Review<Item extends Pair>({ document, schema, extra, done }: { document: Doc<Item>; schema: Schema | undefined; extra: ReactNode; done: () => void }) {
  const [note, setNote] = useState("");
  const checked = useQuery(validationQuery(document.kind, document.key, document.body));
  const told = checked.data;
  return (
    <div className="space-y-3">
      <section><h3 className="mb-1 font-semibold">{words.documents.changes}</h3><Sentences before={(document.live?.body as Body | undefined) ?? null} after={document.body} schema={schema} /></section>
      {extra}
      {checked.isPending && document.mayWrite ? <Skeleton lines={1} /> : told && (
        <p role="status" className={told.valid ? "text-good" : "rounded-md bg-bad-ground p-2 text-bad"}>{told.valid ? words.documents.valid : `${words.documents.invalid} ${told.problem ?? ""}${told.place ? ` (${told.place})` : ""}`}</p>
      )}
      {checked.error && <p className="text-bad">{checked.error.message}</p>}
      <Field label={words.documents.note}><input value={note} maxLength={1000} onChange={(event) => setNote(event.target.value)} /></Field>
      <div className="flex justify-end gap-2">
        <Button onClick={done}>{words.cancel}</Button>
        <Button kind="primary" disabled={document.busy || told?.valid === false} onClick={() => void document.publish(note.trim() || undefined).then((made) => made && done())}>{words.documents.publishNow}</Button>
      </div>
    </div>
  );
}

function ConflictBox<Item extends Pair>({ document, schema }: { document: Doc<Item>; schema: Schema | undefined }) {
  const { conflict, kept } = document;
  if (!conflict) return null;
  return (
    <section role="alert" className="rounded-md border border-watch bg-watch-ground p-3 text-watch">
      <h2 className="font-semibold">{words.documents.conflict}</h2>
      <div className="my-2 grid gap-3 md:grid-cols-2">
        <div><h3 className="font-medium">{words.documents.theirs}</h3><Sentences before={conflict.base} after={kept} schema={schema} /></div>
        <div><h3 className="font-medium">{words.documents.mine}</h3><Sentences before={conflict.base} after={conflict.mine} schema={schema} /></div>
      </div>
      <div className="flex gap-2"><Button onClick={document.keepMine}>{words.documents.keepMine}</Button><Button onClick={document.takeTheirs}>{words.documents.takeTheirs}</Button></div>
    </section>
  );
}
