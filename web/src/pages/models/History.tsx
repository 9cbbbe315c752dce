/** Who decided what about the versions of one purpose, and why; names of those who are told of by number elsewhere. */
import { useQuery } from "@tanstack/react-query";

import type { Schemas } from "../../api/client";
import { members } from "../../api/queries";
import { ago, moment } from "../../format";
import { Empty } from "../../ui/bits";
import { models as words } from "../../words/en.models";

/** 'member:7', 'key:3' or 'system' as people say it; a member who is gone keeps the number. */
export function useWho(): (actor: string | null) => string {
  const { data } = useQuery(members);
  return (actor) => {
    if (actor === null || actor.startsWith("system")) return words.system;
    if (actor.startsWith("key:")) return words.keyActor(actor.slice(4));
    return data?.items.find((one) => `member:${one.id}` === actor)?.name ?? actor.replace("member:", words.memberNumber);
  };
}

export function History({ decisions }: { decisions: Schemas["DecisionShape"][] }) {
  const who = useWho();
  if (decisions.length === 0) return <Empty>{words.noDecisions}</Empty>;
  return (
    <ol className="space-y-2">
      {decisions.map((one) => (
        <li key={`${one.at} ${one.deed}`}>
          <p><b className="font-medium">{one.name ?? who(one.actor)}</b> {said(one)} <time dateTime={one.at} title={moment(one.at)} className="text-muted">{ago(one.at)}</time></p>
          {one.note && <p className="border-l-2 border-accent pl-2 text-muted">{one.note}</p>}
        </li>
      ))}
    </ol>
  );
}

function said({ deed, version, before }: Schemas["DecisionShape"]): string {
  const name = version === null ? null : words.version(version);
  return deed === "rolled_back" ? words.rolledBack(before === null ? null : words.version(before), name) : `${words.deeds[deed] ?? deed} ${name ?? ""}`;
}
