/** All shortcuts, and the switch for those of a single key. */
import { useEffect, useState } from "react";

import { Kbd } from "../ui/bits";
import { Modal } from "../ui/Modal";
import { words } from "../words/en";
import { usePageKeys, type PageKeys } from "./keys";
import { setSingleKeys, usePreferences } from "./preferences";

const LIST: [string, string][] = [
  ["⌘K", words.keys.palette], ["g", words.keys.go], ["/", words.keys.filter], ["j  k", words.keys.move], ["Enter", words.keys.open],
  ["Esc", words.keys.back], ["x", words.keys.select], ["a", words.keys.accept], ["e", words.keys.done], ["s", words.keys.snooze], ["?", words.keys.help],
];

export function KeysHelp({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const singleKeys = usePreferences((own) => own.singleKeys);
  const fetch = usePageKeys((own) => own.fetch);
  const [page, setPage] = useState<PageKeys | null>(null);
  useEffect(() => {
    setPage(null);
    if (open && fetch) void fetch().then(setPage);
  }, [open, fetch]);
  return (
    <Modal open={open} setOpen={setOpen} title={words.keys.title}>
      <label className="mb-3 flex items-center gap-2">
        <input type="checkbox" className="size-4" checked={singleKeys} onChange={(event) => setSingleKeys(event.target.checked)} /> {words.keys.single}
      </label>
      {page && <section className="mb-4"><h3 className="mb-2 font-semibold">{page.title}</h3><Listed list={page.list} /></section>}
      {page && <h3 className="mb-2 font-semibold">{words.keys.everywhere}</h3>}
      <Listed list={LIST} />
    </Modal>
  );
}

const Listed = ({ list }: { list: readonly [string, string][] }) => (
  <dl className="grid grid-cols-[7rem_1fr] gap-y-2">{list.map(([key, what]) => <div key={key} className="contents"><dt><Kbd>{key}</Kbd></dt><dd>{what}</dd></div>)}</dl>
);
