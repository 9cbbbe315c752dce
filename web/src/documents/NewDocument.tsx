/** A new document: its name, its key (made of the name until typed), and what it starts from. Nothing is kept before it is saved. */
import { useState, type FormEvent } from "react";

import { Button } from "../ui/bits";
import { Field } from "../ui/Field";
import { Modal } from "../ui/Modal";
import { triggers as triggerWords } from "../words/en.triggers";

export type Start = { key: string; name: string; from?: string | undefined };
const KEY = /^[a-z0-9][a-z0-9_-]{0,99}$/;
const slug = (name: string): string => name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80);

export function NewDocument({ open, setOpen, title, copies, taken, go, suggested }: {
  open: boolean; setOpen: (open: boolean) => void; title: string; copies: { key: string; name: string }[]; taken: ReadonlySet<string>; go: (start: Start) => void; suggested?: string | undefined;
}) {
  return <Modal open={open} setOpen={setOpen} title={title}>{open && <Form copies={copies} taken={taken} go={go} suggested={suggested} />}</Modal>;
}

function Form({ copies, taken, go, suggested }: { copies: { key: string; name: string }[]; taken: ReadonlySet<string>; go: (start: Start) => void; suggested: string | undefined }) {
  const nameOf = (key: string | undefined) => { const found = copies.find((one) => one.key === key); return found ? triggerWords.copyOf(found.name) : ""; };
  const [from, setFrom] = useState(suggested ?? "");
  const [name, setName] = useState(nameOf(suggested));
  const [typed, setTyped] = useState<string | null>(null);
  const key = typed ?? slug(name);
  const good = name.trim() !== "" && KEY.test(key) && !taken.has(key);
  const choose = (next: string) => {
    if (name === "" || name === nameOf(from)) setName(nameOf(next));
    setFrom(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (good) go({ key, name: name.trim(), from: from || undefined });
  };
  return (
    <form className="space-y-3" onSubmit={submit}>
      <Field label={triggerWords.from}><select value={from} onChange={(event) => choose(event.target.value)}><option value="">{triggerWords.empty}</option>{copies.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}</select></Field>
      <Field label={triggerWords.name}><input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} /></Field>
      <Field label={triggerWords.key} hint={taken.has(key) ? triggerWords.taken_ : triggerWords.keyHint}><input required pattern="[a-z0-9][a-z0-9_\-]*" maxLength={100} value={key} onChange={(event) => setTyped(event.target.value)} /></Field>
      <div className="flex justify-end"><Button type="submit" kind="primary" disabled={!good}>{triggerWords.start}</Button></div>
    </form>
  );
}
