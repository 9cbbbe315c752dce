/** First-run set-up once somebody is signed in: connect a source or bring a file, then see the first score arrive. It can be left and resumed. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { someAccounts, status } from "../api/queries";
import { setup } from "../api/setup";
import { number } from "../format";
import { useSession } from "../session";
import { HealthBadge, Loaded, Panel } from "../ui/bits";
import { Snippet } from "../ui/Copy";
import { Page } from "../ui/Page";
import { office as officeWords } from "../words/en.office";
import { words } from "../words/en";
import { ImportFile } from "./settings/ImportFile";
import { Connect } from "./setup/Connect";
import { FirstMember } from "./setup/FirstMember";
import { Steps } from "./setup/Steps";

const said = officeWords.setup;

export function Setup() {
  const first = useQuery(setup);
  const now = useQuery(status);
  const isKey = useSession((own) => own.session?.member === null);
  if (isKey && first.data?.needs_member) return <FirstMember signInInstead={() => window.history.back()} />;
  return (
    <Page title={said.title}>
      <Loaded query={now}>
        {(data) => {
          const scored = data.bands["green"] || data.bands["yellow"] || data.bands["red"];
          return (
            <div className="space-y-4">
              <Steps at={scored ? 3 : data.accounts > 0 ? 2 : 1} />
              <Arriving accounts={data.accounts} bodies={data.last_position} lag={data.lag} isScored={Boolean(scored)} />
              <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
                <Panel title={said.connect}><Connect /></Panel>
                <div className="space-y-4">
                  <Panel title={said.file}><p className="mb-3 text-muted">{said.fileHow}</p><ImportFile /></Panel>
                  <Panel title={said.demo}><p className="mb-2 text-muted">{said.demoHow}</p><Snippet text="./run demo --port 8500" label={said.demo} /></Panel>
                </div>
              </div>
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

/** What has come so far; it moves by itself, since the event stream tells of every change. */
function Arriving({ accounts, bodies, lag, isScored }: { accounts: number; bodies: number; lag: number; isScored: boolean }) {
  const query = useQuery({ ...someAccounts({ limit: 5 }), enabled: accounts > 0 });
  return (
    <section aria-live="polite" aria-label={said.arriving} className={`rounded-lg border p-4 ${isScored ? "border-good bg-good-ground" : "border-line bg-panel"}`}>
      <h2 className="text-sm font-semibold">{isScored ? said.firstScore : accounts > 0 ? said.scoring : said.waiting}</h2>
      <p className="text-muted">{said.soFar(number(bodies), number(accounts))}{lag > 0 ? ` · ${words.catchingUp(lag)}` : ""}</p>
      {query.data && query.data.items.length > 0 && (
        <ul className="mt-2 space-y-1">{query.data.items.map((one) => (
          <li key={one.external_id} className="flex flex-wrap items-center gap-3"><Link to="/accounts/$id" params={{ id: one.external_id }} className="min-h-6 font-medium text-accent underline">{one.name ?? one.external_id}</Link><HealthBadge health={one.health} /></li>
        ))}</ul>
      )}
      {isScored && <p className="mt-3"><Link to="/" className="inline-flex min-h-8 items-center rounded-md bg-accent px-3 font-medium text-on-accent">{said.toToday}</Link></p>}
    </section>
  );
}

