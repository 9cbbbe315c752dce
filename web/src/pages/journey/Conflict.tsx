/** Somebody else kept this journey since it was read: what they changed, in words and drawn, and three ways on. */
import { useQuery } from "@tanstack/react-query";
import { toast } from "../../ui/toast";

import type { Served } from "../../api/journeyDocument";
import { members } from "../../api/queries";
import { ago } from "../../format";
import { diffOf } from "../../journey/diff";
import type { Journey } from "../../journey/document";
import { diffMarks } from "../../journey/marks";
import { Button } from "../../ui/bits";
import { Modal } from "../../ui/Modal";
import { builder as builderWords } from "../../words/en.builder";
import { Canvas } from "./Canvas";

const say = builderWords;
export function Conflict({ theirs, base, mine, settle }: { theirs: Served | null; base: Journey; mine: Journey; settle: (how: "theirs" | "mine" | "later") => void }) {
  const people = useQuery(members);
  if (!theirs) return null;
  const who = people.data?.items.find((one) => one.id === theirs.by)?.name ?? say.someone;
  const copy = (): void => void navigator.clipboard.writeText(JSON.stringify(mine, null, 1)).then(() => toast.success(say.copiedMine));
  return (
    <Modal open setOpen={() => settle("later")} title={say.conflictTitle}>
      <div className="space-y-3">
        <p>{say.conflictBy(who, ago(theirs.at))}</p>
        <Changes title={say.conflictTheirs} changes={diffOf(base, theirs.journey).changes} />
        <div className="h-56 overflow-hidden rounded-md border border-line" aria-label={say.theirsOnCanvas} role="group"><Canvas journey={theirs.journey} marks={diffMarks(diffOf(base, theirs.journey))} label={say.theirsOnCanvas} /></div>
        <Changes title={say.conflictMine} changes={diffOf(base, mine).changes} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={copy}>{say.copyMine}</Button>
          <Button onClick={() => settle("mine")}>{say.keepMine}</Button>
          <Button kind="primary" onClick={() => settle("theirs")}>{say.takeTheirs}</Button>
        </div>
      </div>
    </Modal>
  );
}

function Changes({ title, changes }: { title: string; changes: readonly string[] }) {
  return (
    <section>
      <h3 className="font-semibold">{title}</h3>
      {changes.length ? <ul className="list-disc pl-5">{changes.map((one) => <li key={one}>{one}</li>)}</ul> : <p className="text-muted">{say.noChange}</p>}
    </section>
  );
}
