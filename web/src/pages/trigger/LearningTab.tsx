/** How right a trigger is by verdicts and by what really happened, what is suggested, and every move, each to be undone. */
import { useQuery } from "@tanstack/react-query";
import { toast } from "../../ui/toast";

import { api, body as answer } from "../../api/client";
import { learned, moves, type Learned } from "../../api/triggers";
import { useWrite } from "../../api/write";
import { ago, number, share } from "../../format";
import { Empty, Loaded, Panel } from "../../ui/bits";
import { GuardedButton } from "../../ui/Guarded";
import { Table } from "../../ui/Table";
import { triggers as triggerWords } from "../../words/en.triggers";
import { words } from "../../words/en";
import type { TabProps } from "../Trigger";

const TOPICS = ["learning", "triggers"];
const undoing = (id: number) => answer(api.POST("/api/learning/moves/{move_id}/undo", { params: { path: { move_id: id } } }));

export function LearningTab({ document: { key } }: TabProps) {
  const query = useQuery(learned);
  return (
    <div className="space-y-4">
      <Loaded query={query}>
        {(told) => {
          const mine = told.items.filter((one) => one.trigger === key);
          return (
            <>
              <p className="text-muted">{triggerWords.modes[told.mode]}</p>
              {mine.length === 0 ? <Empty>{triggerWords.notLearned}</Empty> : mine.map((one) => <Found key={one.segment} found={one} />)}
            </>
          );
        }}
      </Loaded>
      <Moves id={key} />
    </div>
  );
}

function Found({ found }: { found: Learned }) {
  const undo = useWrite(undoing, { topics: TOPICS, loud: true });
  const take = useWrite(() => answer(api.POST("/api/learning/triggers/{key}/apply", { params: { path: { key: found.trigger } }, body: { segment: found.segment } })), {
    topics: TOPICS, loud: true,
    done: (move) => toast.success(triggerWords.taken, { duration: 8_000, action: { label: words.undo, onClick: () => undo.mutate(move.id) } }),
  });
  const notes = [found.late, found.routing, found.retrain].filter(Boolean);
  return (
    <Panel title={found.segment ? triggerWords.segment(found.segment) : triggerWords.everybody} aside={ago(found.updated_at)}>
      <div className="grid grid-cols-1 gap-4 md:grid-cols-2">
        <Interval name={triggerWords.judged} of={found.precision} target={found.target} />
        <Interval name={triggerWords.byOutcome} of={found.by_outcome} target={found.target} />
      </div>
      {found.recall !== null && <p className="mt-3">{triggerWords.recallIs(share(found.recall))}</p>}
      {found.column && found.threshold !== null && <p className="mt-3">{triggerWords.tuned(found.column, number(found.threshold), number(found.lowest ?? found.threshold), number(found.highest ?? found.threshold))}</p>}
      {notes.map((note) => <p key={note} className="mt-2 text-watch">{note}</p>)}
      <div className="mt-3 flex flex-wrap items-center gap-3 border-t border-line pt-3">
        <span><b className="font-semibold">{triggerWords.suggestion}:</b> {triggerWords.suggests[found.suggestion.move] ?? found.suggestion.move}{found.suggestion.to !== null && ` → ${number(found.suggestion.to)}`} <span className="text-muted">({found.suggestion.reason})</span></span>
        {found.suggestion.move !== "stay" && <GuardedButton needs="triggers:publish" disabled={take.isPending} onClick={() => take.mutate()}>{triggerWords.take}</GuardedButton>}
      </div>
    </Panel>
  );
}

/** Where the truth lies with 90 %, and where it should. The words say the same as the bar. */
function Interval({ name, of, target }: { name: string; of: Learned["precision"]; target: number }) {
  return (
    <div>
      <h3 className="font-medium">{name}</h3>
      {of.hits + of.misses < 0.5 ? <p className="text-muted">{triggerWords.noneJudged}</p> : <p><b className="text-lg font-semibold">{share(of.mean)}</b> {triggerWords.interval(share(of.low), share(of.high))}</p>}
      <svg aria-hidden width="100%" height="14" className="my-1 block">
        <rect x="0" y="5" width="100%" height="4" rx="2" fill="var(--line)" />
        <rect x={`${of.low * 100}%`} y="3" width={`${(of.high - of.low) * 100}%`} height="8" rx="3" fill="var(--accent)" opacity="0.5" />
        <rect x={`${of.mean * 100}%`} y="0" width="2" height="14" fill="var(--accent)" />
        <rect x={`${target * 100}%`} y="0" width="1.5" height="14" fill="var(--text)" />
      </svg>
      <p className="text-muted">{triggerWords.counts(number(of.hits), number(of.misses))}; {triggerWords.target(share(target))}</p>
    </div>
  );
}

function Moves({ id }: { id: string }) {
  const query = useQuery(moves(id));
  const undo = useWrite(undoing, { topics: TOPICS, loud: true });
  return (
    <Panel title={triggerWords.moves}>
      <Loaded query={query}>
        {({ items }) => items.length === 0 ? <Empty>{triggerWords.noMoves}</Empty> : (
          <Table label={triggerWords.moves} rows={items} keyOf={(one) => one.id} columns={[
            { name: triggerWords.at, cell: (one) => ago(one.at) },
            { name: words.documents.who, cell: (one) => one.actor },
            { name: words.documents.what, cell: (one) => <>{one.threshold_before !== null && one.threshold_after !== null ? triggerWords.moved(number(one.threshold_before), number(one.threshold_after)) : triggerWords.suggests[one.kind] ?? one.kind}{one.segment && ` (${triggerWords.segment(one.segment)})`}<span className="block text-muted">{one.reason}</span></> },
            { name: triggerWords.undoMove, cell: (one) => one.undone_at ? <span className="text-muted">{triggerWords.undone(one.undone_by ?? "")}</span> : <GuardedButton needs="triggers:publish" disabled={undo.isPending} onClick={() => undo.mutate(one.id)}>{triggerWords.undoMove}</GuardedButton> },
          ]} />
        )}
      </Loaded>
    </Panel>
  );
}
