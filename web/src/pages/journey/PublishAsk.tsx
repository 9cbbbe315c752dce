/** Before a journey goes live: what that means, and which warnings remain. */
import { Ask } from "../../ui/Ask";
import { words } from "../../words/en";
import type { Work } from "./useWork";

const say = words.builder;

export function PublishAsk({ open, setOpen, work }: { open: boolean; setOpen: (open: boolean) => void; work: Work }) {
  const warnings = work.problems.filter((one) => !one.isError);
  return (
    <Ask open={open} setOpen={setOpen} title={say.publishTitle} go={say.publish} busy={work.saving.busy} confirm={() => { setOpen(false); void work.saving.publish(); }}>
      <p>{say.publishWhat}</p>
      {warnings.length > 0 && <><p>{say.publishWarnings(warnings.length)}</p><ul className="list-disc pl-5 text-muted">{warnings.slice(0, 8).map((one) => <li key={`${one.code}${one.place}`}>{one.message}</li>)}</ul></>}
    </Ask>
  );
}
