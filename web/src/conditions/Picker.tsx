/** What a row asks about: columns in words by group, events, segments; typing filters, arrows choose. */
import { Command } from "cmdk";
import { Popover } from "radix-ui";
import { useState } from "react";

import { conditions as conditionWords } from "../words/en.conditions";
import { unitOf, type Known } from "./fields";

const GROUPS = ["health", "churn", "early_warning", "expansion", "account", "measure", "trait"];
const BEFORE_HEALTH = new Set(["measure", "account", "trait"]);

export type Choosing = { label: string; shown: string; known: Known; kind: string; choose: (choice: string) => void; disabled?: boolean; place?: string };

export function Picker({ label, shown, known, kind, choose, disabled = false, place }: Choosing) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger disabled={disabled} data-place={place} aria-label={`${label}: ${shown}`} title={shown}
        className="inline-flex min-h-8 max-w-full min-w-40 items-center justify-between gap-2 rounded-md border border-strong-line bg-panel px-2 py-1 text-left font-medium disabled:opacity-70">
        <span className="truncate">{shown}</span><span aria-hidden className="text-muted">▾</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={4} className="z-40 w-[min(26rem,92vw)] rounded-lg border border-line bg-panel p-1.5 shadow-xl">
          <List label={label} known={known} kind={kind} choose={(choice) => { setOpen(false); choose(choice); }} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function List({ label, known, kind, choose }: Pick<Choosing, "label" | "known" | "kind" | "choose">) {
  const fields = known.vocabulary.fields.filter((field) => kind !== "scorecard" || BEFORE_HEALTH.has(field.group));
  return (
    <Command label={label} filter={nearness}>
      <Command.Input autoFocus placeholder={conditionWords.findField} className="mb-1 w-full rounded-md border border-strong-line bg-panel px-2 py-1.5" />
      <Command.List className="max-h-72 overflow-auto" aria-label={label}>
        <Command.Empty className="px-2 py-3 text-muted">{conditionWords.noField}</Command.Empty>
        {GROUPS.map((group) => {
          const mine = fields.filter((field) => field.group === group);
          return mine.length > 0 && (
            <Group key={group} name={conditionWords.groups[group] ?? group}>
              {mine.map((field) => <Item key={field.column} value={`${field.label} ${field.column}`} name={field.label} aside={unitOf(field)} hint={field.description} choose={() => choose(`column:${field.column}`)} />)}
            </Group>
          );
        })}
        <Group name={conditionWords.groups["events"] ?? ""}>
          {(["event", "no_event", "sequence"] as const).map((one) => <Item key={one} value={conditionWords.forms[one]} name={conditionWords.forms[one]} choose={() => choose(`${one}:`)} />)}
        </Group>
        {known.vocabulary.segments.length > 0 && (
          <Group name={conditionWords.groups["segments"] ?? ""}>
            {known.vocabulary.segments.map((one) => <Item key={one.key} value={`${conditionWords.inSegment} ${one.name} ${one.key}`} name={`${conditionWords.inSegment} ${one.name}`} choose={() => choose(`segment:${one.key}`)} />)}
          </Group>
        )}
      </Command.List>
    </Command>
  );
}

/** What begins with the words typed comes first, then what has them all; nothing is guessed from single letters. */
export function nearness(value: string, typed: string): number {
  const [text, wanted] = [value.toLowerCase(), typed.trim().toLowerCase()];
  if (text.startsWith(wanted)) return 1;
  if (text.includes(` ${wanted}`) || text.includes(`.${wanted}`)) return 0.7;
  return wanted.split(/\s+/).every((word) => text.includes(word)) ? 0.4 : 0;
}

const Group = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <Command.Group heading={name} className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-muted">{children}</Command.Group>
);

function Item({ value, name, aside = "", hint = "", choose }: { value: string; name: string; aside?: string; hint?: string; choose: () => void }) {
  return (
    <Command.Item value={value} onSelect={choose} className="cursor-pointer rounded-md px-2 py-1.5 data-[selected=true]:bg-accent-ground">
      <span className="flex justify-between gap-3"><span>{name}</span><span className="whitespace-nowrap text-muted">{aside}</span></span>
      {hint && <span className="line-clamp-2 block text-xs text-muted">{hint}</span>}
    </Command.Item>
  );
}
