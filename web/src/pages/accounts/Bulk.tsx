/** One thing done for many accounts: asked, counted, carried out with its progress, told account by account, taken back. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";

import type { Schemas } from "../../api/client";
import { bulkItems, carryOut, exportCsv, prepare, type Bulk as Work, type Selection } from "../../api/desk";
import { journeys, members } from "../../api/queries";
import { number } from "../../format";
import { GuardedButton } from "../../ui/Guarded";
import { Button, Loaded } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { Table } from "../../ui/Table";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const t = deskWords.bulk;
export type Kind = "assign" | "task" | "journey";
export const NEEDS: Record<Kind, string> = { assign: "accounts:write", task: "tasks:write", journey: "journeys:operate" };

export function BulkBar({ count, matching, isAll, all, none, begin, selection, sort }: {
  count: number; matching: number | undefined; isAll: boolean; all: () => void; none: () => void; begin: (kind: Kind) => void; selection: Selection; sort: string;
}) {
  const [writing, setWriting] = useState(false);
  const file = (): void => {
    setWriting(true);
    void exportCsv(selection, sort).catch((error: unknown) => toast.error(error instanceof Error ? error.message : String(error))).finally(() => setWriting(false));
  };
  return (
    <div role="region" aria-label={deskWords.select.actions} className="flex flex-wrap items-center gap-2 border-b border-line bg-accent-ground px-4 py-1.5">
      <b aria-live="polite" className="font-semibold">{deskWords.select.chosen(number(count))}</b>
      {!isAll && matching !== undefined && count < matching && <Button kind="quiet" className="!text-accent" onClick={all}>{deskWords.select.all(number(matching))}</Button>}
      <span className="flex-1" />
      {(["assign", "task", "journey"] as const).map((kind) => <GuardedButton key={kind} needs={NEEDS[kind]} onClick={() => begin(kind)}>{t[kind]}</GuardedButton>)}
      <Button disabled={writing} onClick={file}>{writing ? t.exporting : t.export}</Button>
      <Button kind="quiet" onClick={none}>{deskWords.select.none}</Button>
    </div>
  );
}

export function BulkDialog({ kind, selection, close }: { kind: Kind; selection: Selection; close: (done: boolean) => void }) {
  const [work, setWork] = useState<Work | null>(null);
  const [busy, setBusy] = useState<"run" | "undo" | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const client = useQueryClient();
  const refresh = (): void => ["accounts", "account", "tasks", "runs", "status"].forEach((topic) => void client.invalidateQueries({ queryKey: [topic] }));
  async function go(verb: "run" | "undo", bulk: Work): Promise<void> {
    setBusy(verb);
    setFault(null);
    try {
      await carryOut(bulk, verb, setWork);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(null);
      refresh();
    }
  }
  const told = (promise: Promise<Work>): void => void promise.then((made) => { setFault(null); setWork(made); }, (error: unknown) => setFault(error instanceof Error ? error.message : String(error)));
  const began = work !== null && (work.done + work.unchanged + work.undone + work.kept > 0 || busy !== null);
  return (
    <Modal open setOpen={() => busy === null && close(began)} title={t[kind]}>
      <div className="space-y-3">
        {work === null ? <Ask kind={kind} selection={selection} prepared={told} />
          : began ? <Result work={work} busy={busy} undo={() => void go("undo", work)} close={() => close(true)} />
          : <Preview work={work} go={() => void go("run", work)} />}
        {fault && <p role="alert" className="text-bad">{fault}</p>}
      </div>
    </Modal>
  );
}

function Ask({ kind, selection, prepared }: { kind: Kind; selection: Selection; prepared: (work: Promise<Work>) => void }) {
  const people = useQuery(members);
  const known = useQuery({ ...journeys, enabled: kind === "journey" });
  const [owner, setOwner] = useState("");
  const [task, setTask] = useState<{ title: string; text: string; risk_level: Schemas["RiskLevel"]; due: string }>({ title: "", text: "", risk_level: "medium", due: "" });
  const [journey, setJourney] = useState("");
  const send = (): void => {
    if (kind === "assign") prepared(prepare.assign(selection, owner || null));
    else if (kind === "journey") prepared(prepare.journey(selection, journey));
    else prepared(prepare.task({ accounts: selection, title: task.title, text: task.text || null, risk_level: task.risk_level, due_at: task.due ? new Date(task.due).toISOString() : null, owner: owner || null }));
  };
  const active = people.data?.items.filter((one) => one.disabled_at === null) ?? [];
  const open = known.data?.items.filter((one) => one.status === "active") ?? [];
  const ready = kind === "assign" || (kind === "task" ? task.title.trim() !== "" : journey !== "");
  return (
    <form className="space-y-3" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {kind === "task" && (
        <>
          <Field label={t.title}><input autoFocus required maxLength={300} value={task.title} onChange={(event) => setTask({ ...task, title: event.target.value })} /></Field>
          <Field label={t.text}><textarea rows={3} value={task.text} onChange={(event) => setTask({ ...task, text: event.target.value })} /></Field>
          <Field label={t.risk}><select value={task.risk_level} onChange={(event) => setTask({ ...task, risk_level: event.target.value as Schemas["RiskLevel"] })}>{(Object.keys(words.risk) as Schemas["RiskLevel"][]).map((one) => <option key={one} value={one}>{words.risk[one]}</option>)}</select></Field>
          <Field label={t.due}><input type="datetime-local" value={task.due} onChange={(event) => setTask({ ...task, due: event.target.value })} /></Field>
        </>
      )}
      {kind !== "journey" && (
        <Field label={kind === "assign" ? t.owner : t.whose}><select value={owner} onChange={(event) => setOwner(event.target.value)}>
          <option value="">{kind === "assign" ? deskWords.nobody : t.ownerOfEach}</option>
          {active.map((one) => <option key={one.id} value={one.email}>{one.name}</option>)}
        </select></Field>
      )}
      {kind === "journey" && (
        <Field label={t.whichJourney} {...(known.data && !open.length ? { hint: t.noJourneys } : {})}><select required value={journey} onChange={(event) => setJourney(event.target.value)}>
          <option value="">{deskWords.choose}</option>
          {open.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
        </select></Field>
      )}
      <div className="flex justify-end"><Button kind="primary" type="submit" disabled={!ready}>{t.preview}</Button></div>
    </form>
  );
}

function Preview({ work, go }: { work: Work; go: () => void }) {
  if (work.waiting === 0) return <><p>{t.nothing}</p>{work.refused > 0 && <Items work={work} />}</>;
  return (
    <>
      <p aria-live="polite">{t.will(number(work.waiting))} {work.refused > 0 && t.refused(number(work.refused))}</p>
      <Items work={work} />
      <div className="flex justify-end"><Button kind="primary" onClick={go}>{t.go(number(work.waiting))}</Button></div>
    </>
  );
}

function Result({ work, busy, undo, close }: { work: Work; busy: "run" | "undo" | null; undo: () => void; close: () => void }) {
  const todo = work.total - work.refused;
  const parts = [work.done > 0 && t.done(number(work.done)), work.unchanged > 0 && t.unchanged(number(work.unchanged)), work.undone > 0 && t.undone(number(work.undone)), work.kept > 0 && t.kept(number(work.kept)), work.refused > 0 && t.refused(number(work.refused))];
  return (
    <>
      {busy && <div><progress className="w-full" aria-label={t.progress} max={todo} value={busy === "run" ? todo - work.waiting : todo - work.done} /><p className="text-muted">{busy === "undo" ? t.undoing : t.running(number(todo - work.waiting), number(todo))}</p></div>}
      <p aria-live="polite">{parts.filter(Boolean).join(" · ")}</p>
      {!busy && <Items work={work} />}
      {!busy && <div className="flex justify-end gap-2">{work.done > 0 && <Button onClick={undo}>{t.undo}</Button>}<Button kind="primary" onClick={close}>{t.closeNow}</Button></div>}
    </>
  );
}

function Items({ work }: { work: Work }) {
  const query = useQuery({ ...bulkItems(work.id), queryKey: ["accounts", "bulk", work.id, work.done, work.undone, work.kept], staleTime: Infinity });
  return (
    <Loaded query={query} lines={3}>
      {(data) => <div className="max-h-56 overflow-auto"><Table label={t.result} minWidth="20rem" rows={data.items} keyOf={(one) => one.account} columns={[
        { name: t.account, cell: (one) => one.account_name ?? one.account },
        { name: t.what, cell: (one) => `${t.outcome[one.outcome ?? "waiting"] ?? one.outcome}${one.detail ? `: ${one.detail}` : ""}` },
      ]} /></div>}
    </Loaded>
  );
}
