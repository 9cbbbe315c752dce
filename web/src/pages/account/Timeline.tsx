/** Everything that happened, newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import type { Schemas } from "../../api/client";
import { timeline } from "../../api/queries";
import { money, moment, number } from "../../format";
import { Button, Empty, Loaded, Panel } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";

const KINDS: Record<keyof typeof deskWords.timeline.kinds, string[]> = {
  tickets: ["ticket.opened", "ticket.escalated", "ticket.closed"], talk: ["interaction", "survey.answered"], money: ["invoice.issued", "invoice.paid", "subscription.started", "subscription.ended"],
  people: ["contact.left"], signals: ["signal.fired", "signal.closed"], tasks: ["task.opened", "task.done"], messages: ["message.sent"], health: ["health.band_changed"], journeys: ["journey.entered", "journey.ended"], notes: ["note.written"],
};
type Kind = keyof typeof KINDS;
const t = deskWords.timeline;

export function Timeline({ id, kinds, choose }: { id: string; kinds: readonly string[]; choose: (kinds: string[]) => void }) {
  const chosen = (Object.keys(KINDS) as Kind[]).filter((one) => kinds.includes(one));
  const asked = chosen.flatMap((one) => KINDS[one]);
  const query = useInfiniteQuery(timeline(id, asked));
  const turn = (kind: Kind): void => choose(chosen.includes(kind) ? chosen.filter((one) => one !== kind) : [...chosen, kind]);
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel>
      <div role="group" aria-label={t.filter} className="mb-3 flex flex-wrap gap-1">
        <Button kind="quiet" aria-pressed={chosen.length === 0} className={chosen.length === 0 ? "bg-accent-ground !text-accent" : ""} onClick={() => choose([])}>{t.all}</Button>
        {(Object.keys(KINDS) as Kind[]).map((one) => <Button key={one} kind="quiet" aria-pressed={chosen.includes(one)} className={chosen.includes(one) ? "bg-accent-ground !text-accent" : ""} onClick={() => turn(one)}>{t.kinds[one]}</Button>)}
      </div>
      <Loaded query={query} lines={10}>
        {() => items.length === 0 ? <Empty>{chosen.length > 0 ? t.noneOfThese : words.account.noTimeline}</Empty> : (
          <ol className="space-y-2 border-l border-line pl-4">
            {items.map((one) => (
              <li key={`${one.kind}:${one.key}:${one.at}`} className="grid grid-cols-[10rem_9rem_1fr] gap-3 max-sm:grid-cols-1 max-sm:gap-0">
                <time dateTime={one.at} className="text-muted">{moment(one.at)}</time><span className="text-muted">{t.what[one.kind] ?? one.kind}</span><span className="min-w-0 break-words"><Title one={one} />{facts(one) && <span className="text-muted"> · {facts(one)}</span>}</span>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
      {query.hasNextPage && <Button kind="quiet" className="mt-2" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{words.more}</Button>}
    </Panel>
  );
}

/** Tasks and runs can be opened; what people wrote is quoted. */
function Title({ one }: { one: Schemas["TimelineItem"] }) {
  const { kind, number: of } = one;
  const title = one.title ?? one.key;
  if (kind.startsWith("task.") && of !== null) return <Link to="/inbox" search={{ task: of, whose: "all" }} className="text-accent underline">{title}</Link>;
  if (kind.startsWith("journey.") && of !== null) return <Link to="/runs/$id" params={{ id: String(of) }} className="text-accent underline">{title}</Link>;
  if (kind === "health.band_changed") return <>{title.split(" → ").map((band) => words.band[band as keyof typeof words.band] ?? words.noHealth).join(" → ")}</>;
  return <>{title}</>;
}

const text = (value: unknown): string => (value === null || value === undefined || value === "" ? "" : String(value).replaceAll("_", " "));

/** What else is known of it, in a few words. */
function facts({ kind, detail }: Schemas["TimelineItem"]): string {
  const { amount, currency, channel, score, outcome, note, reason, author, priority, csat, risk_level: risk } = detail as Record<string, unknown>;
  if (kind.startsWith("invoice.")) return amount == null ? "" : money(Number(amount), currency == null ? null : String(currency));
  if (kind === "task.done") return [words.outcome[text(outcome)] ?? text(outcome), text(note)].filter(Boolean).join(": ");
  if (kind.startsWith("signal.") || kind === "task.opened") return text(reason) || (words.risk[text(risk) as keyof typeof words.risk] ?? "");
  if (kind === "health.band_changed") return score == null ? "" : number(Number(score));
  if (kind === "ticket.closed") return csat == null ? "" : t.rated(number(Number(csat)));
  return [channel, score, priority, author, reason].map(text).filter(Boolean).join(" · ");
}
