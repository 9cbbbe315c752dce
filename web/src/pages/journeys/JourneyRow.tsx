/** One line of the list of journeys, and what the words for getting on mean. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "../../ui/toast";

import { journeyList, pauseJourney, resumeJourney, stopJourney, type JourneyItem } from "../../api/runs";
import { useWrite } from "../../api/write";
import { number, share } from "../../format";
import { goalRate } from "../../journey/marks";
import { may } from "../../session";
import { Ask } from "../../ui/Ask";
import { Button } from "../../ui/bits";
import { runs as runWords } from "../../words/en.runs";
import { words } from "../../words/en";

const say = runWords.list;
const PACES = ["on_track", "behind", "stuck", "paused"] as const;
const TONES = { on_track: "bg-good-ground text-good", behind: "bg-watch-ground text-watch", stuck: "bg-bad-ground text-bad", paused: "bg-ground text-muted" };

/** Numbers with their words: "12 On track". As links into the runs where a journey is given. */
export function Paces({ pace, journey }: { pace: JourneyItem["pace"]; journey?: string }) {
  const there = PACES.filter((one) => pace[one] > 0);
  if (!there.length) return <span className="text-muted">0</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {there.map((one) => {
        const look = `inline-flex min-h-6 items-center gap-1 rounded-full px-2 text-xs whitespace-nowrap ${TONES[one]}`;
        const told = <><b>{number(pace[one])}</b> {runWords.pace[one]}</>;
        return journey === undefined ? <span key={one} className={look} title={runWords.paceMeans[one]}>{told}</span>
          : <Link key={one} to="/journeys/$key" params={{ key: journey }} search={{ tab: "runs", pace: one }} className={`${look} hover:underline`} title={runWords.paceMeans[one]}>{told}</Link>;
      })}
    </span>
  );
}

export function PaceLegend() {
  return (
    <details className="text-muted">
      <summary className="min-h-6 cursor-pointer">{runWords.legend}</summary>
      <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5">{PACES.map((one) => <div key={one} className="contents"><dt className="font-medium text-text">{runWords.pace[one]}</dt><dd>{runWords.paceMeans[one]}</dd></div>)}</dl>
    </details>
  );
}

export function JourneyRow({ item }: { item: JourneyItem }) {
  const ended = Object.entries(item.last_30d.ended as Record<string, number>).toSorted((one, other) => other[1] - one[1]);
  const goal = goalRate(item.last_30d.ended as Record<string, number>);
  const refused = Object.values(item.last_30d.refused as Record<string, number>).reduce((sum, count) => sum + count, 0);
  return (
    <tr className="border-t border-line align-top">
      <th scope="row" className="max-w-90 px-3 py-2 font-normal">
        <Link to="/journeys/$key" params={{ key: item.key }} className="inline-block min-h-6 font-medium text-accent hover:underline">{item.name}</Link>
        <span className="line-clamp-2 text-muted">{item.description}</span>
      </th>
      <td className="px-3 py-2 whitespace-nowrap">
        {words.journeys.status[item.status] ?? item.status} <span className="text-muted">{item.version !== null ? say.version(item.version) : ""}{item.draft && item.live ? ` · ${say.draft}` : ""}</span>
        <Working item={item} />
      </td>
      <td className="px-3 py-2"><Paces pace={item.pace} journey={item.key} /></td>
      <td className="px-3 py-2">{number(item.last_30d.entered)}{refused > 0 && <span className="block text-xs text-muted" title={Object.entries(item.last_30d.refused as Record<string, number>).map(([why, count]) => `${number(count)} ${why}`).join(", ")}>{say.refused(number(refused))}</span>}</td>
      <td className="px-3 py-2">{goal ? <><b className="font-semibold">{share(goal.met / goal.all)}</b><span className="block text-xs text-muted">{say.goalOf(number(goal.met), number(goal.all))}</span></> : <span className="text-muted">{say.noEnds}</span>}</td>
      <td className="px-3 py-2 text-muted">
        {ended.slice(0, 4).map(([how, count]) => <div key={how} className="whitespace-nowrap">{number(count)} {endWords(how)}</div>)}
        <Alarm item={item} />
      </td>
      <td className="px-3 py-2"><Switches item={item} /></td>
    </tr>
  );
}

/** 'goal_met:renewed' -> 'goal met: renewed'. */
export function endWords(how: string): string {
  const [status = "", ...reason] = how.split(":");
  return [runWords.status[status.trim()] ?? status, reason.join(":").trim()].filter(Boolean).join(": ");
}

function Alarm({ item }: { item: JourneyItem }) {
  if (!item.alarm) return null;
  const { now, before } = item.alarm.detail as { now?: Record<string, number>; before?: Record<string, number> };
  const part = (shares: Record<string, number> | undefined, how: string) => share(shares?.[how] ?? 0);
  const moved = (how: string) => Math.abs((now?.[how] ?? 0) - (before?.[how] ?? 0));
  const most = Object.keys({ ...now, ...before }).toSorted((one, other) => moved(other) - moved(one)).slice(0, 3);
  return <p role="note" className="mt-1 rounded-md bg-watch-ground px-2 py-1 text-xs text-watch">⚠ {say.alarm}{most.map((how) => <span key={how} className="block">{say.alarmFrom(endWords(how), part(before, how), part(now, how))}</span>)}</p>;
}

function Working({ item }: { item: JourneyItem }) {
  if (!item.work) return null;
  const { what, done, of } = item.work;
  return (
    <span className="mt-1 block text-xs text-muted">{say.workOf(say.work[what] ?? what, number(done), number(of))}
      <span role="progressbar" aria-valuenow={done} aria-valuemin={0} aria-valuemax={of} aria-label={say.work[what] ?? what} className="mt-0.5 block h-1.5 overflow-hidden rounded-full bg-ground"><span className="block h-full bg-accent" style={{ width: `${of ? (100 * done) / of : 0}%` }} /></span>
    </span>
  );
}

function Switches({ item }: { item: JourneyItem }) {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const put = (status: JourneyItem["status"]) => client.setQueryData(journeyList.queryKey, (old) => old && { ...old, items: old.items.map((one) => (one.key === item.key ? { ...one, status } : one)) });
  const topics = ["journeys", "runs"] as const;
  const resume = useWrite(() => { put("active"); return resumeJourney(item.key); }, { topics, loud: true, said: (told) => say.resumed(number(told.runs)) });
  const pause = useWrite(() => { put("paused"); return pauseJourney(item.key); }, {
    topics, loud: true,
    done: (told) => void toast.success(say.paused(number(told.runs)), { duration: 8000, action: { label: words.undo, onClick: () => resume.mutate() } }),
  });
  const stop = useWrite(() => stopJourney(item.key), { topics, loud: true, said: (told) => say.stopped(number(told.runs)), done: () => setAsks(false) });
  const runs = item.runs.running + item.runs.paused + item.runs.held;
  if (!item.live) return <span className="text-xs text-muted">{say.inDraft}</span>;
  const mayNot = may("journeys:publish") ? undefined : words.forbidden("journeys:publish");
  const busy = pause.isPending || resume.isPending || stop.isPending || item.work !== null;
  return (
    <span className="flex gap-1">
      {item.status === "active"
        ? <Button disabled={busy || mayNot !== undefined} title={mayNot ?? say.pauseHow} aria-label={`${say.pause}: ${item.name}`} onClick={() => pause.mutate()}>{say.pause}</Button>
        : <Button disabled={busy || mayNot !== undefined} title={mayNot ?? say.resumeHow} aria-label={`${say.resume}: ${item.name}`} onClick={() => resume.mutate()}>{say.resume}</Button>}
      {item.status !== "stopped" && <Button kind="quiet" disabled={busy || mayNot !== undefined} title={mayNot} aria-label={`${say.stop}: ${item.name}`} onClick={() => setAsks(true)}>{say.stop}…</Button>}
      <Ask open={asks} setOpen={setAsks} title={say.stopTitle(item.name)} go={say.stopGo} confirm={() => stop.mutate()} busy={stop.isPending}><p>{say.stopHow(number(runs))}</p></Ask>
    </span>
  );
}
