/** What is said of a journey, in the words of the server; and what of the workspace a check may know. */
export type Finding = { code: string; place: string; message: string; is_error: boolean };
export const finding = (code: string, place: string, message: string, is_error = true): Finding => ({ code, place, message, is_error });

/** Another journey. calls: keys of the journeys that it starts. */
export type Other = { subject?: string; calls?: readonly string[] };
type Names = readonly string[] | null | undefined;

/** The server's `Checking`: lists of names, left out (or null) where they are not known, and then not asked for.
 * quiet_hours: null where there are none. */
export type Known = {
  columns?: Names; templates?: Names; segments?: Names; triggers?: Names; calendars?: Names; endpoints?: Names; purposes?: Names; events?: Names; people?: Names;
  journeys?: Readonly<Record<string, Other>> | null;
  quiet_hours?: { start: string; end: string } | null;
};

/** What only the server judges, and why; every other code is given here as well. */
export const ONLY_THE_SERVER: Readonly<Record<string, string>> = {
  bad_template: "reading Liquid to its end takes the library that renders it",
  no_yaml: "a document has been read from its text before the builder sees it",
};
