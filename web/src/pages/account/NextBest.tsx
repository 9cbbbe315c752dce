/** The next best action: what it is expected to bring with its interval, and a button that does it. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { toast } from "../../ui/toast";

import { api, body, once, type Schemas } from "../../api/client";
import { nextBest } from "../../api/queries";
import { money, share } from "../../format";
import { GuardedButton } from "../../ui/Guarded";
import { Loaded, Panel } from "../../ui/bits";
import { desk as deskWords } from "../../words/en.desk";
import { words } from "../../words/en";
import { useSaved } from "./useSaved";

const t = deskWords.best;
type Choice = Schemas["ChoiceShape"];

export function NextBest({ data }: { data: Schemas["AccountView"] }) {
  const query = useQuery(nextBest(data.external_id));
  return (
    <Panel title={words.account.nextBest}>
      <Loaded query={query} lines={2}>
        {(told) => {
          const open = told.choices.filter((one) => one.is_open);
          return (
            <>
              {told.best ? <One data={data} choice={told.best} /> : <p>{told.words}</p>}
              {open.length > (told.best ? 1 : 0) && <details className="mt-3" open={!told.best}><summary className="cursor-pointer text-muted">{t.onlyOpen}</summary><ul className="mt-2 space-y-3">{open.filter((one) => one.key !== told.best?.key).slice(0, 4).map((one) => <li key={`${one.kind}:${one.key}`}><One data={data} choice={one} /></li>)}</ul></details>}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function One({ data, choice }: { data: Schemas["AccountView"]; choice: Choice }) {
  return (
    <div>
      <p><b className="font-medium">{choice.key.replaceAll("-", " ")}</b></p>
      {choice.effect !== null && choice.low !== null && choice.high !== null && (
        <p>{choice.chance_without !== null && choice.projected !== null && <>{t.projected}: {share(choice.projected)} {t.with}, {share(choice.chance_without)} {t.without}. </>}{points(choice.effect)} ({t.interval} {points(choice.low)} … {points(choice.high)}){!choice.is_sure && ` · ${t.unsure}`}</p>
      )}
      {choice.saves && <p>{money(choice.saves.estimate, data.currency)} {t.saves} ({money(choice.saves.low, data.currency)} … {money(choice.saves.high, data.currency)})</p>}
      <p className="text-muted">{choice.words}</p>
      <Do data={data} choice={choice} />
    </div>
  );
}

const points = (value: number): string => `${value > 0 ? "+" : value < 0 ? "−" : "±"}${Math.abs(value * 100).toFixed(1)}`;

/** A signal's action is its task: open it where there is one, make it where not. A journey's is to enter. */
function Do({ data, choice }: { data: Schemas["AccountView"]; choice: Choice }) {
  const saved = useSaved("account", "tasks", "runs", "signals");
  if (choice.kind === "journey") {
    const enter = async (): Promise<void> => void ((await saved(body(api.POST("/api/journeys/{key}/enter", { params: { path: { key: choice.key }, header: once() }, body: { account: data.external_id, values: {} } })))) && toast(t.entered));
    return <GuardedButton needs="journeys:operate" className="mt-1" onClick={() => void enter()}>{t.do}</GuardedButton>;
  }
  const task = data.tasks.find((one) => one.trigger === choice.key);
  if (task) return <Link to="/inbox" search={{ task: task.id, whose: "all" }} className="mt-1 inline-block text-accent underline">{t.open}</Link>;
  const signal = data.signals.find((one) => one.trigger === choice.key);
  const make = async (): Promise<void> => {
    const title = signal?.evidence[0]?.sentence || choice.key.replaceAll("-", " ");
    const made = await saved(body(api.POST("/api/tasks", { params: { header: once() }, body: { account: data.external_id, title: title.slice(0, 300), risk_level: signal?.risk_level ?? "medium", ...(signal ? { signal_id: signal.id } : {}) } })));
    if (made) toast(t.task, { action: { label: words.undo, onClick: () => void saved(api.POST("/api/tasks/{task_id}/cancel", { params: { path: { task_id: made.id }, header: once() }, body: { reason: words.undo } })) } });
  };
  return <GuardedButton needs="tasks:write" className="mt-1" onClick={() => void make()}>{t.do}</GuardedButton>;
}
