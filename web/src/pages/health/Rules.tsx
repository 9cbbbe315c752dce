/** Which accounts a scorecard judges, and where it makes an exception. */
import { ConditionEditor } from "../../conditions/ConditionEditor";
import type { Condition } from "../../conditions/model";
import { Button, Empty } from "../../ui/bits";
import { Field } from "../../ui/Field";
import { health as words } from "../../words/en.health";
import { NumberInput } from "./CurveEditor";
import { effectOf, withEffect, type Card, type Effect, type Rule } from "./scorecard";

type Parts = { card: Card; edit: (card: Card) => void; readOnly: boolean; error: { place?: string | null; problem: string } | null };
const NEW: Condition = { column: "account.lifecycle_stage", is: "equal", value: "onboarding" };

export function Applies({ card, edit, readOnly, error }: Parts) {
  const some = card.applies_to != null;
  return (
    <fieldset className="space-y-3">
      <legend className="sr-only">{words.applies}</legend>
      {[false, true].map((one) => (
        <label key={String(one)} className="flex min-h-6 items-center gap-2"><input type="radio" name="applies" disabled={readOnly} checked={some === one} onChange={() => edit({ ...card, applies_to: one ? NEW : null })} />{one ? words.some : words.all}</label>
      ))}
      {some && <ConditionEditor value={card.applies_to ?? null} kind="scorecard" subject={words.applies} readOnly={readOnly} error={error?.place?.startsWith("applies_to") ? error : null} onChange={(next) => edit({ ...card, applies_to: next })} />}
      {some && <div className="max-w-60"><span className="mb-1 block font-medium">{words.priority}</span><NumberInput label={words.priority} value={card.priority ?? 100} min={0} max={1000} step={1} readOnly={readOnly} set={(value) => edit({ ...card, priority: Math.round(value) })} /><p className="mt-1 text-xs text-muted">{words.priorityHint}</p></div>}
    </fieldset>
  );
}

export function Exceptions({ card, edit, readOnly, error }: Parts) {
  const rules = card.exceptions ?? [];
  const set = (next: Rule[]): void => edit({ ...card, exceptions: next });
  const put = (place: number, rule: Rule): void => set(rules.map((one, at) => (at === place ? rule : one)));
  return (
    <div className="space-y-3">
      {rules.length === 0 && <Empty>{words.noExceptions}</Empty>}
      {rules.map((rule, place) => (
        <section key={place} aria-label={words.exception(place + 1)} className="space-y-3 rounded-md border border-line p-3">
          <div className="grid gap-3 sm:grid-cols-[1fr_12rem_6rem]">
            <Field label={words.reason}><input disabled={readOnly} maxLength={300} value={rule.reason} onChange={(event) => put(place, { ...rule, reason: event.target.value })} /></Field>
            <Field label={words.effect}><select disabled={readOnly} value={effectOf(rule)} onChange={(event) => put(place, withEffect(rule, event.target.value as Effect))}>{Object.entries(words.effects).map(([key, name]) => <option key={key} value={key}>{name}</option>)}</select></Field>
            {effectOf(rule) === "cap" && <div><span className="mb-1 block font-medium">{words.cap}</span><NumberInput label={words.cap} value={rule.cap ?? 79} min={0} max={100} step={1} readOnly={readOnly} set={(cap) => put(place, { ...rule, cap })} /></div>}
          </div>
          <ConditionEditor value={rule.when} kind="scorecard" subject={`${words.condition}, ${words.exception(place + 1)}`} readOnly={readOnly} error={error?.place?.startsWith(`exceptions[${place}]`) ? error : null}
            onChange={(next) => next && put(place, { ...rule, when: next })} />
          <div className="flex justify-end gap-2">
            {place > 0 && <Button kind="quiet" disabled={readOnly} onClick={() => set(rules.map((one, at) => (at === place - 1 ? rule : at === place ? (rules[place - 1] as Rule) : one)))}>{words.up}</Button>}
            <Button kind="quiet" disabled={readOnly} onClick={() => set(rules.filter((_, at) => at !== place))}>{words.remove}</Button>
          </div>
        </section>
      ))}
      <Button disabled={readOnly || rules.length >= 30} onClick={() => set([...rules, { when: NEW, reason: words.exceptions, cap: 79 }])}>{words.addException}</Button>
    </div>
  );
}
