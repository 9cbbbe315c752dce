/** What the workspace has that a journey may name, for lists to choose from. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { vocabulary } from "../../api/conditions";
import { journeys, members } from "../../api/queries";
import { calendars } from "../../api/settings";
import { templateNames, triggers } from "../../api/triggers";
import type { FormContext, Option } from "../../forms/context";
import { builder as builderWords } from "../../words/en.builder";
import { ConditionField } from "./ConditionField";

const PEOPLE = ["owner", "manager", "role:csm", "role:ops", "role:admin"];

/** By what a text names (`x-names` of the schema). */
export function useNames(): FormContext {
  const asked = useQuery(vocabulary).data;
  const [people, fired, written, others, hours] = useQueries({ queries: [members, triggers, templateNames, journeys, calendars] });
  return useMemo(() => {
    const fields = (asked?.fields ?? []).map((one): Option => ({ value: one.column, label: one.label }));
    const emails = (people.data?.items ?? []).map((one): Option => ({ value: one.email, label: one.name }));
    const known: Record<string, readonly Option[]> = {
      column: fields, moment: fields.filter((one) => /_date$|_on$|customer_since$/.test(one.value)), event: (asked?.events ?? []).map((one) => ({ value: one.name })),
      segment: (asked?.segments ?? []).map((one) => ({ value: one.key, label: one.name ?? one.key })), trigger: (fired.data?.items ?? []).map((one) => ({ value: one.key })),
      template: (written.data?.items ?? []).map((one) => ({ value: one.key })), journey: (others.data?.items ?? []).map((one) => ({ value: one.key, label: one.name })),
      calendar: (hours.data?.items ?? []).map((one) => ({ value: one.key })), member: emails, person: [...PEOPLE.map((value) => ({ value })), ...emails],
      purpose: ["success", "marketing", "transactional"].map((value) => ({ value, label: builderWords.purposes[value] ?? value })),
    };
    return { known, fields, ConditionEditor: ConditionField };
  }, [asked, people.data, fired.data, written.data, others.data, hours.data]);
}
