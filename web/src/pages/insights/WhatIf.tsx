/** What another rule of whom to treat would have brought, read from what chance dealt. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Problem, type Schemas } from "../../api/client";
import { whatIf, type Rule } from "../../api/insights";
import { number, share as percent } from "../../format";
import { Facts, Loaded, Panel } from "../../ui/bits";
import { CONTROL } from "../../ui/Field";
import { insights as words } from "../../words/en.insights";

const said = words.whatIf;
const RULES: Record<string, { rule: Rule; by?: string; part?: boolean }> = {
  everybody: { rule: "everybody" }, nobody: { rule: "nobody" }, gain: { rule: "gain", part: true },
  unhealthy: { rule: "lowest", by: "health.score", part: true }, large: { rule: "highest", by: "account.log_arr", part: true },
};
const SHARES = [0.1, 0.25, 0.5, 0.75];

export function WhatIf({ items }: { items: Schemas["ImpactItem"][] }) {
  const dealt = items.filter((one) => one.kind !== "arm" && one.method === "randomised");
  const [chosen, choose] = useState(0);
  const [name, setName] = useState("everybody");
  const [share, setShare] = useState(0.25);
  const one = dealt[Math.min(chosen, dealt.length - 1)];
  return (
    <Panel title={said.title}>
      <p className="mb-3 text-muted">{said.hint}</p>
      {one === undefined ? <p className="text-muted">{said.none}</p> : (
        <>
          <div className="mb-3 flex flex-wrap gap-2">
            <select aria-label={words.impact.name} className={`${CONTROL} !w-auto max-w-full`} value={chosen} onChange={(event) => choose(Number(event.target.value))}>{dealt.map((item, place) => <option key={`${item.kind}:${item.key}`} value={place}>{item.key}</option>)}</select>
            <select aria-label={said.rule} className={`${CONTROL} !w-auto max-w-full`} value={name} onChange={(event) => setName(event.target.value)}>{Object.keys(RULES).map((key) => <option key={key} value={key}>{said.rules[key]}</option>)}</select>
            {RULES[name]?.part && <select aria-label={said.share} className={`${CONTROL} !w-auto max-w-full`} value={share} onChange={(event) => setShare(Number(event.target.value))}>{SHARES.map((part) => <option key={part} value={part}>{said.part(percent(part))}</option>)}</select>}
          </div>
          <Answer kind={one.kind === "journey" ? "journey" : "trigger"} of={one.key} rule={RULES[name] ?? { rule: "everybody" }} share={share} />
        </>
      )}
    </Panel>
  );
}

function Answer({ kind, of, rule, share }: { kind: "trigger" | "journey"; of: string; rule: { rule: Rule; by?: string }; share: number }) {
  const query = useQuery({ ...whatIf({ kind, key: of, share, ...rule }), placeholderData: keepPreviousData });
  if (query.error instanceof Problem && [409, 422].includes(query.error.status)) return <p role="status" className="text-muted">{query.error.message}</p>;
  return (
    <Loaded query={query}>{(found) => (
      <div aria-live="polite" className={query.isPlaceholderData ? "opacity-60" : ""}>
        <Facts rows={[
          [said.value, `${percent(found.value)} (${words.interval(percent(found.low), percent(found.high))})`], [said.observed, percent(found.observed)],
          [said.effective, words.of(Math.round(found.effective_sample), found.n)], ...(found.floored ? [[said.floored, number(found.floored)] as [string, string]] : []),
        ]} />
        <p className="mt-2 text-muted">{found.words}</p>
      </div>
    )}</Loaded>
  );
}
