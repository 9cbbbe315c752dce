/** One task: why this and why now, what to say, and the four things one does with it. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { account, members, type Task } from "../../api/queries";
import { ago, moment } from "../../format";
import { useKeys } from "../../shell/keys";
import { may, useSession } from "../../session";
import { Button, Evidence, HealthBadge, Loaded, Panel, RiskBadge } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { words } from "../../words/en";
import { Draft, draftOf } from "./Draft";
import { until } from "./Many";
import { Place } from "./Place";
import { Similar } from "./Similar";
import { SlaClock } from "./SlaClock";
import { useTaskWork, type Verdict } from "./useTaskWork";

const one = (id: number) =>
  queryOptions({ queryKey: ["tasks", "one", id], queryFn: () => body(api.GET("/api/tasks/{task_id}", { params: { path: { task_id: id } } })) });

export function TaskPane({ id, listed, at, shown, order, back, next }: { id: number; listed: Task | undefined; at: number; shown: number; order: Schemas["TaskOrder"]; back: () => void; next: () => void }) {
  const query = useQuery({ ...one(id), placeholderData: () => listed });
  return <Loaded query={query} lines={10}>{(task) => <Shown task={task} at={at} shown={shown} order={order} back={back} next={next} />}</Loaded>;
}

function Shown({ task, at, shown, order, back, next }: { task: Task; at: number; shown: number; order: Schemas["TaskOrder"]; back: () => void; next: () => void }) {
  const work = useTaskWork(task);
  const [finishing, setFinishing] = useState(false);
  const member = useSession((own) => own.session?.member ?? null);
  const [draft, setDraft] = useState(() => draftOf(task));
  const active = task.status === "open" || task.status === "claimed";
  const writes = may("tasks:write");
  const claim = () => void (active && member && work.claim());
  const tomorrow = () => void work.snooze(until(1)).then((done) => done && next());
  useKeys({ a: claim, e: () => active && writes && setFinishing(true), s: () => active && writes && tomorrow(), Escape: back });
  return (
    <article className="mx-auto max-w-3xl space-y-4" aria-label={task.title}>
      <header>
        <Button kind="quiet" className="mb-2 md:hidden" onClick={back}>← {words.inbox.title}</Button>
        <div className="flex flex-wrap items-center gap-2"><RiskBadge level={task.risk_level} /><span className="text-muted">{words.status[task.status]}{task.owner_name ? ` · ${task.owner_name}` : ""}</span><SlaClock due={task.due_at} since={Date.now()} /></div>
        <h2 className="mt-1 text-lg font-semibold">{task.title}</h2>
        <p><Link to="/accounts/$id" params={{ id: task.account }} className="text-accent underline">{task.account_name ?? task.account}</Link> <span className="text-muted">· {words.inbox.due} {moment(task.due_at)}</span></p>
        {active && writes && (
          <div className="mt-3 flex flex-wrap items-center gap-2">
            <Button kind="primary" onClick={() => setFinishing(true)} title="e">{words.inbox.done}</Button>
            {task.status === "open" && member && <Button onClick={claim} title="a">{words.inbox.accept}</Button>}
            <Snooze snooze={(iso) => void work.snooze(iso).then((done) => done && next())} />
            <Reassign owner={task.owner_id} give={(memberId) => void work.reassign(memberId)} />
          </div>
        )}
        {active && writes && !member && <p className="mt-2 text-muted">{words.inbox.asKey}</p>}
        {task.status === "done" && <p className="mt-2 text-good">{words.outcome[task.outcome ?? ""] ?? task.outcome} {task.outcome_note && `– ${task.outcome_note}`}</p>}
      </header>
      <Panel title={words.inbox.why} aside={ago(task.created_at)}>{task.evidence.length ? <Evidence items={task.evidence} /> : <p className="text-muted">{words.none}</p>}</Panel>
      <Place task={task} at={at} shown={shown} order={order} />
      {task.script && <Panel title={words.inbox.script}><p className="whitespace-pre-line">{task.script}</p></Panel>}
      <Draft task={task} draft={draft} change={setDraft} save={active && writes ? () => void work.saveDraft(draft.subject, draft.text) : undefined} />
      <Similar task={task} />
      <Past task={task} />
      {task.signal_id !== null && may("feedback:write") && (
        <Panel title={words.inbox.feedback}>
          <div className="flex flex-wrap gap-2">{(Object.keys(words.verdict) as Verdict[]).map((verdict) => <Button key={verdict} onClick={() => void work.judge(verdict)}>{words.verdict[verdict]}</Button>)}</div>
        </Panel>
      )}
      <Finish open={finishing} setOpen={setFinishing} task={task} finish={(outcome, note) => void work.complete(outcome, note, Object.keys(task.draft).length ? { subject: draft.subject, text: draft.text } : { subject: null, text: null }).then((done) => done && next())} />
    </article>
  );
}

function Snooze({ snooze }: { snooze: (iso: string) => void }) {
  const choices: [string, number][] = [[words.inbox.tomorrow, 1], [words.inbox.days3, 3], [words.inbox.week, 7]];
  return (
    <select aria-label={words.inbox.snooze} title="s" className={`${CONTROL} !w-auto`} value="" onChange={(event) => snooze(until(Number(event.target.value)))}>
      <option value="" disabled>{words.inbox.snooze}</option>
      {choices.map(([name, days]) => <option key={days} value={days}>{name}</option>)}
    </select>
  );
}

function Reassign({ owner, give }: { owner: number | null; give: (memberId: number) => void }) {
  const query = useQuery(members);
  return (
    <select aria-label={words.inbox.reassign} className={`${CONTROL} !w-auto`} value="" onChange={(event) => give(Number(event.target.value))}>
      <option value="" disabled>{words.inbox.reassign}</option>
      {query.data?.items.filter((member) => member.id !== owner).map((member) => <option key={member.id} value={member.id}>{member.name}</option>)}
    </select>
  );
}

const USUAL = ["resolved", "recovery_agreed", "expanded", "renewed", "no_answer", "not_needed", "lost"];

function Finish({ open, setOpen, task, finish }: { open: boolean; setOpen: (open: boolean) => void; task: Task; finish: (outcome: string, note: string | null) => void }) {
  const [note, setNote] = useState("");
  const choices = task.choices.length ? task.choices : USUAL;
  return (
    <Modal open={open} setOpen={setOpen} title={words.inbox.chooseOutcome}>
      <Field label={words.inbox.note}><textarea rows={3} value={note} onChange={(event) => setNote(event.target.value)} /></Field>
      <div className="mt-3 flex flex-wrap gap-2">
        {choices.map((outcome) => <Button key={outcome} kind="plain" onClick={() => { setOpen(false); finish(outcome, note.trim() || null); }}>{words.outcome[outcome] ?? outcome}</Button>)}
      </div>
    </Modal>
  );
}

/** What was done here before: the quickest guide to what may work now. */
function Past({ task }: { task: Task }) {
  const query = useQuery(account(task.account));
  const before = query.data?.tasks.filter((other) => other.id !== task.id && other.status === "done") ?? [];
  return (
    <Panel title={words.inbox.pastTasks} aside={query.data && <HealthBadge health={query.data.health} />}>
      {before.length === 0 ? <p className="text-muted">{words.inbox.noPast}</p> : <ul>{before.slice(0, 4).map((other) => <li key={other.id}>{other.title} – <b>{words.outcome[other.outcome ?? ""] ?? other.outcome}</b> <span className="text-muted">{other.done_at && ago(other.done_at)}</span></li>)}</ul>}
    </Panel>
  );
}
