/** What is mine: name, time zone and password on the server; theme, density, single keys and formats in this browser. */
import { useState, type FormEvent } from "react";
import { toast } from "../../ui/toast";

import { formats, LOCALES, setFormats } from "../../format";
import { changeMe, useSession } from "../../session";
import { setDensity, setSingleKeys, setTheme, usePreferences } from "../../shell/preferences";
import { Button, Failure, Panel } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { ZoneInput } from "./ZoneInput";

const said = officeWords.me;

export function Me() {
  const member = useSession((own) => own.session?.member ?? null);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <Browser />
      {member ? <div className="space-y-4"><Profile /><Password /></div> : <Panel title={said.profile}><p className="text-muted">{said.asKey}</p></Panel>}
    </div>
  );
}

function Browser() {
  const { theme, singleKeys, density } = usePreferences();
  const [zone, setZone] = useState(formats.zone ?? "");
  const choose = (locale: string | null, timeZone: string | null): void => {
    try {
      setFormats(locale, timeZone);
      toast.success(said.saved);
    } catch {
      toast.error(said.noSuchZone);
    }
  };
  return (
    <Panel title={said.browser}>
      <div className="space-y-3">
        <Field label={said.theme}><select value={theme} onChange={(event) => setTheme(event.target.value === "dark" ? "dark" : "light")}><option value="light">{words.theme.light}</option><option value="dark">{words.theme.dark}</option></select></Field>
        <Field label={said.density}><select value={density} onChange={(event) => setDensity(event.target.value === "roomy" ? "roomy" : "dense")}><option value="dense">{said.dense}</option><option value="roomy">{said.roomy}</option></select></Field>
        <label className="flex min-h-6 items-center gap-2"><input type="checkbox" className="size-4" checked={singleKeys} onChange={(event) => setSingleKeys(event.target.checked)} /> {words.keys.single}</label>
        <Field label={said.language} hint={said.languageHint}><select defaultValue="en"><option value="en">English</option></select></Field>
        <Field label={said.formats}><select value={formats.locale ?? ""} onChange={(event) => choose(event.target.value || null, formats.zone)}><option value="">{said.asBrowser}</option>{LOCALES.map((one) => <option key={one} value={one}>{new Intl.DisplayNames("en", { type: "language" }).of(one)} – {new Intl.DateTimeFormat(one, { dateStyle: "medium" }).format(new Date())}</option>)}</select></Field>
        <form className="flex items-end gap-2" onSubmit={(event) => { event.preventDefault(); choose(formats.locale, zone.trim() || null); }}>
          <div className="flex-1"><ZoneInput label={said.zone} hint={said.zoneHint} value={zone} change={setZone} /></div><Button type="submit" className="mb-5">{words.save}</Button>
        </form>
      </div>
    </Panel>
  );
}

function Profile() {
  const session = useSession((own) => own.session);
  const [error, setError] = useState<unknown>(null);
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setError(null);
    await changeMe({ name: String(form.get("name")).trim(), zone: String(form.get("zone")).trim() }).then(() => toast.success(said.saved), setError);
  }
  return (
    <Panel title={said.profile} aside={session?.member?.email}>
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label={said.name}><input name="name" required maxLength={200} defaultValue={session?.member?.name ?? ""} autoComplete="name" /></Field>
        <ZoneInput label={said.ownZone} name="zone" start={session?.zone ?? "UTC"} hint={said.ownZoneHint} />
        {error !== null && <Failure error={error} />}
        <Button kind="primary" type="submit">{words.save}</Button>
      </form>
    </Panel>
  );
}

function Password() {
  const [error, setError] = useState<unknown>(null);
  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    setError(null);
    await changeMe({ password: String(given.get("new")), present_password: String(given.get("present")) }).then(() => { form.reset(); toast.success(said.passwordSaved); }, setError);
  }
  return (
    <Panel title={said.password}>
      <form onSubmit={(event) => void submit(event)} className="space-y-3">
        <Field label={said.present}><input name="present" type="password" required autoComplete="current-password" /></Field>
        <Field label={said.next} hint={officeWords.setup.passwordHint}><input name="new" type="password" required minLength={10} maxLength={512} autoComplete="new-password" /></Field>
        {error !== null && <Failure error={error} />}
        <Button kind="primary" type="submit">{said.change}</Button>
        <p className="text-xs text-muted">{said.passwordHow}</p>
      </form>
    </Panel>
  );
}
