/** One scorecard: weights, curves, bands, whom it judges and exceptions, with what would change beside it before anything is saved. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { book, shelf } from "../api/health";
import { DocumentBar } from "../documents/DocumentBar";
import { useDocument, validationQuery } from "../documents/useDocument";
import { Loaded, Panel } from "../ui/bits";
import { Field } from "../ui/Field";
import { Page } from "../ui/Page";
import { Tabs } from "../ui/Tabs";
import { health as words } from "../words/en.health";
import { BandsEditor } from "./health/BandsEditor";
import { Preview, useSettled } from "./health/Preview";
import { Applies, Exceptions } from "./health/Rules";
import { resolved, type Card, type Shelf } from "./health/scorecard";
import { Curves, Weights } from "./health/Weights";

const route = getRouteApi("/health/$key");
const TABS = [{ key: "score", name: words.tabs.score }, { key: "who", name: words.tabs.who }] as const;

export function Scorecard() {
  const { key } = route.useParams();
  return <One key={key} name={key} />;
}

function One({ name }: { name: string }) {
  const document = useDocument("scorecards", name, { key: name, name: name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, " ") });
  const things = useQuery(shelf);
  const card = (document.body ?? {}) as Card;
  return (
    <Page flush title={card.name ?? name} aside={<Link to="/health" className="text-accent hover:underline">{words.back}</Link>}>
      <Loaded query={document.query} lines={8}>{() => (
        <>
          <DocumentBar document={document} />
          <Loaded query={things} lines={8}>{(known) => <Body name={name} card={card} shelf={known} edit={(next) => document.edit(next as Record<string, unknown>)} readOnly={!document.mayWrite} isChanged={document.isDirty || document.draft !== null || document.live === null} />}</Loaded>
        </>
      )}</Loaded>
    </Page>
  );
}

type BodyParts = { name: string; card: Card; shelf: Shelf; edit: (card: Card) => void; readOnly: boolean; isChanged: boolean };

function Body({ name, card, shelf: known, edit, readOnly, isChanged }: BodyParts) {
  const { tab = "score" } = route.useSearch();
  const measures = [...new Set(resolved(card, known).flatMap((one) => one.factors.map((factor) => factor.measure)))].sort();
  const spread = useQuery(book(measures)).data;
  const checked = useQuery(validationQuery("scorecards", name, useSettled(isChanged ? (card as Record<string, unknown>) : null, 400)));
  const told = checked.data && !checked.data.valid ? { place: checked.data.place ?? null, problem: checked.data.problem ?? "" } : null;
  const parts = { card, edit, readOnly };
  return (
    <>
      <Tabs tabs={TABS} at={tab} label={words.title} />
      <div className="mx-auto grid w-full max-w-7xl gap-4 p-5 max-md:p-3 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-4">
          {tab === "who" ? (
            <>
              <Panel title={words.about}><About {...parts} /></Panel>
              <Panel title={words.applies}><Applies {...parts} error={told} /></Panel>
              <Panel title={words.exceptions} aside={words.exceptionsHint}><Exceptions {...parts} error={told} /></Panel>
            </>
          ) : (
            <>
              <Panel title={words.weights} aside={words.weightsHint}><Weights {...parts} shelf={known} /></Panel>
              <Panel title={words.bands}><BandsEditor {...parts} scores={spread?.scores ?? []} /><p className="mt-2 text-xs text-muted">{words.bandsHint}</p></Panel>
              <Panel title={words.curves}><p className="mb-2 text-muted">{words.curvesHint}</p><Curves {...parts} shelf={known} spreads={spread?.spreads ?? {}} /></Panel>
            </>
          )}
        </div>
        <Panel title={words.preview} className="self-start lg:sticky lg:top-4 lg:max-h-[calc(100dvh-2rem)] lg:overflow-auto"><Preview name={name} card={card} wanted={isChanged} /></Panel>
      </div>
    </>
  );
}

function About({ card, edit, readOnly }: { card: Card; edit: (card: Card) => void; readOnly: boolean }) {
  return (
    <div className="space-y-3">
      <Field label={words.name}><input disabled={readOnly} maxLength={200} value={card.name ?? ""} onChange={(event) => edit({ ...card, name: event.target.value })} /></Field>
      <Field label={words.description}><textarea rows={2} disabled={readOnly} maxLength={2000} value={card.description ?? ""} onChange={(event) => edit({ ...card, description: event.target.value })} /></Field>
    </div>
  );
}
