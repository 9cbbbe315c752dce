/** The form of the chosen step, or of the whole journey when none is chosen. */
import { forwardRef, type ReactNode } from "react";

import type { Out } from "../../journey/document";
import { setNote } from "../../journey/edit";
import { canBeOff, kindOf } from "../../journey/kinds";
import { Button } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { builder as builderWords } from "../../words/en.builder";
import { words } from "../../words/en";
import type { Taking } from "./asking";
import { HeadForm } from "./HeadForm";
import { KindIcon } from "./icons";
import { isOfWhole, StepForm } from "./StepForm";
import type { Work } from "./useWork";
import { WaysOut } from "./WaysOut";
import { isStep, START } from "./ways";

const say = builderWords;
type Props = {
  work: Work; field: { name: string; at: number } | null; home: () => void; choose: (out: Out, at: HTMLElement) => void; go: (id: string) => void;
  moveTo: (id: string, how: Taking) => void; copy: () => void; nameOf: (id: string) => string;
};

export const Inspector = forwardRef<HTMLDivElement, Props>(function Inspector(own, ref) {
  const selected = own.work.use((one) => one.selected);
  const last = selected.at(-1);
  return (
    <aside ref={ref} aria-label={last && isStep(last) ? own.nameOf(last) : say.head} className="shrink-0 overflow-y-auto border-line bg-panel max-md:border-t md:w-88 md:border-l"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        event.stopPropagation();
        own.home();
      }}>
      {selected.length > 1 ? <Many {...own} ids={selected} /> : last && isStep(last) ? <One key={last} {...own} id={last} /> : <Whole {...own} />}
    </aside>
  );
});

const Part = ({ title, children }: { title: string; children: ReactNode }) => <section className="border-t border-line p-3"><h3 className="mb-2 text-sm font-semibold">{title}</h3>{children}</section>;

function One({ id, work, field, choose, go, moveTo, copy, home }: Props & { id: string }) {
  const journey = work.use((one) => one.journey);
  const step = journey.steps[id];
  if (!step) return null;
  const kind = kindOf(step.kind);
  const { verbs, canWrite } = work;
  const found = work.problems.filter((one) => one.step === id && isOfWhole(one.field));
  return (
    <>
      <header className="flex items-start gap-2.5 p-3">
        <KindIcon kind={step.kind} size={32} />
        <div className="min-w-0 flex-1"><h2 className="font-semibold">{kind?.label ?? step.kind}{step.disabled && <span className="ml-2 rounded-full bg-ground px-1.5 text-xs text-muted">{say.off}</span>}</h2><p className="text-xs text-muted">{kind?.about}</p></div>
        <Button kind="quiet" onClick={() => { work.use.getState().select(null); home(); }}>{words.close}</Button>
      </header>
      <fieldset disabled={!canWrite} className="min-w-0 space-y-3 px-3 pb-3">
        {found.length > 0 && <ul className="space-y-1">{found.map((one) => <li key={`${one.code}${one.place}${one.message}`} className={`rounded-md px-2 py-1 ${one.isError ? "bg-bad-ground text-bad" : "bg-watch-ground text-watch"}`}>{one.message}</li>)}</ul>}
        <Field label={say.name} hint={`${say.nameHint} ${say.id}: ${id}`}><input data-rename className={CONTROL} value={typeof step.name === "string" ? step.name : ""} maxLength={200} onChange={(event) => verbs.rename(id, event.target.value)} /></Field>
        <StepForm id={id} step={step} work={work} field={field} />
        <Field label={say.note} hint={say.noteHint}><textarea rows={2} value={typeof step.note === "string" ? step.note : ""} maxLength={2000} onChange={(event) => work.use.getState().apply(setNote(journey, id, event.target.value), "", `note:${id}`)} /></Field>
      </fieldset>
      <Part title={say.ways}><WaysOut journey={journey} id={id} disabled={!canWrite} verbs={verbs} choose={choose} go={go} /></Part>
      <div className="flex flex-wrap gap-1.5 border-t border-line p-3">
        <Button disabled={!canWrite} onClick={() => verbs.step(id, true)} title="Alt ↑">{say.up}</Button>
        <Button disabled={!canWrite} onClick={() => verbs.step(id, false)} title="Alt ↓">{say.down}</Button>
        <Button disabled={!canWrite} onClick={() => moveTo(id, "step")} title="m">{say.moveHere}</Button>
        <Button disabled={!canWrite} onClick={() => moveTo(id, "branch")} title="M">{say.moveBranch}</Button>
        <Button onClick={copy} title="⌘C">{say.copy}</Button>
        <Button disabled={!canWrite} onClick={() => moveTo(id, "copy")}>{say.copyTo}</Button>
        <Button disabled={!canWrite} onClick={() => verbs.duplicate([id])} title="⌘D">{say.duplicate}</Button>
        <Button disabled={!canWrite || !(step.disabled || canBeOff(step))} onClick={() => verbs.toggle([id])} title={canBeOff(step) ? "d" : say.refusals["cannot_switch_off"]}>{step.disabled ? say.switchOn : say.switchOff}</Button>
        <Button disabled={!canWrite} onClick={() => { verbs.remove([id]); home(); }} title="Del">{say.remove}</Button>
        <Button disabled={!canWrite} onClick={() => { verbs.removeBranch(id); home(); }}>{say.removeBranch}</Button>
      </div>
    </>
  );
}

function Many({ ids, work, copy }: Props & { ids: readonly string[] }) {
  const steps = ids.filter(isStep);
  return (
    <div className="space-y-3 p-3">
      <h2 className="font-semibold">{say.selected(steps.length)}</h2>
      <div className="flex flex-wrap gap-1.5">
        <Button onClick={copy} title="⌘C">{say.copy}</Button>
        <Button disabled={!work.canWrite} onClick={() => work.verbs.duplicate(steps)}>{say.duplicate}</Button>
        <Button disabled={!work.canWrite} onClick={() => work.verbs.toggle(steps)} title="d">{steps.every((id) => work.use.getState().journey.steps[id]?.disabled) ? say.switchOn : say.switchOff}</Button>
        <Button disabled={!work.canWrite} onClick={() => work.verbs.remove(steps)}>{say.remove}</Button>
      </div>
    </div>
  );
}

function Whole({ work, field, choose, go }: Props) {
  const journey = work.use((one) => one.journey);
  return (
    <>
      <header className="p-3"><h2 className="font-semibold">{say.head}</h2><p className="text-xs text-muted">{say.headHint}</p></header>
      <HeadForm work={work} field={field} />
      <Part title={say.ways}><WaysOut journey={journey} id={START} disabled={!work.canWrite} verbs={work.verbs} choose={choose} go={go} /></Part>
    </>
  );
}
