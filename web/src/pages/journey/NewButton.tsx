/** Opens the window for a new journey, loaded when it is first wanted. */
import { lazy, Suspense, useState } from "react";

import { may } from "../../session";
import { Button } from "../../ui/bits";
import { builder as builderWords } from "../../words/en.builder";

const NewJourney = lazy(async () => ({ default: (await import("./NewJourney")).NewJourney }));

export function NewButton() {
  const [open, setOpen] = useState(false);
  const canWrite = may("journeys:write");
  return (
    <>
      <Button kind="primary" disabled={!canWrite} title={canWrite ? undefined : builderWords.mayNotWrite} onClick={() => setOpen(true)}>{builderWords.fresh.go}</Button>
      {open && <Suspense><NewJourney open={open} setOpen={setOpen} /></Suspense>}
    </>
  );
}
