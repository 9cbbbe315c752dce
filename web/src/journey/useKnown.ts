/** What the workspace has that a journey may name, for the checks that run while one draws. A list that is not there yet is
 * not asked for, so nothing is called unknown before it is known. Journeys that start each other in a circle, and endpoints,
 * are left to the server, which alone has the documents of the others. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { vocabulary } from "../api/conditions";
import { journeys, members } from "../api/queries";
import { calendars } from "../api/settings";
import { templateNames, triggers } from "../api/triggers";
import type { Known } from "./validate";

/** Columns that conditions may read, though nobody offers them. */
const QUIET = ["health.band_confidence"];
const keysOf = (page: { items: readonly { key: string }[] } | undefined) => page?.items.map((one) => one.key);

export function useKnown(): Known {
  const fields = useQuery(vocabulary).data, written = useQuery(templateNames).data, fired = useQuery(triggers).data;
  const hours = useQuery(calendars).data, people = useQuery(members).data, others = useQuery(journeys).data;
  return useMemo(() => ({
    ...(fields ? { columns: [...fields.fields.map((one) => one.column), ...QUIET], segments: fields.segments.map((one) => one.key) } : {}),
    templates: keysOf(written), triggers: keysOf(fired), calendars: keysOf(hours),
    people: people?.items.map((one) => one.email.toLowerCase()),
    ...(others ? { journeys: Object.fromEntries(others.items.map((one) => [one.key, { subject: one.subject }])) } : {}),
  }), [fields, written, fired, hours, people, others]);
}
