/** One entry: its facts, its seal, and for what is kept in versions what it was before and after. */
import { useQuery } from "@tanstack/react-query";

import type { Entry } from "../../api/audit";
import type { Body } from "../../documents/changes";
import { Sentences } from "../../documents/DocumentBar";
import { versionsQuery } from "../../documents/useDocument";
import { moment } from "../../format";
import { Facts, Loaded } from "../../ui/bits";
import { CopyButton } from "../../ui/Copy";
import { Modal } from "../../ui/Modal";
import { office as officeWords } from "../../words/en.office";
import { factsOf, sentenceOf, VERSIONED } from "./inWords";

const said = officeWords.audit;

export function Detail({ entry, people, close }: { entry: Entry; people: ReadonlyMap<number, string>; close: () => void }) {
  const [kind = "", ...rest] = entry.subject.split(":");
  const documents = VERSIONED[kind];
  const version = entry.detail["version"];
  return (
    <Modal open setOpen={close} title={`${said.entry} ${entry.seq}`}>
      <div className="space-y-4">
        <p className="font-medium">{sentenceOf(entry, people)}</p>
        <Facts rows={[[said.when, moment(entry.at)], [said.who, entry.actor], [said.what, entry.action], [said.subject, entry.subject], ...factsOf(entry.detail)]} />
        {documents && typeof version === "number" && <Before kind={documents} name={rest.join(":")} version={version} />}
        <div><p className="mb-1 text-muted">{said.sealed}</p><code className="text-xs break-all">{entry.hash}</code> <CopyButton text={entry.hash} /></div>
      </div>
    </Modal>
  );
}

/** The version that the entry names beside the one before it, as sentences. */
function Before({ kind, name, version }: { kind: (typeof VERSIONED)[string]; name: string; version: number }) {
  const query = useQuery({ ...versionsQuery(kind, name), retry: false });
  return (
    <section aria-label={said.changed} className="rounded-md border border-line p-3">
      <h3 className="mb-1 font-semibold">{said.changed}</h3>
      <Loaded query={query} lines={2}>{({ items }) => {
        const after = items.find((one) => one.version === version);
        const before = items.filter((one) => one.version < version).sort((a, b) => b.version - a.version)[0];
        if (!after) return <p className="text-muted">{said.gone}</p>;
        return <Sentences before={(before?.body as Body | undefined) ?? null} after={after.body as Body} schema={undefined} />;
      }}</Loaded>
    </section>
  );
}
