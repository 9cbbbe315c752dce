/** The door: by e-mail and password, or by a management key for the first set-up. */
import { useState, type FormEvent } from "react";

import { signIn, signInByKey } from "../session";
import { Button, Failure } from "../ui/bits";
import { Field } from "../ui/Field";
import { words } from "../words/en";

export function SignIn() {
  const [byKey, setByKey] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  async function go(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = (name: string): string => String(form.get(name) ?? "").trim();
    setError(null);
    setBusy(true);
    try {
      if (!byKey) await signIn(said("email"), String(form.get("password")), said("workspace"));
      else if (said("key").startsWith("fsk_")) await signInByKey(said("key"));
      else setError(words.signIn.keyWrong);
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  }
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form onSubmit={(event) => void go(event)} className="w-full max-w-sm space-y-3 rounded-lg border border-line bg-panel p-6">
        <h1 className="flex items-center gap-2 text-lg font-semibold"><img src="/icon.svg" alt="" width="24" height="24" /> {words.product}</h1>
        {byKey ? (
          <Field label={words.signIn.key} hint={words.signIn.keyHint}><input name="key" type="password" required autoFocus autoComplete="off" /></Field>
        ) : (
          <>
            <Field label={words.signIn.email}><input name="email" type="email" required autoFocus autoComplete="username" /></Field>
            <Field label={words.signIn.password}><input name="password" type="password" required autoComplete="current-password" /></Field>
            <Field label={words.signIn.workspace}><input name="workspace" defaultValue="default" required autoComplete="organization" /></Field>
          </>
        )}
        {error !== null && <Failure error={error} />}
        <Button kind="primary" type="submit" disabled={busy} className="w-full justify-center">{words.signIn.go}</Button>
        <Button kind="quiet" className="w-full justify-center" onClick={() => setByKey(!byKey)}>{byKey ? words.signIn.withPassword : words.signIn.withKey}</Button>
      </form>
    </main>
  );
}
