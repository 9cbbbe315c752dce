/** The builder: palette, drawing or outline, inspector, problems; every key of it. */
import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";

import { useKeys, useListedKeys } from "../../shell/keys";
import { clipOf, textOf } from "../../journey/clipboard";
import type { Out } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { builder as builderWords } from "../../words/en.builder";
import { addAt, findStep, placesFor, type Taking } from "./asking";
import { Canvas, type CanvasHandle, type Editing } from "./Canvas";
import type { Asked } from "./Choose";
import { useChords } from "./chords";
import { quickKinds } from "./kindOrder";
import { countsOf, type Problem } from "./problems";
import { useStepAddress } from "./stepAddress";
import type { Work } from "./useWork";
import { called } from "./verbs";
import { isStep, START, type Marks } from "./ways";
import { late } from "../../ui/late";

const Outline = late(() => import("./Outline").then((found) => found.Outline));
const StepPalette = late(() => import("./StepPalette").then((found) => found.StepPalette), <div className="w-52 shrink-0 max-lg:hidden" />);
const Ghost = late(() => import("./Ghost").then((found) => found.Ghost));
const ProblemList = late(() => import("./ProblemList").then((found) => found.ProblemList));
const Choose = late(() => import("./Choose").then((found) => found.Choose));
// as wide as what comes, so that the drawing stands where it will stand
const Inspector = late(() => import("./Inspector").then((found) => found.Inspector), <div className="w-88 shrink-0 border-l border-line bg-panel max-md:hidden" />);

const say = builderWords;
const keysOfBuilder = () => import("../../words/en.builderKeys").then((found) => found.builderKeys);

/** simulated: what a simulation writes onto the drawing, and its panel in the inspector's place. */
export function DrawTab({ work, simulated, simulate, publish, outline, setOutline }: {
  work: Work; simulated: { marks: Marks | undefined; panel: ReactNode } | null; simulate: () => void; publish: () => void; outline: boolean; setOutline: (outline: boolean) => void;
}) {
  const { use, verbs, canWrite, problems, saving } = work;
  const journey = use((own) => own.journey);
  const selected = use((own) => own.selected);
  const said = use((own) => own.said);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [showsProblems, setShowsProblems] = useState(false);
  const [field, setField] = useState<{ name: string; at: number } | null>(null);
  const handle = useRef<CanvasHandle | null>(null);
  const inspector = useRef<HTMLDivElement>(null);
  const findings = useMemo(() => countsOf(problems), [problems]);
  const last = selected.at(-1);
  const { select, jump } = use.getState();
  useListedKeys(keysOfBuilder);

  /** The focus goes to the chosen step, wherever it is drawn. */
  const home = useCallback(() => {
    const id = use.getState().selected.at(-1) ?? START;
    if (handle.current) handle.current.show(id, true);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-outline="${CSS.escape(id)}"]`)?.focus());
  }, [use]);
  const after = useCallback(() => window.setTimeout(home, 0), [home]);
  const edit = useCallback((id: string) => {
    // what is wrong comes first, then what must be said and is not, whether or not it was judged already
    const enter = (): void => {
      const all = [...(inspector.current?.querySelectorAll<HTMLInputElement>("input, textarea, select") ?? [])];
      (all.find((one) => one.ariaInvalid === "true") ?? all.find((one) => one.ariaRequired === "true" && one.value === "") ?? all[0])?.focus();
    };
    if (use.getState().selected.at(-1) === id) return enter();
    select(id);
    requestAnimationFrame(() => requestAnimationFrame(enter));
  }, [select, use]);
  const ask = useCallback((out: Out, at: Element | null) => canWrite ? setAsked(addAt(use.getState().journey, out, at, verbs, after, after)) : use.getState().say(say.said.readOnly), [use, verbs, canWrite, after]);
  const go = (problem: Problem): void => {
    if (problem.step === null) select(START);
    else jump(problem.step);
    if (handle.current) handle.current.show(problem.step ?? START, false);
    setField({ name: problem.field, at: Date.now() });
  };
  const remove = (): void => {
    if (verbs.remove(use.getState().selected)) after();
  };
  const copied = (): void => {
    const clip = verbs.clip();
    if (clip) void navigator.clipboard.writeText(textOf(clip)).then(() => use.getState().say(say.said.copied(Object.keys(clip.steps).length)));
  };
  const moveTo = (id: string, how: Taking): void => setAsked(placesFor(use.getState().journey, id, how, verbs, after));
  const rename = (): void => {
    const name = last && isStep(last) ? inspector.current?.querySelector<HTMLInputElement>("[data-rename]") : null;
    name?.focus();
    name?.select();
  };
  /** Keys of a chosen step, on the drawing and on the outline. */
  const key = (event: KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || !(event.target instanceof HTMLElement) || event.target.closest("input, textarea, select, button")) return;
    const id = event.target.dataset["step"] ?? event.target.dataset["outline"];
    if (event.altKey && event.key.startsWith("Arrow")) {
      const back = event.key === "ArrowUp" || event.key === "ArrowLeft";
      event.preventDefault();
      if (id === undefined || !isStep(id)) return;
      if (event.shiftKey ? verbs.shift(id, back ? -1 : 1) : !/Left|Right/.test(event.key) && verbs.step(id, back)) after();
      return;
    }
    const act: Record<string, () => void> = {
      Enter: () => edit(id ?? START), " ": () => id && select(id, event.shiftKey), Delete: remove, Backspace: remove, F2: rename,
      Escape: () => select(null), ContextMenu: () => edit(id ?? START),
    };
    const done = act[event.key];
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
    done();
  };
  const add = (kind: string): void => {
    const way = document.activeElement?.closest<HTMLElement>("[data-way]")?.dataset["way"];
    if (verbs.addByKey(kind, way)) after();
  };
  useChords({
    enter: home, publish: () => (work.whyNotPublish ? use.getState().say(work.whyNotPublish) : publish()),
    save: () => void saving.save(), undo: () => { verbs.undo(); }, redo: () => { verbs.redo(); }, duplicate: () => { if (verbs.duplicate(use.getState().selected)) after(); },
    copy: (cut) => {
      const clip = verbs.clip();
      if (!clip) return null;
      const count = Object.keys(clip.steps).length;
      if (cut) remove();
      use.getState().say(cut ? say.said.cut(count) : say.said.copied(count));
      return textOf(clip);
    },
    paste: (text) => { if (verbs.paste(clipOf(text))) after(); },
  });
  useKeys({
    ...Object.fromEntries(quickKinds.map((kind, at) => [String(at + 1), () => add(kind.kind)])),
    l: () => { handle.current?.fit(); use.getState().say(say.said.tidied); }, "0": () => handle.current?.fit(), z: () => handle.current?.actual(),
    d: () => { if (verbs.toggle(use.getState().selected)) after(); }, m: () => last && isStep(last) && moveTo(last, "step"), M: () => last && isStep(last) && moveTo(last, "branch"),
    f: () => setAsked(findStep(use.getState().journey, (id) => { jump(id); after(); }, home)), p: () => setShowsProblems((open) => !open), o: () => setOutline(!outline),
    s: simulate,
  });
  const editing = useMemo<Editing>(() => ({ add: ask, open: edit, legal: verbs.legal, drop: (carried, out) => { if (verbs.drop(carried, out)) after(); }, key: (event) => keys.current(event) }), [ask, edit, verbs, after]);
  const keys = useRef(key);
  keys.current = key;
  const errors = problems.filter((one) => one.isError).length;
  useStepAddress(use, (id) => handle.current?.show(id, false));

  return (
    <div className="flex min-h-0 flex-1 max-md:flex-col">
      <StepPalette add={(kind) => { if (verbs.addAfterSelected(kind)) after(); }} carry={(event, carried) => handle.current?.carry(event, carried)} disabled={!canWrite} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <div className="min-h-0 flex-1 max-md:min-h-64">
          {outline
            ? <Outline journey={journey} selected={selected} findings={findings} select={select} edit={edit} add={ask} keys={key} />
            : <Canvas journey={journey} mode={canWrite ? "edit" : "view"} marks={simulated?.marks} selected={selected} onSelect={select} findings={findings} editing={editing} handle={handle} />}
        </div>
        <div className="border-t border-line bg-panel">
          {showsProblems && <ProblemList problems={problems} nameOf={(id) => called(journey, id)} go={go} />}
          <div className="flex items-center gap-3 px-3 py-1">
            <button type="button" aria-expanded={showsProblems} onClick={() => setShowsProblems(!showsProblems)} title={`${say.problems} (p)`} className={`min-h-6 rounded font-medium whitespace-nowrap hover:underline ${errors ? "text-bad" : problems.length ? "text-watch" : "text-good"}`}>
              {problems.length ? [errors && say.errors(errors), problems.length - errors && say.warnings(problems.length - errors)].filter(Boolean).join(", ") : say.noProblems}
            </button>
            <p role="status" className="sr-only">{errors ? say.errors(errors) : problems.length ? "" : say.noProblems}</p>
            <p aria-live="polite" className="min-w-0 flex-1 truncate text-right text-muted">{said}</p>
          </div>
        </div>
      </div>
      {simulated ? simulated.panel : <Inspector ref={inspector} work={work} field={field} home={home} choose={ask} go={(id) => { jump(id); handle.current?.show(id, false); }}
        moveTo={moveTo} copy={copied} nameOf={(id) => (journey.steps[id] ? nameOf(journey.steps[id]) : id)} />}
      <Choose asked={asked} close={() => setAsked(null)} />
      <Ghost name={(id) => called(journey, id)} kindOf={(id) => journey.steps[id]?.kind ?? ""} />
    </div>
  );
}
