/** The door: by e-mail and password, by a one-time link, or by a management key for the first set-up. */
import { useEffect, useState, type FormEvent } from "react";

import { rememberedWorkspaces, signIn, signInByKey, signInByLink } from "../session";
import { Button, Failure } from "../ui/bits";
import { Field } from "../ui/Field";
import { words } from "../words/en";

export function SignIn() {
  const [byKey, setByKey] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    document.title = `${words.signIn.title} · ${words.product}`;
    if (LINK && window.location.hash) void signInByLink(LINK).catch(setError);
    wipeLink();
  }, []);
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm space-y-3 rounded-lg border border-line bg-panel p-6">
        <h1 className="flex items-center gap-2 text-lg font-semibold"><img src="/icon.svg" alt="" width="24" height="24" /> {words.product}</h1>
        {error !== null && <Failure error={error} />}
        {byKey ? <KeyForm /> : <SignInForm />}
        <Button kind="quiet" className="w-full justify-center" onClick={() => setByKey(!byKey)}>{byKey ? words.signIn.withPassword : words.signIn.withKey}</Button>
      </div>
    </main>
  );
}

/** `#link=…`: the part of an address that is sent to nobody. Read once, when the page is loaded, before anything else looks. */
export const LINK = new URLSearchParams(window.location.hash.slice(1)).get("link");

/** Wiped from the address bar and the history, so that nobody finds it there. To be called in an effect: the router listens. */
export function wipeLink(): void {
  if (window.location.hash.startsWith("#link=")) window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
}

/** Try, show what went wrong, and be busy meanwhile. */
function useAttempt(): { error: unknown; busy: boolean; attempt: (work: () => Promise<void>) => Promise<void> } {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setError(null);
    setBusy(true);
    await work().catch(setError);
    setBusy(false);
  };
  return { error, busy, attempt };
}

export function SignInForm({ keep = false, email, done }: { keep?: boolean; email?: string; done?: () => void }) {
  const { error, busy, attempt } = useAttempt();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = (name: string): string => String(form.get(name) ?? "").trim();
    void attempt(async () => {
      await signIn(said("email"), String(form.get("password")), said("workspace"), keep);
      done?.();
    });
  };
  return (
    <form onSubmit={submit} className="space-y-3">
      <Field label={words.signIn.email}><input name="email" type="email" required autoFocus={!email} defaultValue={email} autoComplete="username" /></Field>
      <Field label={words.signIn.password}><input name="password" type="password" required autoComplete="current-password" /></Field>
      <Field label={words.signIn.workspace}><input name="workspace" defaultValue={keep ? "" : (rememberedWorkspaces()[0] ?? "default")} autoFocus={keep} required autoComplete="organization" /></Field>
      {error !== null && <Failure error={error} />}
      <Button kind="primary" type="submit" disabled={busy} className="w-full justify-center">{words.signIn.go}</Button>
    </form>
  );
}

function KeyForm() {
  const { error, busy, attempt } = useAttempt();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget).get("key") ?? "").trim();
    void attempt(() => (key.startsWith("fsk_") ? signInByKey(key) : Promise.reject(new Error(words.signIn.keyWrong))));
  };
  return (
    <form onSubmit={submit} className="space-y-3">
      <Field label={words.signIn.key} hint={words.signIn.keyHint}><input name="key" type="password" required autoFocus autoComplete="off" /></Field>
      {error !== null && <Failure error={error} />}
      <Button kind="primary" type="submit" disabled={busy} className="w-full justify-center">{words.signIn.go}</Button>
    </form>
  );
}
