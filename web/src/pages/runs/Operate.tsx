/** What a person may do to one run, with what would come of it said before: pause, go on, try again, skip, start again, end. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { actOnRun, type RunAct, type RunView } from "../../api/runs";
import { waysOf, type Journey } from "../../journey/document";
import { nameOf } from "../../journey/graph";
import { Ask } from "../../ui/Ask";
import { Button, Failure, Skeleton } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { runs as runWords } from "../../words/en.runs";
import { mayOperate, useRunAct } from "./useRunAct";

const say = runWords.run;

/** step: the one chosen on the drawing, from which it may start again. */
export function Operate({ run, journey, step }: { run: RunView; journey: Journey; step: string | null }) {
  const [asked, setAsked] = useState<"skip" | "start-again" | "cancel" | null>(null);
  const act = useRunAct(run.id, () => setAsked(null));
  const mayNot = mayOperate();
  const live = ["running", "paused", "held"].includes(run.status);
  const off = act.isPending || mayNot !== undefined;
  return (
    <div className="flex flex-wrap gap-1.5">
      {run.status === "running" && <Button disabled={off} title={mayNot} onClick={() => act.mutate({ what: "pause" })}>{say.act["pause"]}</Button>}
      {(run.status === "paused" || run.status === "held") && <Button disabled={off} title={mayNot} onClick={() => act.mutate({ what: "resume" })}>{say.act["resume"]}</Button>}
      {run.status === "failed" && <Button kind="primary" disabled={off} title={mayNot} onClick={() => act.mutate({ what: "retry" })}>{say.act["retry"]}</Button>}
      {run.standing.length > 0 && <Button disabled={off} title={mayNot} onClick={() => setAsked("skip")}>{say.act["skip"]}…</Button>}
      <Button disabled={off} title={mayNot} onClick={() => setAsked("start-again")}>{say.act["start-again"]}…</Button>
      {(live || run.status === "failed") && <Button kind="quiet" disabled={off} title={mayNot} onClick={() => setAsked("cancel")}>{say.act["cancel"]}…</Button>}
      {asked === "cancel" && <Ask open setOpen={() => setAsked(null)} title={say.act["cancel"] ?? ""} go={say.act["cancel"] ?? ""} busy={act.isPending} confirm={() => act.mutate({ what: "cancel" })}><p>{say.how["cancel"]}</p></Ask>}
      {asked === "skip" && <Skip run={run} journey={journey} close={() => setAsked(null)} busy={act.isPending} go={(chosen) => act.mutate(chosen)} />}
      {asked === "start-again" && <StartAgain run={run} journey={journey} first={step} close={() => setAsked(null)} busy={act.isPending} go={(chosen) => act.mutate(chosen)} />}
    </div>
  );
}

type Part = { run: RunView; journey: Journey; close: () => void; busy: boolean; go: (act: RunAct) => void };
const called = (journey: Journey, id: string) => { const step = journey.steps[id]; return step ? nameOf(step) : id; };

function Skip({ run, journey, close, busy, go }: Part) {
  const [at, setAt] = useState(run.standing[0]?.step ?? "");
  const step = journey.steps[at];
  const ports = step ? Object.keys(waysOf(step)) : ["next"];
  const [port, setPort] = useState(ports[0] ?? "next");
  const chosen: RunAct = { what: "skip", step: at, port: ports.includes(port) ? port : (ports[0] ?? "next") };
  return (
    <Ask open setOpen={close} title={`${say.act["skip"]}: ${called(journey, at)}`} go={say.act["skip"] ?? ""} busy={busy} confirm={() => go(chosen)}>
      <p>{say.how["skip"]}</p>
      {run.standing.length > 1 && <Field label={runWords.step}><select value={at} onChange={(event) => setAt(event.target.value)}>{run.standing.map((one) => <option key={one.step} value={one.step}>{one.label}</option>)}</select></Field>}
      <Field label={say.port}><select value={chosen.port} onChange={(event) => setPort(event.target.value)}>{ports.map((one) => <option key={one} value={one}>{one}{step ? ` → ${called(journey, waysOf(step)[one] ?? "")}` : ""}</option>)}</select></Field>
      <Preview run={run} act={chosen} journey={journey} busy={busy} />
    </Ask>
  );
}

function StartAgain({ run, journey, first, close, busy, go }: Part & { first: string | null }) {
  const [at, setAt] = useState(first !== null && first in journey.steps ? first : (run.standing[0]?.step ?? journey.start ?? ""));
  const chosen: RunAct = { what: "start-again", step: at };
  return (
    <Ask open setOpen={close} title={say.act["start-again"] ?? ""} go={say.act["start-again"] ?? ""} busy={busy} confirm={() => go(chosen)}>
      <p>{say.how["start-again"]}</p>
      <Field label={say.from} hint={say.chooseStep}><select value={at} onChange={(event) => setAt(event.target.value)}>{Object.keys(journey.steps).map((id) => <option key={id} value={id}>{called(journey, id)}</option>)}</select></Field>
      <Preview run={run} act={chosen} journey={journey} busy={busy} />
    </Ask>
  );
}

/** The server's own word on what would happen; nothing is done. Not asked again while it is being done: then it stands elsewhere. */
function Preview({ run, act, journey, busy }: { run: RunView; act: RunAct; journey: Journey; busy: boolean }) {
  const query = useQuery({ queryKey: ["runs", "preview", run.id, act], queryFn: () => actOnRun(run.id, act, true), retry: false, enabled: !busy });
  if (query.error) return <Failure error={query.error} />;
  if (!query.data) return <Skeleton lines={2} />;
  const effects = query.data.effects as { channel?: string; status?: string; count?: number }[];
  return (
    <div className="rounded-md border border-line bg-ground p-3">
      <p className="font-medium">{say.preview}</p>
      <p>{say.goesTo(query.data.stands.map((one) => called(journey, one)).join(", "), query.data.to ? called(journey, query.data.to) : "")}</p>
      {effects.length > 0 && <p>{say.before}: {effects.map((one) => `${one.count ?? 0} ${one.channel ?? ""} ${one.status ?? ""}`).join(", ")}</p>}
      {query.data.asks_again && <p className="text-watch">! {say.asksAgain}</p>}
    </div>
  );
}
