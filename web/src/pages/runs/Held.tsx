/** Runs that came due while the server was away and wait for a decision: let them go on, or end them. */
import { useState } from "react";

import { review } from "../../api/runs";
import { useWrite } from "../../api/write";
import { number } from "../../format";
import { Ask } from "../../ui/Ask";
import { Button } from "../../ui/bits";
import { runs as runWords } from "../../words/en.runs";
import { mayOperate } from "./useRunAct";

const say = runWords.held;

export function Held({ journey, count }: { journey: string; count: number }) {
  const [asked, setAsked] = useState<"release" | "skip" | null>(null);
  const decide = useWrite((decision: "release" | "skip") => review(journey, decision, false), { topics: ["runs", "journeys"], loud: true, said: (told) => say.done(number(told.done)), done: () => setAsked(null) });
  const mayNot = mayOperate();
  return (
    <div role="note" className="flex flex-wrap items-center gap-2 rounded-md bg-watch-ground px-3 py-2 text-watch">
      {say.say(number(count))}
      <Button disabled={mayNot !== undefined} title={mayNot} onClick={() => setAsked("release")}>{say.release}…</Button>
      <Button disabled={mayNot !== undefined} title={mayNot} onClick={() => setAsked("skip")}>{say.skip}…</Button>
      {asked && <Ask open setOpen={() => setAsked(null)} title={`${say[asked]} (${number(count)})`} go={say[asked]} busy={decide.isPending} confirm={() => decide.mutate(asked)}><p>{asked === "release" ? say.releaseHow : say.skipHow}</p></Ask>}
    </div>
  );
}
