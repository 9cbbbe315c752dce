/** For whom the condition holds now: how many, of how many it cannot be said, and the largest of them with their values. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { matching, vocabulary, type Matching } from "../api/conditions";
import { money, number } from "../format";
import { Button, Empty, HealthBadge, Loaded, Panel } from "../ui/bits";
import { useSettled } from "../ui/settled";
import { conditions as conditionWords } from "../words/en.conditions";
import { isPercent, knownOf, unitOf, type Known } from "./fields";
import { holesOf, type Condition } from "./model";

export function MatchPanel({ condition, sample = 10 }: { condition: Condition | null; sample?: number }) {
  const settled = useSettled(condition);
  if (settled === null) return <Panel title={conditionWords.matching}><Empty>{conditionWords.nothingYet}</Empty></Panel>;
  if (holesOf(settled).length > 0) return <Panel title={conditionWords.matching}><Empty>{conditionWords.unfinished}</Empty></Panel>;
  return <Asked condition={settled} sample={sample} />;
}

function Asked({ condition, sample }: { condition: Condition; sample: number }) {
  const query = useQuery(matching(condition, sample));
  const told = useQuery(vocabulary);
  return (
    <Panel title={conditionWords.matching} aside={<Button kind="quiet" disabled={query.isFetching} onClick={() => void query.refetch()}>{query.isFetching ? conditionWords.counting : conditionWords.countAgain}</Button>}>
      <Loaded query={query}>
        {(found) => (
          <div className={query.isPlaceholderData ? "opacity-60" : ""}>
            <p aria-live="polite"><b className="text-2xl font-semibold" data-testid="matching">{number(found.accounts)}</b> {conditionWords.ofAccounts(number(found.scored))}</p>
            {found.unknown > 0 && <p className="text-muted">{found.events.length > 0 ? conditionWords.unknownEvents(number(found.unknown)) : conditionWords.unknown(number(found.unknown))}</p>}
            <Sample found={found} known={told.data ? knownOf(told.data) : null} />
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function Sample({ found, known }: { found: Matching; known: Known | null }) {
  if (found.sample.length === 0) return null;
  return (
    <ul className="mt-3 space-y-2" aria-label={conditionWords.sample}>
      {found.sample.map((one) => (
        <li key={one.external_id} className="border-t border-line pt-2">
          <div className="flex flex-wrap items-center justify-between gap-x-2">
            <Link to="/accounts/$id" params={{ id: one.external_id }} className="inline-block min-h-6 truncate text-accent underline">{one.name ?? one.external_id}</Link>
            <span className="flex items-center gap-2"><span className="text-muted">{money(one.arr, one.currency)}</span><HealthBadge health={one.score !== null && one.band ? { score: one.score, band: one.band } : null} /></span>
          </div>
          <p className="text-xs text-muted">{one.values.map((value) => `${known?.of(value.column).label ?? value.column}: ${said(value.value, value.column, known)}`).join(" · ")}</p>
        </li>
      ))}
    </ul>
  );
}

/** A value with its unit; a share in percent, a flag as yes or no. */
export function said(value: string | number | null, column: string, known: Known | null): string {
  const field = known?.of(column);
  if (value === null) return conditionWords.missing;
  if (typeof value === "string" || !field) return String(value);
  if (field.unit === "yes_no") return value >= 1 ? conditionWords.yes : conditionWords.no;
  return `${number(isPercent(field) ? value * 100 : value)} ${unitOf(field)}`.trim();
}
