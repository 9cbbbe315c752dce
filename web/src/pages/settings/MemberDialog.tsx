/** One member: new, or changed. A password can be made up here; it is shown once, to be handed over. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import { api, body, once, type Schemas } from "../../api/client";
import { calendars, type Member } from "../../api/settings";
import { useWrite } from "../../api/write";
import { Button, Failure } from "../../ui/bits";
import { Secret } from "../../ui/Copy";
import { Field } from "../../ui/Field";
import { Modal } from "../../ui/Modal";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { ZoneInput } from "./ZoneInput";

const said = officeWords.members;
type Role = Schemas["Role"];
type Wanted = { name: string; role: Role; zone: string; calendar_key: string; tasks_per_day: number; password: string; email: string };

/** Sixteen characters that nobody mistakes for each other when read out. */
function madeUp(): string {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  return [...crypto.getRandomValues(new Uint32Array(16))].map((chance) => letters[chance % letters.length]).join("");
}

export function MemberDialog({ member, close }: { member: Member | null; close: () => void }) {
  const { data } = useQuery(calendars);
  const [password, setPassword] = useState("");
  const [handOver, setHandOver] = useState<string | null>(null);
  const save = useWrite((wanted: Wanted) => write(member, wanted), {
    topics: ["members"],
    said: (kept) => said.saved(kept.name),
    done: () => (password ? setHandOver(password) : close()),
  });
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    save.mutate({ email: text("email"), name: text("name"), role: text("role") as Role, zone: text("zone"), calendar_key: text("calendar"), tasks_per_day: Number(form.get("tasks")), password });
  }
  if (handOver !== null) {
    return <Modal open setOpen={close} title={said.handOver}><div className="space-y-3"><Secret secret={handOver} hint={said.shownOnce} /><div className="flex justify-end"><Button kind="primary" onClick={close}>{words.frame.done}</Button></div></div></Modal>;
  }
  return (
    <Modal open setOpen={close} title={member ? said.editTitle(member.name) : said.add}>
      <form onSubmit={submit} className="space-y-3">
        <Field label={words.signIn.email}><input name="email" type="email" required maxLength={320} defaultValue={member?.email ?? ""} disabled={member !== null} /></Field>
        <Field label={said.name}><input name="name" required maxLength={200} defaultValue={member?.name ?? ""} /></Field>
        <Field label={said.role} hint={said.roleHint}>
          <select name="role" defaultValue={member?.role ?? "csm"}>{(Object.keys(words.frame.roles) as Role[]).map((role) => <option key={role} value={role}>{words.frame.roles[role]} – {words.frame.roleMeaning[role]}</option>)}</select>
        </Field>
        <div className="flex items-end gap-2">
          <div className="flex-1"><Field label={member ? said.newPassword : said.password} hint={said.passwordHint}><input name="password" minLength={10} maxLength={512} autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} /></Field></div>
          <Button className="mb-5" onClick={() => setPassword(madeUp())}>{said.makeUp}</Button>
        </div>
        <div className="grid gap-3 sm:grid-cols-3">
          <ZoneInput label={said.zone} name="zone" start={member?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone} />
          <Field label={said.calendar}><select name="calendar" defaultValue={member?.calendar_key ?? "default"}>{(data?.items ?? [{ key: member?.calendar_key ?? "default" }]).map((one) => <option key={one.key}>{one.key}</option>)}</select></Field>
          <Field label={said.tasks}><input name="tasks" type="number" min={0} max={1000} defaultValue={member?.tasks_per_day ?? 12} /></Field>
        </div>
        {save.error && <Failure error={save.error} />}
        <div className="flex justify-end gap-2"><Button onClick={close}>{words.cancel}</Button><Button kind="primary" type="submit" disabled={save.isPending}>{member ? words.save : said.add}</Button></div>
      </form>
    </Modal>
  );
}

/** Only what changed is sent: a role that is written anew would sign the member out. */
async function write(member: Member | null, { email, password, ...wanted }: Wanted): Promise<Member> {
  const secret = password ? { password } : {};
  if (member === null) return body(api.POST("/api/members", { params: { header: once() }, body: { email, ...wanted, ...secret } }));
  const { role, ...rest } = wanted;
  return body(api.PATCH("/api/members/{member_id}", { params: { path: { member_id: member.id } }, body: { ...rest, ...(role === member.role ? {} : { role }), ...secret } }));
}
