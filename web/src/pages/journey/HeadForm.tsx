/** The head of a journey: who it is for, how one comes in, when it ends, and its rules; drawn from the schema in parts. */
import { useEffect, useMemo, useRef } from "react";

import { SchemaForm } from "../../forms/SchemaForm";
import type { Fields } from "../../forms/schema";
import { setHead } from "../../journey/edit";
import { headForm } from "../../journey/kinds";
import { builder as builderWords } from "../../words/en.builder";
import { useNames } from "./names";
import { focusField } from "./StepForm";
import type { Work } from "./useWork";

const PARTS = {
  about: ["name", "description", "category", "subject", "owner", "consent"], entry: ["entry", "re_entry"], ends: ["goal", "exit"], rules: ["holdout_share"], edges: ["overdue", "when_gone"],
} as const;
const FORMS = Object.entries(PARTS).map(([part, names]) => ({ part: part as keyof typeof PARTS, names: names as readonly string[], schema: headForm(names) }));

export function HeadForm({ work, field }: { work: Work; field?: { name: string; at: number } | null }) {
  const journey = work.use((one) => one.journey);
  const context = useNames();
  const box = useRef<HTMLDivElement>(null);
  const errors = useMemo(() => work.problems.filter((one) => one.step === null).map((one) => ({ place: one.place, message: one.message, is_error: one.isError })), [work.problems]);
  useEffect(() => focusField(box.current, field?.name ?? ""), [field]);
  return (
    <div ref={box}>
      {FORMS.map(({ part, names, schema }) => (
        <section key={part} className="border-t border-line p-3">
          <h2 className="mb-2 text-sm font-semibold">{builderWords.sections[part]}</h2>
          <SchemaForm schema={schema} value={pick(journey, names)} errors={errors.filter((one) => names.includes(one.place.split(/[.[]/)[0] ?? ""))} context={{ ...context, disabled: !work.canWrite }}
            onChange={(next, path) => work.use.getState().apply(setHead(work.use.getState().journey, { ...Object.fromEntries(names.map((name) => [name, undefined])), ...next }), "", `head.${path}`)} />
        </section>
      ))}
    </div>
  );
}

const pick = (fields: Fields, names: readonly string[]): Fields => Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]));
