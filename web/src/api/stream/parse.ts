/** The text of server-sent events, in whatever pieces it comes (WHATWG HTML, 9.2.6). */

export type Topics = Record<string, string[] | null>;
export type Told =
  | { name: "hello"; topics: string[]; recent_ms: Record<string, number>; heard_all: boolean }
  | { name: "change"; topics: Topics }
  | { name: "resync"; why: string }
  | { name: "rights"; topics: string[] }
  | { name: "ended"; why: string };
export type Event = { told: Told; id: string | null };

/** Gives the events that each further piece completes. Comments and events of names we do not know are passed over. */
export function parser(): (piece: string) => Event[] {
  let rest = "";
  let fields: Record<string, string> = {};
  const close = (): Event[] => {
    const { event: name, data, id } = fields;
    fields = {};
    if (name === undefined || data === undefined || !KNOWN.has(name)) return [];
    return [{ told: { name, ...(JSON.parse(data) as object) } as Told, id: id ?? null }];
  };
  const line = (text: string): Event[] => {
    if (text === "") return close();
    const colon = text.indexOf(":");
    if (colon > 0) fields[text.slice(0, colon)] = text.slice(colon + 1).replace(/^ /, "");
    return [];
  };
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    return lines.flatMap(line);
  };
}

const KNOWN = new Set<string>(["hello", "change", "resync", "rights", "ended"]);
