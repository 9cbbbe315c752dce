/** A file in four steps on one card: what and which file, how its columns are understood, a dry run, the import itself. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, body, proof, Problem, type Schemas } from "../../api/client";
import { job, type ImportKind } from "../../api/settings";
import { useWrite } from "../../api/write";
import { number } from "../../format";
import { Button, Failure, Skeleton } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { GuardedButton } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { headerOf } from "./header";
import { JobProgress, JobState } from "./JobState";
import { MappingTable } from "./MappingTable";
import { saveRejects } from "./rejects";

const said = officeWords.sources;
const KINDS: ImportKind[] = ["accounts", "contacts", "subscriptions", "invoices", "tickets", "interactions", "surveys", "events"];
type Guess = Schemas["MappingGuess"];
type Told = { rows: number; accepted: number; rejected: number; reasons: Record<string, number>; unmapped: string[]; sample: Record<string, unknown>[]; rejects: string | null };

export function ImportFile({ done, start = "accounts" }: { done?: () => void; start?: ImportKind }) {
  const [kind, setKind] = useState<ImportKind>(start);
  const [file, setFile] = useState<File | null>(null);
  const [header, setHeader] = useState<string[] | null>(null);
  const [columns, setColumns] = useState<Record<string, string>>({});
  const [running, setRunning] = useState<{ id: number; dry: boolean } | null>(null);
  const guessed = useQuery({ queryKey: ["imports", "guess", kind, header?.join("\u0000")], queryFn: () => guessFor(kind, header ?? []), enabled: header !== null && header.length > 0, staleTime: 0 });
  const send = useWrite((dry: boolean) => upload(kind, file as File, columns, dry).then((started) => ({ id: started.id, dry })), { topics: ["jobs", "imports"], done: setRunning });
  async function choose(chosen: File | null): Promise<void> {
    setFile(chosen);
    setColumns({});
    setRunning(null);
    setHeader(chosen ? await headerOf(chosen) : null);
  }
  const missing = guessed.data?.missing.filter((field) => !Object.keys(columns).includes(field)) ?? [];
  return (
    <div className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={said.kind}><select value={kind} onChange={(event) => { setKind(event.target.value as ImportKind); setColumns({}); setRunning(null); }}>{KINDS.map((one) => <option key={one} value={one}>{said.kinds[one]}</option>)}</select></Field>
        <Field label={said.file} hint={said.fileHint}><input type="file" accept=".csv,.tsv,.txt,.parquet,.jsonl,.ndjson" onChange={(event) => void choose(event.target.files?.[0] ?? null)} /></Field>
      </div>
      {header && guessed.isPending && <Skeleton />}
      {guessed.error && <Failure error={guessed.error} />}
      {header && guessed.data && <MappingTable guess={guessed.data} header={header} chosen={columns} choose={setColumns} />}
      {file && !header && <p className="text-muted">{said.noHeader}</p>}
      {missing.length > 0 && <p role="alert" className="text-bad">{said.missing(missing.join(", "))}</p>}
      {send.error && <Failure error={send.error} />}
      {running && <Progress key={running.id} id={running.id} dry={running.dry} />}
      <div className="flex flex-wrap justify-end gap-2">
        {done && <Button kind="quiet" onClick={done}>{words.close}</Button>}
        <GuardedButton needs="imports:write" disabled={!file || send.isPending || missing.length > 0} onClick={() => send.mutate(true)}>{said.dryRun}</GuardedButton>
        <GuardedButton needs="imports:write" kind="primary" disabled={!file || send.isPending || missing.length > 0} onClick={() => send.mutate(false)}>{said.go}</GuardedButton>
      </div>
    </div>
  );
}

function Progress({ id, dry }: { id: number; dry: boolean }) {
  const { data } = useQuery(job(id));
  if (!data) return <Skeleton lines={2} />;
  const told = data.status === "done" ? (data.result as unknown as Told) : null;
  return (
    <div aria-live="polite" className="rounded-md border border-line p-3">
      <p className="font-medium">{dry ? said.dryRun : said.go} #{id}: <JobState job={data} /></p>
      {!told && <JobProgress job={data} />}
      {told && (
        <>
          <p className={told.rejected ? "text-watch" : "text-good"}>{said.counts(number(told.rows), number(told.accepted), number(told.rejected))} {dry ? said.nothingKept : ""}</p>
          {Object.entries(told.reasons).length > 0 && <ul className="mt-1 list-disc pl-5">{Object.entries(told.reasons).map(([reason, count]) => <li key={reason}>{number(count)} × {reason}</li>)}</ul>}
          {told.rejects && <Button className="mt-2" onClick={() => void saveRejects(id)}>{said.download}</Button>}
        </>
      )}
    </div>
  );
}

const guessFor = (kind: ImportKind, header: string[]): Promise<Guess> => body(api.POST("/api/imports/mapping-guess", { params: { query: { kind } }, body: { header } }));

/** The file goes as it is, in one request; the server writes it to disk and answers with the job. */
async function upload(kind: ImportKind, file: File, columns: Record<string, string>, dry: boolean): Promise<Schemas["ImportStarted"]> {
  const query = new URLSearchParams({ name: file.name, dry_run: String(dry), mapping: JSON.stringify({ columns }) });
  const headers: Record<string, string> = proof.key ? { Authorization: `Bearer ${proof.key}` } : { "X-CSRF-Token": proof.csrf ?? "" };
  const answer = await fetch(`/api/import/${kind}?${query.toString()}`, { method: "POST", body: file, headers: { ...headers, "Content-Type": "application/octet-stream", "Idempotency-Key": crypto.randomUUID() } });
  const told = (await answer.json()) as Schemas["ImportStarted"] & { code?: string; detail?: string };
  if (!answer.ok) throw new Problem(answer.status, told.code ?? "unknown", told.detail ?? `${answer.status}`, answer.headers.get("X-Request-Id"));
  return told;
}
