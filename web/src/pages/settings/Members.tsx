/** The people of the workspace: add, change, shut out and let in again. Nobody is deleted: what they did keeps their name. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { api, body, once } from "../../api/client";
import { allMembers, type Member } from "../../api/settings";
import { useWrite } from "../../api/write";
import { day } from "../../format";
import { useSession } from "../../session";
import { Ask } from "../../ui/Ask";
import { Failure, Loaded } from "../../ui/bits";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { Table } from "../../ui/Table";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { MemberDialog } from "./MemberDialog";

const said = officeWords.members;

export function Members() {
  const query = useQuery(allMembers);
  const [edited, setEdited] = useState<Member | "new" | null>(null);
  return (
    <>
      <ReadOnly needs="members:admin" />
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-muted">{said.intro}</p>
        <GuardedButton needs="members:admin" kind="primary" onClick={() => setEdited("new")}>{said.add}</GuardedButton>
      </div>
      <Loaded query={query}>{({ items }) => <List members={items} edit={setEdited} />}</Loaded>
      {edited !== null && <MemberDialog member={edited === "new" ? null : edited} close={() => setEdited(null)} />}
    </>
  );
}

function List({ members, edit }: { members: Member[]; edit: (member: Member) => void }) {
  const mine = useSession((own) => own.session?.member?.id ?? null);
  return (
    <Table label={said.title} rows={members} keyOf={(row) => row.id} minWidth="56rem" columns={[
      { name: said.name, cell: (row) => <><b className="font-medium">{row.name}</b>{row.id === mine && <span className="text-muted"> · {said.you}</span>}<br /><span className="text-muted">{row.email}</span></> },
      { name: said.role, cell: (row) => words.frame.roles[row.role] },
      { name: said.state, cell: (row) => <State member={row} /> },
      { name: said.zone, cell: (row) => <>{row.zone}<br /><span className="text-muted">{row.calendar_key}</span></> },
      { name: said.tasks, right: true, cell: (row) => row.tasks_per_day },
      { name: said.since, cell: (row) => <span className="whitespace-nowrap">{day(row.created_at)}</span> },
      { name: said.actions, right: true, cell: (row) => (
        <div className="flex justify-end gap-1">
          <GuardedButton needs="members:admin" onClick={() => edit(row)} aria-label={`${said.edit}: ${row.name}`}>{said.edit}</GuardedButton>
          <Shut member={row} />
        </div>
      ) },
    ]} />
  );
}

function State({ member }: { member: Member }) {
  if (member.disabled_at) return <span className="text-bad">{said.disabled}</span>;
  return member.can_sign_in ? <span className="text-good">{said.canSignIn}</span> : <span className="text-muted">{said.noPassword}</span>;
}

/** Shutting out asks first; letting in again does not. */
function Shut({ member }: { member: Member }) {
  const [asking, setAsking] = useState(false);
  const path = { params: { path: { member_id: member.id }, header: once() } };
  const shut = useWrite(() => body(api.POST("/api/members/{member_id}/disable", path)), { topics: ["members"], said: said.wasDisabled(member.name), done: () => setAsking(false) });
  const enable = useWrite(() => body(api.POST("/api/members/{member_id}/enable", path)), { topics: ["members"], said: said.wasEnabled(member.name), loud: true });
  if (member.disabled_at) return <GuardedButton needs="members:admin" disabled={enable.isPending} onClick={() => enable.mutate()} aria-label={`${said.enable}: ${member.name}`}>{said.enable}</GuardedButton>;
  return (
    <>
      <GuardedButton needs="members:admin" onClick={() => setAsking(true)} aria-label={`${said.disable}: ${member.name}`}>{said.disable}</GuardedButton>
      <Ask open={asking} setOpen={setAsking} title={said.disableTitle(member.name)} go={said.disable} busy={shut.isPending} confirm={() => shut.mutate()}>
        <p>{said.disableHow}</p>
        {shut.error && <Failure error={shut.error} />}
      </Ask>
    </>
  );
}

