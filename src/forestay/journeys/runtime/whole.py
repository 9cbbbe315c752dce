"""Journeys as a whole: pause, resume, stop. The journey changes at once, its runs by and by.

Gives : pause_journey(), resume_journey(), stop_journey(), start_journey(), carry_on(), Work, work_of(), work_under_way(), at_rest(), hold(),
        finish(), finish_small(), StillAtWork, CHUNK
Writes: journeys (status, work), and through operations.py all that goes with its runs
Source: DESIGN section 7: pause stops effects, never intake; timers shift by the pause; stop is linearisable

A journey's own lock is taken first: turns under way end before it, and later ones see its new status, so after the
commit nothing of it asks for anything (acting.py). The first CHUNK of its runs changes in the same transaction; the worker
carries on with the others, a chunk a transaction, and remembers how far it came: whoever dies in between loses nothing.
All of them change as of the moment at which it was asked for.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from forestay.journeys.runtime import operations
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.words import LIVE, RunStatus
from forestay.kit.errors import Conflict

CHUNK = 5000
_WORKING = 7042
"""Class of the advisory lock of whoever carries on with a journey."""
PAUSE, RESUME, STOP, WITHDRAW = "pause", "resume", "stop", "withdraw"
_STATUS = "UPDATE journeys SET status = %s, since = %s, revision = revision + 1 WHERE id = %s AND status = ANY(%s) RETURNING id"
_SINCE = "SELECT since FROM journeys WHERE id = %s AND status = 'paused'"
_WORK = "SELECT work FROM journeys WHERE id = %s"
_KEEP = "UPDATE journeys SET work = %s WHERE id = %s"
_WAITING = """
SELECT j.id FROM (SELECT id FROM journeys WHERE work IS NOT NULL ORDER BY id OFFSET 0) AS j
WHERE pg_try_advisory_xact_lock(%s, j.id::int) LIMIT 1"""
_STANDING = """
SELECT coalesce(sum(count), 0) FROM journey_counts
WHERE journey_id = %s AND step = -1 AND day = '1970-01-01' AND name = ANY(%s)"""
_NEXT = """
SELECT id FROM journey_runs WHERE journey_id = %(journey)s AND id > %(after)s AND status = ANY(%(statuses)s)
  AND (%(since)s::timestamptz IS NULL OR paused_at >= %(since)s) ORDER BY id LIMIT %(most)s"""
_OF = {PAUSE: (RunStatus.RUNNING,), RESUME: (RunStatus.PAUSED,), STOP: LIVE}


class StillAtWork(Conflict):
    """An earlier pause, resume or stop of the journey has not reached all its runs yet; try again when it has."""

    code = "still_at_work"

    def __init__(self, work: Work) -> None:
        super().__init__(
            f"the journey's {work.what} is under way: {work.done} of about {work.of} runs; try again shortly"
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What is being done to a journey. what: 'pause', 'resume', 'stop', or 'withdraw' (the runs of a stopped one have
    ended, and what they asked for is taken back); at: when it was asked for; done, of: runs, the latter as of then;
    after: the last run that was done; since: runs that were paused before it stay so; reason: of the ends."""

    what: str
    at: datetime
    of: int
    done: int = 0
    after: int = 0
    since: datetime | None = None
    reason: str = ""


def work_of(document: Any) -> Work | None:
    """From `journeys.work`."""
    if document is None:
        return None
    at, since = datetime.fromisoformat(document["at"]), document["since"]
    return Work(**{**document, "at": at, "since": since and datetime.fromisoformat(since)})


def pause_journey(driver: Driver, journey_id: int, now: datetime, chunk: int = CHUNK) -> int:
    """Stand still: nothing is due, nothing is asked for; what comes in is kept. Gives how many runs stand still already.
    Raises StillAtWork."""
    at_rest(driver, journey_id)
    if driver.execute(_STATUS, ("paused", now, journey_id, ["active"])).fetchone() is None:
        return 0
    return _begin(driver, journey_id, Work(PAUSE, now, _standing(driver, journey_id, PAUSE)), chunk)


def resume_journey(driver: Driver, journey_id: int, now: datetime, chunk: int = CHUNK) -> int:
    """Go on, with every clock moved by the pause; runs that a person paused by themselves stay so. Gives how many go on
    already. Raises StillAtWork."""
    at_rest(driver, journey_id)
    row = driver.execute(_SINCE, (journey_id,)).fetchone()
    if row is None:
        return 0
    driver.execute(_STATUS, ("active", now, journey_id, ["paused"]))
    return _begin(driver, journey_id, Work(RESUME, now, _standing(driver, journey_id, RESUME), since=row[0]), chunk)


def stop_journey(driver: Driver, journey_id: int, now: datetime, reason: str = "stopped", chunk: int = CHUNK) -> int:
    """End every live run, whatever else is under way; nobody enters any more until a version is published anew. Gives how
    many have ended already."""
    hold(driver, journey_id)
    driver.execute(_STATUS, ("stopped", now, journey_id, ["active", "paused"]))
    return _begin(driver, journey_id, Work(STOP, now, _standing(driver, journey_id, STOP), reason=reason), chunk)


def start_journey(driver: Driver, journey_id: int, now: datetime) -> None:
    """Let a stopped journey act again; the runs that were stopped stay so. Raises StillAtWork while not all have ended."""
    at_rest(driver, journey_id)
    driver.execute(_STATUS, ("active", now, journey_id, ["stopped"]))


def at_rest(driver: Driver, journey_id: int) -> None:
    """Take the journey's lock. Raises StillAtWork where something is under way with it."""
    hold(driver, journey_id)
    work = work_under_way(driver, journey_id)
    if work is not None:
        raise StillAtWork(work)


def carry_on(driver: Driver, chunk: int = CHUNK) -> tuple[int, Work] | None:
    """The next chunk of a journey that something is under way with, in the caller's transaction. Gives the journey and what
    it came to, None where there is nothing to do. Work that says 'withdraw' is the caller's, who calls finish() at its end."""
    row = driver.execute(_WAITING, (_WORKING,)).fetchone()
    work = None if row is None else work_under_way(driver, int(row[0]))
    if row is None or work is None:
        return None
    journey = int(row[0])
    return journey, work if work.what == WITHDRAW else _step(driver, journey, work, chunk)


def finish(driver: Driver, journey_id: int) -> None:
    """Nothing is left to do."""
    driver.execute(_KEEP, (None, journey_id))


def finish_small(driver: Driver, journey_id: int, withdrawn: int) -> None:
    """The caller has taken back what a stopped journey asked for, CHUNK at most: was that all, nothing is left to do."""
    work = work_under_way(driver, journey_id)
    if work is not None and work.what == WITHDRAW and withdrawn < CHUNK:
        finish(driver, journey_id)


def _begin(driver: Driver, journey_id: int, work: Work, chunk: int) -> int:
    return _step(driver, journey_id, work, chunk).done


def _step(driver: Driver, journey_id: int, work: Work, chunk: int) -> Work:
    values = {
        "journey": journey_id, "after": work.after, "since": work.since, "most": chunk,
        "statuses": list(map(int, _OF[work.what])),
    }  # fmt: skip
    found = [int(row[0]) for row in driver.execute(_NEXT, values)]
    runs = operations.locked(driver, found, _OF[work.what])
    if work.what == PAUSE:
        operations.stand_still(driver, runs, work.at)
    elif work.what == RESUME:
        operations.go_on(driver, runs, work.at)
    else:
        operations.end_runs(driver, runs, RunStatus.STOPPED, work.reason, work.at)
    done = replace(work, done=work.done + len(runs), after=found[-1] if found else work.after)
    if len(found) < chunk:
        done = replace(done, what=WITHDRAW) if work.what == STOP else done
    is_left = len(found) == chunk or done.what == WITHDRAW
    driver.execute(_KEEP, (Jsonb(_document(done)) if is_left else None, journey_id))
    return done


def _document(work: Work) -> dict[str, Any]:
    return {**asdict(work), "at": work.at.isoformat(), "since": work.since and work.since.isoformat()}


def work_under_way(driver: Driver, journey_id: int) -> Work | None:
    """What is being done to a journey now."""
    row = driver.execute(_WORK, (journey_id,)).fetchone()
    return None if row is None else work_of(row[0])


def _standing(driver: Driver, journey_id: int, what: str) -> int:
    row = driver.execute(_STANDING, (journey_id, [f"now:{status:d}" for status in _OF[what]])).fetchone()
    return 0 if row is None else int(row[0])


def hold(driver: Driver, journey_id: int) -> None:
    """Take the journey's lock alone: turns under way end before, later ones leave it alone until the commit."""
    driver.execute("SELECT pg_advisory_xact_lock(%s, %s)", (operations.LOCK, journey_id))
