/** Any customer by part of a name: a list under the field that the server searches as one types; arrows and Enter choose. */
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { someAccounts, type AccountRow } from "../api/queries";
import { money } from "../format";
import { words } from "../words/en";
import { CONTROL } from "./Field";
import { useSettled } from "./settled";

const MOST = 8;

/** value: external id of who is chosen, "" for nobody. */
export function AccountPicker({ label, value, choose, hint, autoFocus = false }: { label: string; value: string; choose: (id: string) => void; hint?: string; autoFocus?: boolean }) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const settled = useSettled(typed ?? "");
  const { data, isFetching } = useQuery({ ...someAccounts({ limit: MOST, ...(settled.trim() ? { q: settled.trim() } : { sort: "-arr" }) }), placeholderData: (before) => before });
  const chosen = useQuery({ ...someAccounts({ limit: MOST, q: value }), enabled: value !== "" });
  const name = chosen.data?.items.find((one) => one.external_id === value)?.name ?? value;
  const found = typed === null ? [] : (data?.items ?? []);
  const open = typed !== null;
  const take = (one: AccountRow | undefined): void => { if (one) { choose(one.external_id); setTyped(null); } };
  const move = (by: number): void => { if (!open) setTyped(""); else setAt((place) => Math.max(0, Math.min(place + by, found.length - 1))); };
  return (
    <div className="relative" onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) setTyped(null); }}>
      <label htmlFor={id} className="mb-1 block font-medium">{label}</label>
      <input id={id} role="combobox" autoComplete="off" autoFocus={autoFocus} aria-autocomplete="list" aria-expanded={open} aria-controls={`${id}-list`} aria-activedescendant={open && found[at] ? `${id}-${at}` : undefined} aria-describedby={hint ? `${id}-hint` : undefined}
        className={CONTROL} placeholder={words.accounts.filter} value={typed ?? name}
        onClick={() => setTyped((old) => old ?? "")} onChange={(event) => { setTyped(event.target.value); setAt(0); }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
          else if (event.key === "Enter" && open) { event.preventDefault(); if (settled === typed && !isFetching) take(found[at]); }
          else if (event.key === "Escape" && open) { event.preventDefault(); event.stopPropagation(); setTyped(null); }
        }} />
      {hint && <p id={`${id}-hint`} className="mt-1 text-xs text-muted">{hint}</p>}
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!open} className="absolute z-20 mt-1 max-h-64 w-full overflow-auto rounded-md border border-line bg-panel py-1 shadow-lg">
        {found.map((one, place) => (
          <li key={one.external_id} id={`${id}-${place}`} role="option" aria-selected={place === at} onPointerDown={(event) => { event.preventDefault(); take(one); }} onPointerEnter={() => setAt(place)}
            className={`flex min-h-8 cursor-pointer items-center justify-between gap-3 px-2 ${place === at ? "bg-accent-ground" : ""}`}>
            <span className="min-w-0 truncate">{one.name ?? one.external_id} <span className="text-xs text-muted">{one.external_id}</span></span><span className="shrink-0 text-xs text-muted">{one.arr === null ? "" : money(one.arr, one.currency)}</span>
          </li>
        ))}
        {open && found.length === 0 && <li role="option" aria-selected={false} aria-disabled className="px-2 py-1 text-muted">{isFetching || settled !== typed ? words.loading : words.accounts.none}</li>}
      </ul>
    </div>
  );
}
