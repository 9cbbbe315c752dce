/** A time zone by its name, with all that the browser knows to choose from. */
import { useId } from "react";

import { Field } from "../../ui/Field";

const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone")];

export function ZoneInput({ label, name, start, value, change, hint, disabled = false }: {
  label: string; name?: string; start?: string; value?: string; change?: (zone: string) => void; hint?: string; disabled?: boolean;
}) {
  const list = useId();
  const held = value === undefined ? { defaultValue: start ?? "UTC" } : { value, onChange: (event: React.ChangeEvent<HTMLInputElement>) => change?.(event.target.value) };
  return (
    <>
      <Field label={label} {...(hint ? { hint } : {})}><input name={name} list={list} maxLength={60} disabled={disabled} {...held} /></Field>
      <datalist id={list}>{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </>
  );
}
