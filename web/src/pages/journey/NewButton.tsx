/** Opens the window for a new journey, loaded when it is first wanted. */
import { lazy, Suspense, useState } from "react";

import { may } from "../../session";
import { Button } from "../../ui/bits";
import { words } from "../../words/en";

const NewJourney = lazy(async () => ({ default: (await import("./NewJourney")).NewJourney }));

export function NewButton() {
  const [open, setOpen] = useState(false);
  const canWrite = may("journeys:write");
  return (
    <>
      <Button kind="primary" disabled={!canWrite} title={canWrite ? undefined : words.builder.mayNotWrite} onClick={() => setOpen(true)}>{words.builder.fresh.go}</Button>
      {open && <Suspense><NewJourney open={open} setOpen={setOpen} /></Suspense>}
    </>
  );
}
