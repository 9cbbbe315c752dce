/** A write key, shown once, and the first event as code in the languages that most products speak. */
import { useState } from "react";

import { api, body } from "../../api/client";
import { useWrite } from "../../api/write";
import { Failure } from "../../ui/bits";
import { Secret, Snippet } from "../../ui/Copy";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { snippetsFor } from "./snippets";

const said = officeWords.setup;
/** Until a key is made (or when one was made before), its place is shown. */
const PLACE = "fsw_YOUR_WRITE_KEY";

export function Connect() {
  const make = useWrite(() => body(api.POST("/api/keys", { body: { kind: "write", name: said.keyName, scopes: [] } })), { topics: ["keys"] });
  const all = snippetsFor(window.location.origin, make.data?.secret ?? PLACE);
  const [at, setAt] = useState("curl");
  const chosen = all.find((one) => one.key === at);
  return (
    <div className="space-y-3">
      <p className="text-muted">{said.connectHow}</p>
      <ReadOnly needs="keys:admin" />
      {make.data ? <Secret secret={make.data.secret} hint={officeWords.keys.shownOnce} /> : <GuardedButton needs="keys:admin" kind="primary" disabled={make.isPending} onClick={() => make.mutate()}>{said.makeKey}</GuardedButton>}
      {make.error && <Failure error={make.error} />}
      <div className="flex flex-wrap gap-1" role="group" aria-label={said.language}>
        {all.map((one) => <button key={one.key} type="button" aria-pressed={one.key === at} onClick={() => setAt(one.key)} className={`min-h-7 rounded-md px-2.5 font-medium ${one.key === at ? "bg-accent-ground text-accent" : "text-muted hover:bg-accent-ground"}`}>{one.name}</button>)}
      </div>
      {chosen && <Snippet text={chosen.code} label={chosen.name} />}
      <p className="text-xs text-muted">{said.connectMore}</p>
    </div>
  );
}
