/** All shortcuts, and the switch for those of a single key. */
import { Kbd } from "../ui/bits";
import { Modal } from "../ui/Modal";
import { words } from "../words/en";
import { setSingleKeys, usePreferences } from "./preferences";

const LIST: [string, string][] = [
  ["⌘K", words.keys.palette], ["g", words.keys.go], ["/", words.keys.filter], ["j  k", words.keys.move], ["Enter", words.keys.open],
  ["Esc", words.keys.back], ["x", words.keys.select], ["a", words.keys.accept], ["e", words.keys.done], ["s", words.keys.snooze], ["?", words.keys.help],
];

export function KeysHelp({ open, setOpen }: { open: boolean; setOpen: (open: boolean) => void }) {
  const singleKeys = usePreferences((own) => own.singleKeys);
  return (
    <Modal open={open} setOpen={setOpen} title={words.keys.title}>
      <label className="mb-3 flex items-center gap-2">
        <input type="checkbox" className="size-4" checked={singleKeys} onChange={(event) => setSingleKeys(event.target.checked)} /> {words.keys.single}
      </label>
      <dl className="grid grid-cols-[5rem_1fr] gap-y-2">
        {LIST.map(([key, what]) => <div key={key} className="contents"><dt><Kbd>{key}</Kbd></dt><dd>{what}</dd></div>)}
      </dl>
    </Modal>
  );
}
