/** The rest of a trigger, drawn from its schema: who acts, how grave, how often, what it asks for; beside it what that means. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { vocabulary } from "../../api/conditions";
import { templateNames, triggerSchema } from "../../api/triggers";
import { useSettled } from "../../ui/settled";
import { validationQuery } from "../../documents/useDocument";
import { SchemaForm } from "../../forms/SchemaForm";
import type { Fields, Schema } from "../../forms/schema";
import { Loaded, Panel } from "../../ui/bits";
import { triggers as triggerWords } from "../../words/en.triggers";
import type { TabProps } from "../Trigger";
import { InWords } from "./InWords";

/** What other tabs or the address say. */
const ELSEWHERE = new Set(["key", "condition", "until"]);

export function SettingsTab({ document, body }: TabProps) {
  const query = useQuery(triggerSchema);
  const told = useQuery(vocabulary);
  const templates = useQuery(templateNames);
  const settled = useSettled(body);
  const checked = useQuery(validationQuery("triggers", document.key, settled));
  const schema = useMemo(() => without(query.data as Schema | undefined), [query.data]);
  const place = (checked.data?.place ?? "").replace(/^trigger\.?/, "");
  const errors = checked.data?.valid === false && !ELSEWHERE.has(place.split(/[.[]/)[0] ?? "") ? [{ place, message: checked.data.problem ?? "" }] : [];
  const [own, rest] = split(body);
  const known = {
    template: (templates.data?.items ?? []).map((one) => ({ value: one.key })),
    column: (told.data?.fields ?? []).map((one) => ({ value: one.column, label: one.label })),
  };
  return (
    <div className="grid grid-cols-1 gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,3fr)]">
      <Panel>
        <Loaded query={query} lines={8}>
          {() => <SchemaForm schema={schema} value={rest as Fields} errors={errors} context={{ known, disabled: !document.mayWrite }} onChange={(value) => document.edit({ ...own, ...value })} />}
        </Loaded>
      </Panel>
      <Panel title={triggerWords.inWords}><InWords body={body} /></Panel>
    </div>
  );
}

function without(schema: Schema | undefined): Schema {
  const kept = (key: string) => !ELSEWHERE.has(key);
  const properties = Object.fromEntries(Object.entries(schema?.properties ?? {}).filter(([key]) => kept(key)));
  return { ...schema, properties, required: (schema?.required ?? []).filter(kept) };
}

function split(body: Record<string, unknown>): [Record<string, unknown>, Record<string, unknown>] {
  const of = (kept: boolean) => Object.fromEntries(Object.entries(body).filter(([key]) => ELSEWHERE.has(key) === kept));
  return [of(true), of(false)];
}
