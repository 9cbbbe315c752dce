/** Undo, redo, tidy, simulate, save, publish: each with its key, and with the reason where it cannot be used. */
import { Button } from "../../ui/bits";
import { builder as builderWords } from "../../words/en.builder";
import { words } from "../../words/en";

const say = builderWords;
type Props = {
  canUndo: boolean; canRedo: boolean; dirty: boolean; busy: boolean; canWrite: boolean; whyNotPublish: string; outline: boolean;
  undo: () => void; redo: () => void; simulating: boolean; simulate: () => void; save: () => void; publish: () => void; setOutline: (outline: boolean) => void;
};

export function Toolbar(own: Props) {
  const readOnly = own.canWrite ? undefined : say.mayNotWrite;
  return (
    <div role="toolbar" aria-label={words.journeys.title} className="flex flex-wrap items-center gap-1.5 border-b border-line bg-panel px-3 py-1.5">
      <Button disabled={!own.canUndo} onClick={own.undo} title={`${say.undo} (⌘Z)`}>{say.undo}</Button>
      <Button disabled={!own.canRedo} onClick={own.redo} title={`${say.redo} (⇧⌘Z)`}>{say.redo}</Button>
      <Button onClick={() => own.setOutline(!own.outline)} title={`${say.view} (o)`}>{own.outline ? say.asDrawing : say.asOutline}</Button>
      <Button onClick={own.simulate} aria-pressed={own.simulating} title={`${say.simulate} (s)`} className={own.simulating ? "!bg-accent-ground !text-accent" : "!text-accent"}>{say.simulate}</Button>
      <span className="ml-auto text-muted">{own.dirty ? say.unsaved : ""}</span>
      <Button disabled={!own.canWrite || !own.dirty || own.busy} onClick={own.save} title={readOnly ?? `${say.save} (⌘S)`}>{own.busy ? say.saving : say.save}</Button>
      <Button kind="primary" disabled={own.whyNotPublish !== "" || own.busy} onClick={own.publish} title={own.whyNotPublish || [own.dirty ? say.publishSavesFirst : "", "(⌘ Enter)"].filter(Boolean).join(" ")} aria-describedby="why-not-publish">{say.publish}</Button>
      <span id="why-not-publish" className={own.whyNotPublish ? "basis-full text-right text-xs text-muted" : "sr-only"}>{own.whyNotPublish}</span>
    </div>
  );
}
