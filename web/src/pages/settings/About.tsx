/** This installation: version, parts and how they are, how far the worker has come, what needs a person. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { status } from "../../api/queries";
import { about } from "../../api/settings";
import { number } from "../../format";
import { Facts, Loaded, Panel } from "../../ui/bits";
import { Snippet } from "../../ui/Copy";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";

const said = officeWords.about;
const LOW_BYTES = 5e9;

export function About() {
  return <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2"><Installation /><Now /></div>;
}

function State({ told, good = told === "ok", children }: { told: string; good?: boolean; children?: ReactNode }) {
  return <span className={good ? "text-good" : "text-bad"}>{good ? (children ?? said.works) : told}</span>;
}

function Installation() {
  const query = useQuery(about);
  return (
    <Panel title={said.installation}>
      <Loaded query={query} lines={8}>{(data) => (
        <>
          <Facts rows={[
            [said.version, `Forestay ${data.version}`], [said.python, data.python], [said.database, said.databases[data.database] ?? data.database],
            [said.store, <State told={data.store} />], [said.log, <State told={data.log} />], [said.worker, <State told={data.worker} />],
            [said.room, <State told={said.lowRoom(number(data.free_bytes / 1e9))} good={data.free_bytes > LOW_BYTES}>{said.gigabytes(number(data.free_bytes / 1e9))}</State>],
            [said.mail, data.sends_mail ? said.mailSent(data.mail_from) : said.mailKept],
          ]} />
          <p className="mt-3 mb-1 text-muted">{said.doctor}</p>
          <Snippet text="forestay doctor" label={said.doctor} />
        </>
      )}</Loaded>
    </Panel>
  );
}

function Now() {
  const query = useQuery(status);
  return (
    <Panel title={said.now}>
      <Loaded query={query} lines={6}>{(data) => (
        <>
          <Facts rows={[[said.accounts, number(data.accounts)], [said.position, number(data.last_position)], [said.lag, data.lag === 0 ? said.upToDate : number(data.lag)], [said.catching, data.is_catching_up ? words.frame.yes : words.frame.no]]} />
          <h3 className="mt-4 mb-1 font-semibold">{words.today.attention}</h3>
          {data.attention.length ? <ul className="list-disc pl-5">{data.attention.map((one) => <li key={one}>{one}</li>)}</ul> : <p className="text-good">{said.allWell}</p>}
        </>
      )}</Loaded>
    </Panel>
  );
}
