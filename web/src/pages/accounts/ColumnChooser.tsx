/** Which columns the table shows, and in which order: kept in this browser, and in a view when it is saved. */
import { Popover } from "radix-ui";

import { Button } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { COLUMNS, KEPT, type Key } from "./columns";

export function ColumnChooser({ keys, change }: { keys: Key[]; change: (keys: Key[] | undefined) => void }) {
  const keep = (next: Key[]): void => {
    localStorage.setItem(KEPT, JSON.stringify(next));
    change(next);
  };
  const move = (place: number, by: number): void => {
    const next = [...keys];
    const [one] = next.splice(place, 1);
    next.splice(place + by, 0, one as Key);
    keep(next);
  };
  const hidden = COLUMNS.map((column) => column.key).filter((key) => !keys.includes(key));
  const t = deskWords.column;
  return (
    <Popover.Root>
      <Popover.Trigger asChild><Button kind="quiet">{t.choose}</Button></Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" aria-label={t.choose} className="z-30 max-h-[70vh] w-72 overflow-auto rounded-md border border-line bg-panel p-2 shadow-lg">
          <ul>
            {[...keys, ...hidden].map((key) => {
              const place = keys.indexOf(key);
              const name = deskWords.columns[key];
              return (
                <li key={key} className="flex items-center gap-1">
                  <label className="flex min-h-7 flex-1 items-center gap-2 px-1">
                    <input type="checkbox" checked={place >= 0} disabled={key === "name"} aria-label={t.show(name)} onChange={() => keep(place >= 0 ? keys.filter((one) => one !== key) : [...keys, key])} />{name}
                  </label>
                  {place > 0 && <Button kind="quiet" className="!px-1.5" aria-label={t.up(name)} disabled={place < 2} onClick={() => move(place, -1)}>↑</Button>}
                  {place > 0 && <Button kind="quiet" className="!px-1.5" aria-label={t.down(name)} disabled={place === keys.length - 1} onClick={() => move(place, 1)}>↓</Button>}
                </li>
              );
            })}
          </ul>
          <Button kind="quiet" onClick={() => { localStorage.removeItem(KEPT); change(undefined); }}>{t.usual}</Button>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
