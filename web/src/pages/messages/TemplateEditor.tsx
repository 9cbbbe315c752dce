/** Subject and body with the names that may stand in them: choosing one puts it where the cursor was. */
import { useRef } from "react";

import type { Template } from "../../api/messages";
import { Panel } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { office as officeWords } from "../../words/en.office";

const said = officeWords.messages;
const USES = ["message", "draft", "script"] as const;
type Part = "subject" | "text" | "html";
type Control = HTMLInputElement | HTMLTextAreaElement;

export function TemplateEditor({ text, change, problem, disabled }: {
  text: Template; change: (next: Template) => void; problem: { problem?: string | null; place?: string | null } | null; disabled: boolean;
}) {
  const last = useRef<{ part: Part; control: Control } | null>(null);
  const body = useRef<HTMLTextAreaElement>(null);
  const put = (part: Partial<Template>): void => change({ ...text, ...part });
  const remember = (part: Part) => (event: { currentTarget: Control }): void => { last.current = { part, control: event.currentTarget }; };
  function insert(name: string): void {
    const target = last.current ?? (body.current && { part: "text" as const, control: body.current });
    if (!target || !name) return;
    const { part, control } = target;
    const [from, to] = [control.selectionStart ?? control.value.length, control.selectionEnd ?? control.value.length];
    const written = said.snippets[name] ?? `{{ ${name} }}`;
    put({ [part]: control.value.slice(0, from) + written + control.value.slice(to) });
    requestAnimationFrame(() => {
      control.focus();
      control.setSelectionRange(from + written.length, from + written.length);
    });
  }
  return (
    <Panel title={said.edit}>
      <fieldset disabled={disabled} className="space-y-3">
        {problem && <p role="alert" className="rounded-md bg-bad-ground p-2 text-bad">{problem.place ? `${problem.place}: ` : ""}{problem.problem}</p>}
        <div className="grid gap-3 sm:grid-cols-[12rem_1fr]">
          <Field label={said.use}><select value={text.use ?? "message"} onChange={(event) => put({ use: event.target.value as (typeof USES)[number] })}>{USES.map((one) => <option key={one} value={one}>{said.uses[one]}</option>)}</select></Field>
          <Field label={said.description}><input value={text.description ?? ""} onChange={(event) => put({ description: event.target.value })} /></Field>
        </div>
        <Field label={said.insert} hint={said.insertHow}>
          <select value="" onChange={(event) => insert(event.target.value)}>
            <option value="">{said.choose}</option>
            {Object.entries(said.fields).map(([group, names]) => <optgroup key={group} label={said.groups[group] ?? group}>{Object.entries(names).map(([name, meaning]) => <option key={name} value={name}>{meaning} – {name}</option>)}</optgroup>)}
          </select>
        </Field>
        <Field label={said.subject}><input maxLength={500} value={text.subject ?? ""} onFocus={remember("subject")} onChange={(event) => put({ subject: event.target.value })} /></Field>
        <Field label={said.text} hint={said.textHint}><textarea ref={body} rows={14} spellCheck className={`${CONTROL} font-mono text-xs`} value={text.text} onFocus={remember("text")} onChange={(event) => put({ text: event.target.value })} /></Field>
        <label className="flex min-h-6 items-center gap-2"><input type="checkbox" className="size-4" checked={text.html != null} onChange={(event) => put({ html: event.target.checked ? "<p>Hello {{ contact.first_name }},</p>" : null })} /> {said.ownHtml}</label>
        {text.html != null && <Field label={said.html}><textarea rows={8} spellCheck={false} className={`${CONTROL} font-mono text-xs`} value={text.html} onFocus={remember("html")} onChange={(event) => put({ html: event.target.value })} /></Field>}
      </fieldset>
    </Panel>
  );
}
