/** Who would change band if the scorecard were published now, and why: asked of the server over all accounts as one edits. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { preview } from "../../api/health";
import type { Schemas } from "../../api/client";
import { money, number } from "../../format";
import { Button, Failure, Skeleton } from "../../ui/bits";
import { Figure, Key } from "../../ui/plot/Figure";
import { Histogram } from "../../ui/plot/Histogram";
import { health as words } from "../../words/en.health";
import { words as common } from "../../words/en";
import type { Card } from "./scorecard";

type Found = Schemas["ScorecardPreview"];
type Mover = Schemas["ScorecardMover"];
const BANDS = ["green", "yellow", "red", "none"] as const;
const FEW = 12;
export const bandWord = (band: string | null): string => (band === null || band === "none" ? words.noBand : common.band[band as "green"]);
const COLOURS: Record<string, string> = { green: "text-good", yellow: "text-watch", red: "text-bad" };

/** The same value once it has stood still for a moment. */
export function useSettled<T>(value: T, milliseconds = 200): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), milliseconds);
    return () => window.clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

export function Preview({ name, card, wanted }: { name: string; card: Card; wanted: boolean }) {
  const query = useQuery(preview(name, useSettled(card), wanted));
  if (!wanted) return <p className="text-muted">{words.unedited}</p>;
  if (query.error && !query.isFetching) return <div className="space-y-2"><p className="font-medium text-watch">{words.cannot}</p><Failure error={query.error} retry={() => void query.refetch()} /></div>;
  if (!query.data) return <Skeleton lines={6} />;
  return <div aria-busy={query.isFetching} className={query.isPlaceholderData ? "opacity-60" : ""}><Shown found={query.data} name={name} /></div>;
}

function Shown({ found, name }: { found: Found; name: string }) {
  const judged = found.judged[name];
  return (
    <div className="space-y-4">
      <div role="status">
        <p className="text-lg font-semibold">{found.changed === 0 ? words.same : words.changed(found.changed, found.accounts)}</p>
        <p className="text-muted">{words.mean(`${found.mean_change > 0 ? "+" : ""}${number(found.mean_change)}`)} · {words.judged}: {judged ? `${judged.before} → ${judged.after}` : words.nobody}</p>
      </div>
      <Counts found={found} />
      <Figure label={words.scores} height={130} rows={found.scores_before.map((many, at) => ({ at, many, after: found.scores_after[at] ?? 0 }))} keyOf={(row) => row.at}
        columns={[{ name: words.score, cell: (row) => `${row.at * 5}–${row.at * 5 + 5}` }, { name: words.before, cell: (row) => row.many, right: true }, { name: words.after, cell: (row) => row.after, right: true }]}
        legend={<><Key colour="var(--strong-line)">{words.before}</Key><Key colour="var(--accent)">{words.after}</Key></>}>
        {(size) => <Histogram size={size} counts={found.scores_before} after={found.scores_after} from={0} to={100} sayX={String} />}
      </Figure>
      {found.movers.length > 0 && <Movers movers={found.movers} all={found.changed} />}
    </div>
  );
}

function Counts({ found }: { found: Found }) {
  const after = (band: string) => BANDS.reduce((sum, from) => sum + (found.counts[from]?.[band] ?? 0), 0);
  const before = (band: string) => Object.values(found.counts[band] ?? {}).reduce((sum, one) => sum + one, 0);
  return (
    <table className="w-full"><caption className="sr-only">{words.counts}</caption>
      <thead className="text-left text-xs text-muted"><tr><th scope="col"> </th><th scope="col" className="text-right">{words.before}</th><th scope="col" className="text-right">{words.after}</th><th scope="col" className="text-right">±</th></tr></thead>
      <tbody>{BANDS.map((band) => {
        const moved = after(band) - before(band);
        return <tr key={band} className="border-t border-line"><th scope="row" className={`text-left font-medium ${COLOURS[band] ?? "text-muted"}`}>{bandWord(band)}</th><td className="text-right tabular-nums">{before(band)}</td><td className="text-right tabular-nums">{after(band)}</td><td className="text-right font-semibold tabular-nums">{moved > 0 ? `+${moved}` : moved}</td></tr>;
      })}</tbody></table>
  );
}

function Movers({ movers, all }: { movers: Mover[]; all: number }) {
  const [open, setOpen] = useState(false);
  return (
    <section aria-label={words.movers}>
      <h3 className="mb-1 font-semibold">{words.movers}{all > movers.length && <span className="font-normal text-muted"> · {words.shown(movers.length, all)}</span>}</h3>
      <ul className="divide-y divide-line">
        {(open ? movers : movers.slice(0, FEW)).map((one) => (
          <li key={one.account} className="py-1.5">
            <div className="flex items-baseline justify-between gap-2">
              <Link to="/accounts/$id" params={{ id: one.account }} className="truncate font-medium hover:underline">{one.account_name ?? one.account}</Link>
              <span className="whitespace-nowrap"><Side band={one.band_before} score={one.score_before} /> → <Side band={one.band_after} score={one.score_after} /></span>
            </div>
            <p className="text-xs text-muted">{one.why}{one.arr !== null && ` · ${money(one.arr, one.currency)} ${words.arr}`}</p>
          </li>
        ))}
      </ul>
      {movers.length > FEW && <Button kind="quiet" onClick={() => setOpen(!open)}>{open ? words.less : `${words.more} (${movers.length})`}</Button>}
    </section>
  );
}

const Side = ({ band, score }: { band: string | null; score: number | null }) => <span className={COLOURS[band ?? ""] ?? "text-muted"}>{score !== null && <b className="font-semibold tabular-nums">{Math.round(score)} </b>}{bandWord(band)}</span>;
