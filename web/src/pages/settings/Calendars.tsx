/** When the company works: hours of each weekday, public holidays, days of its own; with the next openings as they would be. */
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";

import { api, body } from "../../api/client";
import { calendars, openings, type Calendar } from "../../api/settings";
import { useWrite } from "../../api/write";
import { inZone } from "../../format";
import { Ask } from "../../ui/Ask";
import { Button, Failure, Loaded, Panel } from "../../ui/bits";
import { CONTROL, Field } from "../../ui/Field";
import { GuardedButton, ReadOnly } from "../../ui/Guarded";
import { office as officeWords } from "../../words/en.office";
import { words } from "../../words/en";
import { ZoneInput } from "./ZoneInput";

const said = officeWords.calendars;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Day = (typeof DAYS)[number];

export function Calendars() {
  const query = useQuery(calendars);
  const [chosen, setChosen] = useState("default");
  const [fresh, setFresh] = useState<string[]>([]);
  const [name, setName] = useState("");
  return (
    <Loaded query={query}>
      {({ items }) => {
        const names = [...new Set([...items.map((one) => one.key), ...fresh])];
        const found = items.find((one) => one.key === chosen);
        return (
          <>
            <ReadOnly needs="config:write" />
            <p className="max-w-prose text-muted">{said.intro}</p>
            <div className="flex flex-wrap items-center gap-2">
              <div className="flex flex-wrap gap-1" role="group" aria-label={officeWords.settings.tabs.calendars}>{names.map((key) => <Button key={key} kind="quiet" aria-pressed={key === chosen} className={key === chosen ? "!bg-accent-ground !text-accent" : ""} onClick={() => setChosen(key)}>{key}</Button>)}</div>
              <form className="flex gap-1" onSubmit={(event) => { event.preventDefault(); setFresh([...fresh, name]); setChosen(name); setName(""); }}>
                <input aria-label={said.newKey} placeholder={said.newKey} required pattern="[a-z0-9][a-z0-9_\-]*" value={name} onChange={(event) => setName(event.target.value)} className={`${CONTROL} !w-40`} />
                <GuardedButton needs="config:write" type="submit">{said.add}</GuardedButton>
              </form>
            </div>
            <Editor key={`${chosen}:${found?.updated_at ?? ""}`} name={chosen} start={found?.body ?? { weekly: office(), closed_on: [] }} isSaved={found !== undefined} removed={() => setChosen("default")} />
          </>
        );
      }}
    </Loaded>
  );
}

const office = (): NonNullable<Calendar["weekly"]> => Object.fromEntries(DAYS.slice(0, 5).map((one) => [one, [{ start: "09:00", end: "17:00" }]]));

function Editor({ name, start, isSaved, removed }: { name: string; start: Calendar; isSaved: boolean; removed: () => void }) {
  const [calendar, setCalendar] = useState<Calendar>(start);
  const [closing, setClosing] = useState("");
  const [asking, setAsking] = useState(false);
  const put = (part: Partial<Calendar>): void => setCalendar({ ...calendar, ...part });
  const path = { params: { path: { key: name } } };
  const save = useWrite(() => body(api.PUT("/api/calendars/{key}", { ...path, body: calendar })), { topics: ["calendars"], said: said.saved(name) });
  const remove = useWrite(() => api.DELETE("/api/calendars/{key}", path), { topics: ["calendars"], said: said.removed(name), done: removed });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <Panel title={name}>
        <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
          <Week weekly={calendar.weekly ?? {}} put={(weekly) => put({ weekly })} />
          <ZoneInput label={said.zone} hint={said.zoneHint} value={calendar.zone ?? ""} change={(zone) => put({ zone: zone || null })} />
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label={said.country} hint={said.countryHint}><input maxLength={2} value={calendar.holidays_country ?? ""} onChange={(event) => put({ holidays_country: event.target.value.toUpperCase() || null, ...(event.target.value ? {} : { holidays_subdivision: null }) })} /></Field>
            <Field label={said.subdivision}><input maxLength={10} disabled={!calendar.holidays_country} value={calendar.holidays_subdivision ?? ""} onChange={(event) => put({ holidays_subdivision: event.target.value.toUpperCase() || null })} /></Field>
          </div>
          <div>
            <p className="mb-1 font-medium">{said.closed}</p>
            <ul className="mb-2 flex flex-wrap gap-1">{(calendar.closed_on ?? []).map((day) => <li key={day} className="flex items-center gap-1 rounded-full bg-ground px-2">{day}<button type="button" className="min-h-6 min-w-6" aria-label={said.openAgain(day)} onClick={() => put({ closed_on: (calendar.closed_on ?? []).filter((one) => one !== day) })}>×</button></li>)}</ul>
            <div className="flex gap-2"><input type="date" aria-label={said.closed} className={`${CONTROL} !w-44`} value={closing} onChange={(event) => setClosing(event.target.value)} /><Button disabled={!closing} onClick={() => { put({ closed_on: [...new Set([...(calendar.closed_on ?? []), closing])].sort() }); setClosing(""); }}>{said.addDay}</Button></div>
          </div>
          {save.error && <Failure error={save.error} />}
          <div className="flex gap-2"><GuardedButton needs="config:write" kind="primary" type="submit" disabled={save.isPending}>{words.save}</GuardedButton>{name !== "default" && isSaved && <GuardedButton needs="config:write" onClick={() => setAsking(true)}>{said.remove}</GuardedButton>}</div>
        </form>
        <Ask open={asking} setOpen={setAsking} title={said.removeTitle(name)} go={said.remove} busy={remove.isPending} confirm={() => remove.mutate()}><p>{said.removeHow}</p>{remove.error && <Failure error={remove.error} />}</Ask>
      </Panel>
      <Preview calendar={calendar} />
    </div>
  );
}

function Week({ weekly, put }: { weekly: NonNullable<Calendar["weekly"]>; put: (weekly: NonNullable<Calendar["weekly"]>) => void }) {
  const shifts = (day: Day) => weekly[day] ?? [];
  const change = (day: Day, next: { start: string; end: string }[]): void => put({ ...weekly, [day]: next });
  return (
    <table className="w-full">
      <caption className="sr-only">{said.hours}</caption>
      <tbody>{DAYS.map((day) => (
        <tr key={day} className="border-b border-line align-top">
          <th scope="row" className="w-24 py-2 text-left font-medium">{said.days[day]}</th>
          <td className="py-1.5">
            {shifts(day).map((shift, place) => (
              <div key={place} className="mb-1 flex flex-wrap items-center gap-1.5">
                {(["start", "end"] as const).map((edge) => <input key={edge} type="time" required aria-label={`${said.days[day]} ${said.edge[edge]}`} className={`${CONTROL} !w-28`} value={shift[edge] === "24:00" ? "00:00" : shift[edge]} onChange={(event) => change(day, shifts(day).map((one, at) => (at === place ? { ...one, [edge]: edge === "end" && event.target.value === "00:00" ? "24:00" : event.target.value } : one)))} />)}
                <Button kind="quiet" aria-label={`${said.takeShift}: ${said.days[day]}`} onClick={() => change(day, shifts(day).filter((_, at) => at !== place))}>×</Button>
              </div>
            ))}
            {shifts(day).length === 0 && <span className="mr-2 text-muted">{said.isClosed}</span>}
            <Button kind="quiet" aria-label={`${said.addShift}: ${said.days[day]}`} onClick={() => change(day, [...shifts(day), shifts(day).length ? { start: "18:00", end: "20:00" } : { start: "09:00", end: "17:00" }])}>{said.addShift}</Button>
          </td>
        </tr>
      ))}</tbody>
    </table>
  );
}

function Preview({ calendar }: { calendar: Calendar }) {
  const query = useQuery(openings(useDeferredValue(calendar)));
  return (
    <Panel title={said.next} aside={query.data?.zone}>
      <div aria-live="polite">
        {query.error ? <Failure error={query.error} /> : !query.data ? <p className="text-muted">{words.loading}</p> : (
          <>
            <p className={query.data.is_open ? "font-medium text-good" : "font-medium text-muted"}>{query.data.is_open ? said.openNow : said.closedNow}</p>
            <ol className="mt-2 space-y-1">{query.data.items.map((one) => <li key={one.opens_at} className="flex justify-between gap-3"><span>{inZone(one.opens_at, query.data.zone, "day")}</span><span className="text-muted">{inZone(one.opens_at, query.data.zone, "time")} – {inZone(one.closes_at, query.data.zone, "time")}</span></li>)}</ol>
            {query.data.items.length === 0 && <p>{said.never}</p>}
          </>
        )}
      </div>
    </Panel>
  );
}
