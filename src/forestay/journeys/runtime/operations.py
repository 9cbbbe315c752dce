"""What people do to runs: pause, resume, cancel, release, retry, skip a step, start again from one.

Gives : pause_runs(), resume_runs(), cancel_runs(), release_runs(), skip_runs(), retry_runs(), place_run(), preview(),
        Preview, end_runs(), stand_still(), go_on(), locked()
Writes: journey_runs, journey_tokens, journey_history, journey_inbox (parents of runs that ended)
Source: DESIGN section 7: pause stops effects, never intake; timers shift by the pause
Journeys as a whole are another story (whole.py). Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.history import note
from forestay.journeys.runtime.overdue import SKIPPED
from forestay.journeys.runtime.placing import Fresh, place_token
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.taking_back import of_runs, take_back
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.runtime.write import tell_parents
from forestay.journeys.words import Happening, RunStatus
from forestay.kit.clock import micros_of
from forestay.kit.errors import Conflict, NotFound

LOCK = 7041
"""As the runner's."""
_LOCK_JOURNEYS = """
SELECT pg_advisory_xact_lock_shared(%s, id::int) FROM (
  SELECT DISTINCT journey_id AS id FROM journey_runs WHERE id = ANY(%s) ORDER BY 1) AS j"""
"""As turns do, so that none is paused or stopped meanwhile."""
_OF_PAUSED = """
SELECT r.id FROM journey_runs AS r JOIN journeys AS j ON j.id = r.journey_id
WHERE r.id = ANY(%s) AND j.status = 'paused' ORDER BY 1"""
_LOCK_TOKENS = "SELECT FROM journey_tokens WHERE run_id = ANY(%s) ORDER BY id FOR UPDATE"
_LOCK_RUNS = "SELECT id FROM journey_runs WHERE id = ANY(%s) AND status = ANY(%s) ORDER BY id FOR UPDATE"
_PAUSE_RUNS = "UPDATE journey_runs SET status = 1, paused_at = %s WHERE id = ANY(%s)"
_PAUSE_TOKENS = "UPDATE journey_tokens SET is_paused = true WHERE run_id = ANY(%s)"
_RESUME_TOKENS = """
UPDATE journey_tokens AS t SET is_paused = false, since = t.since + (%(now)s - r.paused_at),
  due_at = CASE WHEN t.wakes ? 'kept' OR t.state IN (3, 7) OR (t.state = 0 AND t.due_at IS NULL) THEN %(now)s ELSE t.due_at + (%(now)s - r.paused_at) END,
  wakes = CASE WHEN t.state IN (2, 7) THEN
    jsonb_build_object('from', floor(extract(epoch FROM t.since) * 1e6)::bigint) || coalesce(t.wakes, '{}')
  WHEN t.state = 3 THEN jsonb_set(coalesce(t.wakes, '{}'), '{kept}', coalesce(t.wakes -> 'kept', '[]')
    || '[{"what": "again", "name": "", "body": {}, "at": 0}]') ELSE t.wakes END
FROM journey_runs AS r WHERE r.id = t.run_id AND r.id = ANY(%(runs)s)"""
"""`since` moves too, for steps that count from it; who waits for an event remembers from when on events count; a condition is asked again; who entered while
the journey was paused begins now."""
_RESUME_RUNS = "UPDATE journey_runs SET status = 0, paused_at = NULL WHERE id = ANY(%s)"
_RELEASE_DUE = "UPDATE journey_tokens SET due_at = %s WHERE run_id = ANY(%s) AND (due_at < %s OR wakes ? 'kept')"
_END = "UPDATE journey_runs SET status = %s, reason = %s, ended_at = %s, paused_at = NULL WHERE id = ANY(%s)"
_DROP_TOKENS = "DELETE FROM journey_tokens WHERE run_id = ANY(%s) RETURNING id"
_CHILDREN = "SELECT id FROM journey_runs WHERE parent_token = ANY(%s) ORDER BY id"
_DROP_ENTRIES = "DELETE FROM journey_inbox WHERE kind = 'enter' AND token_id = ANY(%s)"
_COUNT_ENDS = """
INSERT INTO journey_counts AS c (workspace_id, journey_id, version, step, day, name, count)
SELECT workspace_id, journey_id, version, -1, (%s AT TIME ZONE 'UTC')::date, %s, count(*) FROM journey_runs WHERE id = ANY(%s)
GROUP BY workspace_id, journey_id, version ORDER BY 2, 3
ON CONFLICT (journey_id, version, step, day, name) DO UPDATE SET count = c.count + EXCLUDED.count"""
_RETRY_TOKENS = """
UPDATE journey_tokens SET is_paused = false, attempts = CASE WHEN wakes ? 'kept' THEN 1 ELSE 0 END, state = CASE WHEN state = 8 THEN 0 ELSE state END,
  due_at = CASE WHEN state = 8 THEN %s ELSE due_at END WHERE run_id = ANY(%s)"""
"""One with something to try again with stays among those that keep what comes, until it has tried."""
_RETRY_RUNS = "UPDATE journey_runs SET status = 0, reason = NULL, ended_at = NULL WHERE id = ANY(%s)"
_RUN = "SELECT workspace_id, journey_id, version, status FROM journey_runs WHERE id = %s"
_STANDS = """
SELECT s.step_id, t.state, t.due_at FROM journey_tokens AS t
JOIN journey_steps AS s ON s.journey_id = t.journey_id AND s.number = t.step WHERE t.run_id = %s ORDER BY t.id"""
_DONE = """
SELECT e.channel, e.status, count(*) FROM effects AS e WHERE e.journey_id = %s AND e.step = %s AND e.run_id = %s GROUP BY 1, 2"""


class RunElsewhere(Conflict):
    """The run is not in a state in which this can be done; look at it again."""

    code = "run_elsewhere"

    def __init__(self, run: int, why: str) -> None:
        super().__init__(f"run {run}: {why}")


@dataclass(frozen=True, slots=True)
class Preview:
    """What placing a run at a step would do. stands: step ids where it stands now; effects: what that step did for
    this run already, as (channel, status, number); asks_again: it may ask for more, under new keys."""

    run: int
    stands: tuple[str, ...]
    to: str
    effects: tuple[tuple[str, str, int], ...]
    asks_again: bool


def pause_runs(driver: Driver, runs: Sequence[int], now: datetime) -> int:
    """Let single runs stand still. Gives how many did not already."""
    return stand_still(driver, locked(driver, runs, [RunStatus.RUNNING]), now)


def resume_runs(driver: Driver, runs: Sequence[int], now: datetime) -> int:
    """Let them go on, their clocks moved by the pause; where the journey is paused, they go on with that."""
    paused = locked(driver, runs, [RunStatus.PAUSED])
    go_on(driver, paused, now)
    return _stand_with_journey(driver, paused, now)


def cancel_runs(driver: Driver, runs: Sequence[int], now: datetime, reason: str = "cancelled") -> int:
    """End single runs, wherever they stand."""
    live = [RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.HELD, RunStatus.FAILED]
    return end_runs(driver, locked(driver, runs, live), RunStatus.CANCELLED, reason, now)


def release_runs(driver: Driver, runs: Sequence[int], now: datetime) -> int:
    """Let runs go on that were held because they came due while the product was away."""
    held = locked(driver, runs, [RunStatus.HELD])
    driver.execute(_RELEASE_DUE, (now, held, now))
    driver.execute("UPDATE journey_tokens SET is_paused = false WHERE run_id = ANY(%s)", (held,))
    change(driver, held, RunStatus.RUNNING)
    driver.execute(_RESUME_RUNS, (held,))
    note(driver, np.array(held, np.int64), Happening.RESUMED, {"reason": "released"}, micros_of(now))
    return _stand_with_journey(driver, held, now)


def skip_runs(driver: Driver, runs: Sequence[int], now: datetime) -> int:
    """End held runs, as a journey that says 'overdue: skip' would have."""
    held = locked(driver, runs, [RunStatus.HELD])
    return end_runs(driver, held, *SKIPPED, now)


def retry_runs(driver: Driver, runs: Sequence[int], now: datetime) -> int:
    """Try failed runs again at the step where they failed; what it asked for before keeps its key."""
    failed = locked(driver, runs, [RunStatus.FAILED])
    change(driver, failed, RunStatus.RUNNING)
    driver.execute(_RETRY_TOKENS, (now, failed))
    driver.execute(_RETRY_RUNS, (failed,))
    note(driver, np.array(failed, np.int64), Happening.RETRIED, None, micros_of(now))
    return _stand_with_journey(driver, failed, now)


def place_run(
    driver: Driver, book: Book, run: int, step: str, now: datetime, *, passed_over: str | None = None
) -> None:
    """Let one run go on from a step: 'start again from here', or the step behind a port that an operator chose
    (passed_over: the step that is skipped). Its other tokens are taken away, and an ended run lives again.

    Raises NotFound for an unknown run or step, RunElsewhere for one that was merged away.
    """
    place, status = _found(driver, run)
    if status == RunStatus.MERGED:
        raise RunElsewhere(run, "it was merged into another; look at that one")
    compiled = book.version(driver, place)
    if compiled is None or step not in compiled.numbers:
        raise NotFound("step", step)
    driver.execute(_LOCK_JOURNEYS, (LOCK, [run]))
    driver.execute(_LOCK_TOKENS, ([run],))
    if passed_over is None:  # it will be asked for anew
        take_back(driver, of_runs(driver, [run]), f"begins again at {step}", now)
    place_token(driver, compiled, Fresh(run, compiled.numbers[step]), now)
    what = Happening.RETRIED if passed_over is None else Happening.PASSED_OVER
    detail = {"to": step} if passed_over is None else {"step": passed_over, "to": step}
    note(driver, np.array([run], np.int64), what, detail, micros_of(now))
    _stand_with_journey(driver, [run], now)


def preview(driver: Driver, book: Book, run: int, step: str) -> Preview:
    """What place_run() would do, without doing it."""
    place, _ = _found(driver, run)
    compiled = book.version(driver, place)
    if compiled is None or step not in compiled.numbers:
        raise NotFound("step", step)
    number = compiled.numbers[step]
    stands = tuple(str(row[0]) for row in driver.execute(_STANDS, (run,)))
    done = tuple((str(c), str(s), int(n)) for c, s, n in driver.execute(_DONE, (place.journey_id, number, run)))
    return Preview(run, stands, step, done, compiled.steps[number].kind.asks)


def _found(driver: Driver, run: int) -> tuple[Place, int]:
    row: Any = driver.execute(_RUN, (run,)).fetchone()
    if row is None:
        raise NotFound("run", str(run))
    return Place(row[0], row[1], row[2]), int(row[3])


def locked(driver: Driver, runs: Sequence[int], statuses: Sequence[RunStatus]) -> list[int]:
    """Those of the runs that are in one of the states, under the locks that a turn takes, in its order."""
    driver.execute(_LOCK_JOURNEYS, (LOCK, list(runs)))
    driver.execute(_LOCK_TOKENS, (list(runs),))
    return [int(row[0]) for row in driver.execute(_LOCK_RUNS, (list(runs), list(map(int, statuses))))]


def stand_still(driver: Driver, runs: list[int], now: datetime) -> int:
    """Runs, whose locks the caller holds, stand still from now on."""
    change(driver, runs, RunStatus.PAUSED)
    driver.execute(_PAUSE_TOKENS, (runs,))
    driver.execute(_PAUSE_RUNS, (now, runs))
    note(driver, np.array(runs, np.int64), Happening.PAUSED, None, micros_of(now))
    return len(runs)


def go_on(driver: Driver, runs: list[int], now: datetime) -> int:
    """Runs, whose locks the caller holds, go on, their clocks moved by the pause."""
    change(driver, runs, RunStatus.RUNNING)
    driver.execute(_RESUME_TOKENS, {"now": now, "runs": runs})
    driver.execute(_RESUME_RUNS, (runs,))
    note(driver, np.array(runs, np.int64), Happening.RESUMED, None, micros_of(now))
    return len(runs)


def _stand_with_journey(driver: Driver, runs: list[int], now: datetime) -> int:
    """Of runs that would go on now, let those stand still whose journey is paused, until it is resumed. Gives how many
    there are."""
    standing = [int(row[0]) for row in driver.execute(_OF_PAUSED, (runs,))]
    if standing:
        stand_still(driver, standing, now)
    return len(runs)


def end_runs(driver: Driver, runs: list[int], status: RunStatus, reason: str, now: datetime) -> int:
    """End runs, whose locks the caller holds, in a named way, and take back what they asked for. Gives how many.

    Runs that a cancelled or stopped one waits for are cancelled with it, and theirs.
    """
    tokens = [int(str(row[0])) for row in driver.execute(_DROP_TOKENS, (runs,)).fetchall()]
    change(driver, runs, status)
    driver.execute(_END, (int(status), reason, now, runs))
    driver.execute(_COUNT_ENDS, (now, f"ended:{status.name.lower()}:{reason}", runs))
    note(
        driver,
        np.array(runs, np.int64),
        Happening.ENDED,
        {"status": status.name.lower(), "reason": reason},
        micros_of(now),
    )
    tell_parents(driver, runs, micros_of(now))
    if status is not RunStatus.STOPPED:  # of a stopped journey all is taken back, and its guard knows that it stands
        take_back(driver, of_runs(driver, runs), f"{status.name.lower()}: {reason}", now)
    if status in (RunStatus.STOPPED, RunStatus.CANCELLED) and tokens:
        _cancel_children(driver, tokens, now)
    return len(runs)


def _cancel_children(driver: Driver, parents: list[int], now: datetime) -> None:
    """Runs, and entries on their way, that tokens waited for."""
    driver.execute(_DROP_ENTRIES, (parents,))
    children = [int(str(row[0])) for row in driver.execute(_CHILDREN, (parents,)).fetchall()]
    live = [RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.HELD, RunStatus.FAILED]
    if children:
        end_runs(driver, locked(driver, children, live), RunStatus.CANCELLED, "parent cancelled", now)
