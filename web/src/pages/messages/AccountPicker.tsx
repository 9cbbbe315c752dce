/** Any customer by part of a name: a list that filters as one types (the server's search, not the page's). */
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { someAccounts } from "../../api/queries";
import { useSettled } from "../../conditions/MatchPanel";
import { CONTROL } from "../../ui/Field";

export function AccountPicker({ label, value, choose }: { label: string; value: string; choose: (id: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const settled = useSettled(typed);
  const { data } = useQuery(someAccounts({ limit: 20, ...(settled ? { q: settled } : {}) }));
  const pick = (text: string): void => {
    const found = data?.items.find((one) => one.external_id === text || `${one.name} (${one.external_id})` === text);
    setTyped(found ? "" : text);
    if (found) choose(found.external_id);
  };
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">{label}</label>
      <input id={id} list={`${id}-list`} className={CONTROL} placeholder={value} value={typed} onChange={(event) => pick(event.target.value)} />
      <datalist id={`${id}-list`}>{data?.items.map((one) => <option key={one.external_id} value={`${one.name ?? one.external_id} (${one.external_id})`} />)}</datalist>
    </div>
  );
}
