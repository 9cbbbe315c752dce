/**
 * One configuration document while it is being worked on: what is live, the draft, what is edited in this tab and not saved yet,
 * and everything one can do with it. Writes carry the ETag of the state at which editing began, so that nobody overwrites
 * another's change. When another saved since, told by the stream or by a refusal (412), there is a `conflict`: mine or theirs.
 */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { toast } from "../ui/toast";

import { api, body as answer, Problem, type Schemas } from "../api/client";
import { may } from "../session";
import { words } from "../words/en";
import { same, type Body } from "./changes";

export type DocumentKind = "triggers" | "segments" | "scorecards" | "templates" | "measures" | "event-roles";
export type Version = Schemas["DocumentShape"];
export type Pair = Schemas["DocumentPair"];
export type DocumentState = keyof typeof words.documents.states;
type Read<Item extends Pair> = { item: Item | null; etag: string | null; retired: boolean };
/** base, from: ETag and body of the state at which editing began. */
type Edited = { body: Body; base: string | null; from: Body | null };
export type Conflict = { mine: Body; base: Body | null };

const UNDO = 8_000;
/** The permissions that a kind asks for. */
export const rightsOf = (kind: DocumentKind): { write: string; publish: string } =>
  kind === "triggers" || kind === "scorecards" ? { write: `${kind}:write`, publish: `${kind}:publish` } : { write: "config:write", publish: "config:write" };

/** The routes of every kind are the same but for its word; they are typed as those of segments. */
const at = <Tail extends string>(kind: DocumentKind, tail: Tail) => `/api/${kind}/{key}${tail}` as `/api/segments/{key}${Tail}`;

/** isNew: perhaps it does not exist yet, so the list is asked first instead of being refused. */
export const documentQuery = <Item extends Pair = Pair>(kind: DocumentKind, key: string, isNew = false) =>
  queryOptions({ queryKey: [kind, key, "document", isNew], queryFn: () => read<Item>(kind, key, isNew), enabled: key !== "" });

export const versionsQuery = (kind: DocumentKind, key: string) =>
  queryOptions({ queryKey: [kind, key, "versions"], queryFn: () => answer(api.GET(at(kind, "/versions"), { params: { path: { key } } })), enabled: key !== "" });

const absent = (error: unknown): null => {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
};

/** A key without live version and draft may still have old versions: the newest of them is what a new draft is based on. */
async function read<Item extends Pair>(kind: DocumentKind, key: string, isNew: boolean): Promise<Read<Item>> {
  const path = { params: { path: { key } } };
  if (isNew && !(await answer(api.GET(`/api/${kind}` as "/api/segments"))).items.some((one) => one.key === key)) return { item: null, etag: null, retired: false };
  const found = await api.GET(at(kind, ""), path).catch(absent);
  if (found?.data) return { item: found.data as Item, etag: found.response.headers.get("ETag"), retired: false };
  const before = (await api.GET(at(kind, "/versions"), path).catch(absent))?.data?.items[0];
  return { item: null, etag: before ? `"${before.hash}"` : null, retired: before !== undefined };
}

export type Doc<Item extends Pair = Pair> = ReturnType<typeof useDocument<Item>>;

/** start: the body of a document that does not exist yet; isNew: it may not exist yet, even where start is still being fetched. */
export function useDocument<Item extends Pair = Pair>(kind: DocumentKind, key: string, start?: Body, isNew = start !== undefined) {
  const client = useQueryClient();
  const query = useQuery(documentQuery<Item>(kind, key, isNew));
  const [edited, setEdited] = useState<Edited | null>(null);
  const [busy, setBusy] = useState(false);
  const item = query.data?.item ?? null;
  const [live, draft] = [item?.live ?? null, item?.draft ?? null];
  const kept = ((draft ?? live)?.body as Body | undefined) ?? null;
  const body = edited?.body ?? kept ?? start ?? null;
  const isDirty = edited ? !same(edited.body, kept ?? undefined) : query.isSuccess && kept === null && start !== undefined;
  const etag = query.data?.etag ?? null;
  const path = { path: { key } };

  const conflict: Conflict | null = edited && isDirty && !busy && query.isSuccess && edited.base !== etag ? { mine: edited.body, base: edited.from } : null;
  const edit = useCallback((next: Body) => setEdited((old) => ({ body: next, base: old ? old.base : etag, from: old ? old.from : kept })), [etag, kept]);
  const forget = () => setEdited(null);
  const renew = () => client.invalidateQueries({ queryKey: [kind] });

  /** Do it, say what the server refuses, read again; null when it was refused. */
  const work = async <T>(doing: () => Promise<T>): Promise<T | null> => {
    setBusy(true);
    try {
      return await doing();
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      await renew();
      setBusy(false);
    }
  };
  const put = (next: Body, tag: string | null, note?: string): Promise<Version> =>
    written(next, tag, note).catch(async (error: unknown) => {
      // 428: the key was in use before and is retired; its newest version is what the draft is based on
      if (!(error instanceof Problem) || error.status !== 428 || tag !== null) throw error;
      return written(next, (await read(kind, key, false)).etag, note);
    });
  const written = (next: Body, tag: string | null, note?: string) =>
    answer(api.PUT(at(kind, "/draft"), { params: { ...path, query: note ? { note } : {}, header: tag ? { "If-Match": tag } : {} }, body: next }));

  const save = async (next: Body | null = body, note?: string): Promise<Version | null> => {
    if (!next) return null;
    const saved = await work(() => put(next, edited ? edited.base : etag, note));
    if (saved) { forget(); toast.success(words.documents.saved); }
    return saved;
  };
  /** Save what is not saved, then make the draft live. */
  const publish = async (note?: string): Promise<Version | null> => {
    const made = await work(async () => {
      const tag = isDirty || note || !draft ? `"${(await put(body ?? {}, edited ? edited.base : etag, note)).hash}"` : etag;
      return answer(api.POST(at(kind, "/publish"), { params: { ...path, header: tag ? { "If-Match": tag } : {} } }));
    });
    if (made) { forget(); toast.success(words.documents.published(made.version)); }
    return made;
  };
  const turn = (way: "pause" | "resume") => work(() => answer(api.POST(at(kind, way === "pause" ? "/pause" : "/resume"), { params: path })));
  const turned = async (way: "pause" | "resume") => {
    const back = way === "pause" ? "resume" : "pause";
    if (await turn(way)) toast.success(words.documents[way === "pause" ? "paused" : "resumed"], { duration: UNDO, action: { label: words.undo, onClick: () => void turn(back) } });
  };
  /** What was never saved goes for good; a draft that goes can be brought back for eight seconds. */
  const discard = async () => {
    const gone = draft?.body as Body | undefined;
    forget();
    if (!gone) return;
    const done = await work(async () => { await api.DELETE(at(kind, "/draft"), { params: path }); return true; });
    const again = () => work(async () => put(gone, (await client.fetchQuery({ ...documentQuery(kind, key), staleTime: 0 })).etag));
    if (done) toast.success(words.documents.discarded, { duration: UNDO, action: { label: words.undo, onClick: () => void again() } });
  };
  const rollBack = async (version: number): Promise<Version | null> => {
    const made = await work(() => answer(api.POST(at(kind, "/roll-back"), { params: path, body: { version } })));
    if (made) { forget(); toast.success(words.documents.rolledBack(made.version)); }
    return made;
  };
  const retire = async (): Promise<boolean> => {
    const done = await work(async () => { await api.DELETE(at(kind, ""), { params: path }); return true; });
    if (done) { forget(); toast.success(words.documents.retired); }
    return done === true;
  };
  /** After a conflict: what I have over what they saved, to be saved anew. */
  const keepMine = () => setEdited((old) => old && { body: old.body, base: etag, from: kept });

  const state: DocumentState = live ? (live.status === "paused" ? "paused" : draft ? "changed" : "published") : draft ? "draft" : query.data?.retired ? "retired" : "absent";
  const rights = rightsOf(kind);
  return {
    kind, key, query, item, live, draft, etag, body, kept, state, isDirty, busy, conflict, edit, save, publish, discard, rollBack, retire, keepMine, takeTheirs: forget, forget,
    pause: () => turned("pause"), resume: () => turned("resume"), mayWrite: may(rights.write), mayPublish: may(rights.publish), rights,
  };
}

/** What the server says of a body that may not be saved yet. Asked of those who may write only: others would be refused. */
export const validationQuery = (kind: DocumentKind, key: string, given: Body | null) =>
  queryOptions({
    queryKey: [kind, key, "validation", given],
    queryFn: ({ signal }) => answer(api.POST(at(kind, "/validate"), { params: { path: { key } }, body: given ?? {}, signal })),
    enabled: given !== null && may(rightsOf(kind).write),
    staleTime: 5_000,
  });
