/** Beginning a training, and how far it is. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { toast } from "../../ui/toast";

import { cancelJob, train, trainings, type Purpose } from "../../api/models";
import type { Schemas } from "../../api/client";
import { share } from "../../format";
import { may } from "../../session";
import { Ask } from "../../ui/Ask";
import { Button } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { words as common } from "../../words/en";
import { models as words } from "../../words/en.models";

type Job = Schemas["JobShape"];
const isOn = (job: Job): boolean => job.status === "queued" || job.status === "running";
const done = (job: Job): number => { const { done: part, total } = job.progress as { done?: number; total?: number }; return part && total ? Math.min(1, part / total) : 0; };

export function Training({ purpose }: { purpose: Purpose }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [until, setUntil] = useState("");
  const [mine, setMine] = useState<number | null>(null);
  const jobs = useQuery(trainings).data ?? [];
  const followed = jobs.find((one) => one.id === mine) ?? jobs.find(isOn);
  const allowed = may("models:train");
  const begin = useMutation({
    mutationFn: () => train(purpose, until || null),
    onSuccess: (job) => setMine(job.id),
    onError: (error) => toast.error(error.message),
    onSettled: () => { setOpen(false); void client.invalidateQueries({ queryKey: ["jobs"] }); },
  });
  const stop = useMutation({ mutationFn: cancelJob, onError: (error) => toast.error(error.message), onSettled: () => void client.invalidateQueries({ queryKey: ["jobs"] }) });
  const status = followed?.status;
  const before = useRef(status);
  useEffect(() => {
    if (before.current !== status && status === "done") void client.invalidateQueries({ queryKey: ["models"] });
    before.current = status;
  }, [status, client]);
  const name = words.purpose[purpose] ?? purpose;
  return (
    <div className="flex flex-wrap items-center gap-3">
      {followed && <Progress job={followed} stop={() => stop.mutate(followed.id)} />}
      <Button kind="primary" disabled={!allowed || begin.isPending || jobs.some(isOn)} title={allowed ? undefined : common.forbidden("models:train")} onClick={() => setOpen(true)}>{words.train}</Button>
      <Ask open={open} setOpen={setOpen} title={words.trainAsk(name)} go={words.train} busy={begin.isPending} confirm={() => begin.mutate()}>
        <p>{words.trainHow}</p>
        <Field label={words.until} hint={words.untilHint}><input type="date" value={until} onChange={(event) => setUntil(event.target.value)} /></Field>
      </Ask>
    </div>
  );
}

function Progress({ job, stop }: { job: Job; stop: () => void }) {
  const { model_id: made, version } = job.result as { model_id?: number; version?: number };
  if (job.status === "done") return <p role="status" className="text-good">{words.finished} {made ? <Link to="/models" search={(old) => ({ ...old, model: made })} className="underline">{words.version(version ?? 0)}</Link> : ""}</p>;
  if (!isOn(job)) return <p role="status" className="text-bad">{words.failed} {job.error ?? job.status}</p>;
  const part = done(job);
  return (
    <div role="status" className="flex items-center gap-2">
      <span>{words.training}: {job.status === "queued" ? words.queued : words.job(share(part))}</span>
      <progress aria-label={words.training} max={1} value={part} className="h-2 w-32 accent-accent" />
      <Button kind="quiet" onClick={stop}>{words.stop}</Button>
    </div>
  );
}
