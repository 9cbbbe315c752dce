/** Before a journey goes live: what that means, what changes, which warnings remain, who may; and why, to stay with it. */
import { useMemo, useState } from "react";

import { diffOf } from "../../journey/diff";
import type { Journey } from "../../journey/document";
import { Ask } from "../../ui/Ask";
import { Field } from "../../ui/Field";
import { WhoHas } from "../../ui/Guarded";
import { builder as builderWords } from "../../words/en.builder";
import { runs as runWords } from "../../words/en.runs";
import type { Work } from "./useWork";

const say = builderWords;

/** live: the version that is live now, null where none is. */
export function PublishAsk({ open, setOpen, work, live }: { open: boolean; setOpen: (open: boolean) => void; work: Work; live: Journey | null }) {
  const [note, setNote] = useState("");
  const journey = work.use((own) => own.journey);
  const changes = useMemo(() => (open && live ? diffOf(live, journey).changes : []), [open, live, journey]);
  const warnings = work.problems.filter((one) => !one.isError);
  return (
    <Ask open={open} setOpen={setOpen} title={say.publishTitle} go={say.publish} busy={work.saving.busy} confirm={() => { setOpen(false); void work.saving.publish(note.trim()); }}>
      <p>{say.publishWhat}</p>
      <section><h3 className="font-semibold">{runWords.versions.review}</h3>
        {live === null ? <p>{runWords.versions.first}</p> : changes.length === 0 ? <p>{runWords.versions.noChange}</p> : <ul className="max-h-48 list-disc overflow-auto pl-5" tabIndex={0} aria-label={runWords.versions.review}>{changes.map((one, place) => <li key={place}>{one}</li>)}</ul>}
      </section>
      {warnings.length > 0 && <><p>{say.publishWarnings(warnings.length)}</p><ul className="list-disc pl-5 text-muted">{warnings.slice(0, 8).map((one) => <li key={`${one.code}${one.place}`}>{one.message}</li>)}</ul></>}
      <Field label={runWords.versions.reason}><input value={note} maxLength={1000} onChange={(event) => setNote(event.target.value)} /></Field>
      <p className="text-muted"><WhoHas permission="journeys:publish" /></p>
    </Ask>
  );
}
