/** Step one, before anybody can sign in: who are you. Guarded by the link that `forestay up` printed, or by the first key. */
import { useEffect, useState, type FormEvent } from "react";

import { proof } from "../../api/client";
import { makeFirstMember } from "../../session";
import { LINK as link, wipeLink } from "../../shell/SignIn";
import { Button, Failure } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { ZoneInput } from "../settings/ZoneInput";
import { Steps } from "./Steps";

const said = officeWords.setup;

export function FirstMember({ signInInstead }: { signInInstead: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  useEffect(wipeLink, []);
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    setBusy(true);
    setError(null);
    try {
      await makeFirstMember({ proof: link ?? text("proof"), name: text("name"), email: text("email"), password: String(form.get("password")), zone: text("zone"), workspace_name: text("company") });
      window.location.assign("/setup");
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  }
  return (
    <main className="mx-auto max-w-xl space-y-4 p-4 pt-[6vh]">
      <h1 className="flex items-center gap-2 text-lg font-semibold"><img src="/icon.svg" alt="" width="24" height="24" /> {said.welcome}</h1>
      <Steps at={0} />
      <form onSubmit={(event) => void submit(event)} className="space-y-3 rounded-lg border border-line bg-panel p-6">
        <h2 className="text-base font-semibold">{said.who}</h2>
        <p className="text-muted">{link ? said.whoLink : said.whoKey}</p>
        {!link && <Field label={said.proof} hint={said.proofHint}><input name="proof" type="password" required autoComplete="off" autoFocus defaultValue={proof.key ?? ""} /></Field>}
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label={said.name}><input name="name" required maxLength={200} autoComplete="name" autoFocus={link !== null} /></Field>
          <Field label={said.company}><input name="company" required maxLength={200} autoComplete="organization" /></Field>
        </div>
        <Field label={words.signIn.email}><input name="email" type="email" required maxLength={320} autoComplete="username" /></Field>
        <Field label={words.signIn.password} hint={said.passwordHint}><input name="password" type="password" required minLength={10} maxLength={512} autoComplete="new-password" /></Field>
        <ZoneInput label={said.zone} name="zone" start={Intl.DateTimeFormat().resolvedOptions().timeZone} hint={officeWords.workspace.zoneHint} />
        {error !== null && <Failure error={error} />}
        <div className="flex flex-wrap justify-between gap-2"><Button kind="quiet" onClick={signInInstead}>{words.signIn.withKey}</Button><Button kind="primary" type="submit" disabled={busy}>{said.next}</Button></div>
      </form>
    </main>
  );
}
