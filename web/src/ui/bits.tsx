/** The small parts that every page is made of. */
import type { ButtonHTMLAttributes, ReactNode } from "react";

import { Problem, type Schemas } from "../api/client";
import { number } from "../format";
import { words } from "../words/en";

type Kind = "primary" | "plain" | "quiet";
const KINDS: Record<Kind, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:brightness-110",
  plain: "bg-panel text-text border-strong-line hover:bg-accent-ground",
  quiet: "bg-transparent text-muted border-transparent hover:bg-accent-ground hover:text-text",
};

export function Button({ kind = "plain", className = "", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { kind?: Kind }) {
  return (
    <button
      type="button"
      className={`inline-flex min-h-7 items-center gap-1.5 rounded-md border px-2.5 py-1 font-medium disabled:opacity-50 ${KINDS[kind]} ${className}`}
      {...rest}
    />
  );
}

export function Panel({ title, aside, children, className = "" }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={`rounded-lg border border-line bg-panel p-4 ${className}`}>
      {title !== undefined && (
        <header className="mb-3 flex items-baseline justify-between gap-3">
          <h2 className="text-sm font-semibold">{title}</h2>
          {aside && <span className="text-muted">{aside}</span>}
        </header>
      )}
      {children}
    </section>
  );
}

type Band = Schemas["Band"];
const BANDS: Record<Band, string> = { green: "bg-good-ground text-good", yellow: "bg-watch-ground text-watch", red: "bg-bad-ground text-bad" };

/** A number and a word, never colour alone. */
export function HealthBadge({ health }: { health: { score: number; band: Band } | null }) {
  if (!health) return <span className="text-muted">{words.noHealth}</span>;
  return (
    <span className={`inline-flex gap-1.5 rounded-full px-2 py-0.5 font-medium whitespace-nowrap ${BANDS[health.band]}`}>
      <b className="font-semibold">{Math.round(health.score)}</b> {words.band[health.band]}
    </span>
  );
}

const RISKS: Record<Schemas["RiskLevel"], string> = {
  critical: "bg-bad-ground text-bad", high: "bg-watch-ground text-watch", medium: "bg-accent-ground text-accent", low: "bg-ground text-muted",
};
export const RiskBadge = ({ level }: { level: Schemas["RiskLevel"] }) => (
  <span className={`rounded-full px-2 py-0.5 text-xs font-semibold ${RISKS[level]}`}>{words.risk[level]}</span>
);

/** A change with its direction as a sign and a word for readers. */
export function Change({ value }: { value: number | null | undefined }) {
  if (value === null || value === undefined) return <span className="text-muted">–</span>;
  const rounded = Math.round(value);
  if (rounded === 0) return <span className="text-muted">± 0</span>;
  return <span className={rounded > 0 ? "text-good" : "text-bad"}><span aria-hidden>{rounded > 0 ? "▲" : "▼"}</span> <span className="sr-only">{rounded > 0 ? "up" : "down"}</span>{number(Math.abs(rounded))}</span>;
}

export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" aria-label={words.loading} className="space-y-2">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="h-4 animate-pulse rounded bg-line" style={{ width: `${92 - ((line * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export const Empty = ({ children }: { children: ReactNode }) => <p className="py-6 text-center text-muted">{children}</p>;

/** What went wrong, what to quote when asking for help, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const id = error instanceof Problem ? error.requestId : null;
  return (
    <div role="alert" className="rounded-md border border-bad bg-bad-ground p-3 text-bad">
      <p className="font-semibold">{words.somethingWrong}</p>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {id && <p className="mt-1 text-xs">{words.errorId}: <code>{id}</code></p>}
      {retry && <Button className="mt-2" onClick={retry}>{words.retry}</Button>}
    </div>
  );
}

/** One request's three faces: loading, failed, there. Old data stays visible while new data comes. */
export function Loaded<T>({ query, lines = 4, children }: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  return query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : <Skeleton lines={lines} />;
}

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="rounded border border-line bg-ground px-1 font-mono text-xs text-muted">{children}</kbd>
);

export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="text-right">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Evidence as the trigger saw it: the sentence, or value with what is usual and where the line is. */
export function Evidence({ items }: { items: Schemas["EvidenceShape"][] }) {
  return (
    <ul className="space-y-2">
      {items.map((one) => (
        <li key={one.column} className="border-l-2 border-accent pl-3">
          <p>{one.sentence || `${one.label ?? one.column}: ${one.value ?? words.unknown} ${one.unit ?? ""}`}</p>
          <p className="text-xs text-muted">
            {[
              one.baseline != null && `${words.inbox.usually} ${number(one.baseline)}${one.baseline_label ? ` (${one.baseline_label})` : ""}`,
              one.threshold != null && `${words.inbox.threshold} ${one.threshold}`,
              one.as_of && new Date(one.as_of).toLocaleString(),
            ].filter(Boolean).join(" · ")}
          </p>
        </li>
      ))}
    </ul>
  );
}
