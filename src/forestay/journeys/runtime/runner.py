"""The runner: takes in what came, claims what is due, lets it run on, writes it back. Several may work at once.

Gives : Runner, Outlook
Reads : journeys, journey_inbox, journey_tokens, journey_runs
Source: DESIGN section 9

One turn is one transaction:
1 Take rows out of the inbox, or claim tokens whose moment has come (FOR UPDATE SKIP LOCKED: the row lock is the lease).
2 Share the locks of their journeys; one that is being stopped or paused is left alone (acting.py).
3 Let each version's tokens run on, as columns (journeys.machine).
4 Write tokens, runs, requests, history and counts; commit. Nothing has left before.

A turn that fails (a value that the store cannot hold, a fault of ours) is tried again with fewer rows, until the one
that it is about stands alone and is put aside (sifting.py). Two runners that meet (deadlock) try again.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.machine import advance, end
from forestay.journeys.moves import Ints, World
from forestay.journeys.runtime import overdue
from forestay.journeys.runtime.acting import (
    Acting,
    Operated,
    away,
    share,
    share_all,
    standing_still,
    wait_for_operators,
)
from forestay.journeys.runtime.aside import put_aside_inbox, put_aside_token
from forestay.journeys.runtime.book import STAMP, Book
from forestay.journeys.runtime.counting import change
from forestay.journeys.runtime.entering import Arrival, Entered, Entering, refuse_children
from forestay.journeys.runtime.goals import GOAL_MET, Goals, kept_goals
from forestay.journeys.runtime.gone import of_accounts
from forestay.journeys.runtime.intake import Inbox, delete_read, read_inbox, wake_by_inbox
from forestay.journeys.runtime.merging import merge_runs
from forestay.journeys.runtime.rows import Group, Place, read_tokens
from forestay.journeys.runtime.sifting import Reach, Turn, sift
from forestay.journeys.runtime.waking import Later, wake_due
from forestay.journeys.runtime.wire import Driver, ask, longs, moment, number
from forestay.journeys.runtime.write import Turned, standing, write, write_counts, write_rows, write_told
from forestay.journeys.tokens import Advanced, Flags
from forestay.journeys.words import RunStatus
from forestay.kit.clock import micros_of
from forestay.kit.logs import get_logger
from forestay.store.changes import about
from forestay.store.database import Store, StoreBusy, raw

_log = get_logger(__name__)
BATCH = 6000
"""Tokens a turn: with 20,000 the planner would rather read whole tables, and halves the throughput."""
_CLAIMS = 3
"""So often are due tokens asked for, where those in front may not move now."""

_PLAN = b"SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off; SET LOCAL jit = off"
"""Everything here looks up a few thousand rows by their numbers; a plan that reads a whole table is never right."""
_CLAIM = """
SELECT * FROM journey_tokens WHERE due_at <= $1 AND due_at IS NOT NULL AND NOT is_paused AND workspace_id <> ALL($3)
  AND journey_id <> ALL($4) AND (cardinality($5) = 0 OR id = ANY($5))
ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED"""
_LOOK = f"""
SELECT (SELECT min(due_at) FROM journey_tokens WHERE due_at IS NOT NULL AND NOT is_paused),
       EXISTS (SELECT FROM journey_inbox WHERE refused IS NULL), ({STAMP}),
       EXISTS (SELECT FROM journeys WHERE work IS NOT NULL)"""  # noqa: S608
_LATER = "UPDATE journey_tokens SET due_at = to_timestamp($2 / 1e6) + interval '5 minutes' WHERE id = ANY($1)"
_PAUSE_RUNS = "UPDATE journey_runs SET status = 1, paused_at = $2 WHERE id = ANY($1)"


@dataclass(frozen=True, slots=True)
class Outlook:
    """next_due: of the next token, None: none waits for a moment; has_mail: something is in the inbox; is_changed: the
    journeys are not those of the last look; has_work: a pause, resume or stop is to be carried on."""

    next_due: datetime | None
    has_mail: bool
    is_changed: bool
    has_work: bool = False


@dataclass(slots=True)
class Runner:
    """worlds: what steps may ask, by workspace and moment; now: the clock; serves: whether a
    workspace's journeys may move here (its accounts are in memory)."""

    store: Store
    worlds: Callable[[int, datetime], World]
    now: Callable[[], datetime]
    serves: Callable[[int], bool] = lambda _: True
    book: Book = field(default_factory=Book)
    batch: int = BATCH

    def refresh(self) -> bool:
        """Look at what is published; True when it changed."""
        with self.store.begin_worker() as connection:
            return self.book.refresh(raw(connection))

    def look(self) -> Outlook:
        """What there is to do: one question, answered by indexes. Reads the journeys again where they changed."""
        with self.store.begin_worker() as connection:
            driver = raw(connection)
            row = driver.execute(_LOOK).fetchone()
            assert row is not None
            is_changed = self.book.refresh(driver, str(row[2]))
        return Outlook(row[0], bool(row[1]), is_changed, bool(row[3]))  # type: ignore[arg-type]

    def run_due(self) -> Turn:
        """Let tokens whose moment has come run on; at most a batch of them."""
        return sift(
            lambda reach: self._in_turn(lambda driver: self._due(driver, reach)),
            lambda token, why: self._with_store(lambda driver: put_aside_token(driver, token, self.now(), why)), self.batch,
        )  # fmt: skip

    def take_in(self) -> Turn:
        """Act on rows of the inbox; at most a batch of them."""
        return sift(
            lambda reach: self._in_turn(lambda driver: self._inbox(driver, reach)),
            lambda row, why: self._with_store(lambda driver: put_aside_inbox(driver, row, why)), self.batch,
        )  # fmt: skip

    def _with_store(self, work: Callable[[Driver], None]) -> None:
        with self.store.begin_worker() as connection:
            work(raw(connection))

    def touch(self, workspace_id: int, accounts: Ints) -> Turn:
        """What is known of these accounts has changed: conditions, goals and exits are looked at again."""
        turn = Turn()
        watchers = [one for one in self.book.versions() if one.workspace_id == workspace_id]
        for part in np.array_split(accounts, max(1, -(-len(accounts) // self.batch))) if len(accounts) else ():
            more = self._in_turn(lambda driver, part=part: self._touched(driver, watchers, part))  # type: ignore[misc]
            turn = Turn(turn.rows + more.rows, turn.transitions + more.transitions)
        return turn

    def _in_turn(self, work: Callable[[Driver], Turn]) -> Turn:
        for _ in range(5):
            try:
                with _uncollected(), self.store.begin_worker() as connection:
                    driver = raw(connection)
                    driver.pgconn.exec_(_PLAN)
                    return work(driver)
            except Operated as at:
                self._with_store(lambda driver, at=at: wait_for_operators(driver, at.journeys))  # type: ignore[misc]
            except StoreBusy:
                _log.info("journey_turn_met_another")
        raise StoreBusy("journeys met others too often")

    def _due(self, driver: Driver, reach: Reach) -> Turn:
        now = self.now()
        groups = self._claimed(driver, reach, now)
        about(driver, {group.place.workspace_id for group in groups})
        turned = [one for group in groups for one in self._advance_due(driver, group, now)]
        write(driver, turned, micros_of(now))
        return _told(groups, turned)

    def _claimed(self, driver: Driver, reach: Reach, now: datetime) -> list[Group]:
        """Tokens that are due, of journeys that may move; where others stand in front of them, those behind these."""
        elsewhere, barred = away(driver, self.serves), standing_still(driver)
        for _ in range(_CLAIMS):
            groups = read_tokens(
                driver, _CLAIM, moment(micros_of(now)), number(reach.limit), longs(elsewhere),
                longs(np.array(sorted(barred), np.int64)), longs(np.array(reach.only, np.int64)),
            )  # fmt: skip
            found = {group.place.journey_id for group in groups}
            free = share(driver, found).free
            mine = [group for group in groups if group.place.journey_id in free]
            if mine or not groups:
                break
            barred |= found
        reach.seen[:] = [token for group in mine for token in group.tokens.token[group.tokens.claimed].tolist()]
        return mine

    def _advance_due(self, driver: Driver, group: Group, now: datetime) -> list[Turned]:
        compiled = self.book.version(driver, group.place)
        if compiled is None:
            ask(driver, _LATER, longs(group.tokens.token), number(micros_of(now)))
            return []
        world = self.worlds(group.place.workspace_id, now)
        woken = wake_due(driver, compiled, group)
        late = overdue.places(compiled, group, woken.due, micros_of(now))
        if len(late) and compiled.journey.overdue == overdue.HOLD:
            overdue.hold(driver, group, late, micros_of(now))
            group = group.at(np.setdiff1d(np.arange(len(group.tokens)), overdue.with_siblings(group, late)))
            return self._advance_due(driver, group, now) if len(group.tokens) else []
        leaving, how = (late, overdue.SKIPPED) if len(late) else (kept_goals(group), GOAL_MET)
        if len(leaving):
            turned = _begin(compiled, group)
            turned.done = end(compiled, group.runs, group.tokens, world, leaving, how)
            rest = np.setdiff1d(np.arange(len(group.tokens)), overdue.with_siblings(group, leaving))
            more = group.at(rest)
            return [turned, *(self._advance_due(driver, more, now) if len(rest) else [])]
        return [self._advanced(compiled, group, world, woken.later)]

    def _advanced(self, compiled: Compiled, group: Group, world: World, later: Later) -> Turned:
        turned = _begin(compiled, group)
        turned.done = advance(compiled, group.runs, group.tokens, world, later)
        return turned

    def _inbox(self, driver: Driver, reach: Reach) -> Turn:
        now = self.now()
        inbox = read_inbox(driver, reach, away(driver, self.serves))
        if not inbox.rows:
            return Turn()
        acting = share(driver, {one.journey_id for one in inbox.arrivals})
        rows = delete_read(driver, inbox, acting.held)
        for merge in inbox.merges:
            merge_runs(driver, self.book, merge, now)
        turned = []
        for part in self._by_inbox(driver, inbox, now, acting):
            write_rows(driver, part, micros_of(now))  # before the next part is read: it may be about the same runs
            turned += part
        write_told(driver, turned, micros_of(now))
        return Turn(rows, sum(one.done.transitions for one in turned))

    def _by_inbox(self, driver: Driver, inbox: Inbox, now: datetime, acting: Acting) -> Iterator[list[Turned]]:
        yield self._entered(driver, inbox, now, acting)
        goals = Goals(driver, self.book, inbox.events)
        met = list(goals.met(lambda space: self.worlds(space, now)))
        yield [self._ended(*one, now) for one in met]
        for calls in wake_by_inbox(driver, self.book, inbox):
            versions = [(self.book.version(driver, called.group.place), called) for called in calls]
            yield [
                self._advanced(compiled, called.group, self.worlds(called.group.place.workspace_id, now), called.later)
                for compiled, called in versions
                if compiled is not None
            ]

    def _ended(self, compiled: Compiled, group: Group, places: Ints, how: tuple[object, str], now: datetime) -> Turned:
        turned = _begin(compiled, group)
        world = self.worlds(group.place.workspace_id, now)
        turned.done = end(compiled, group.runs, group.tokens, world, places, how)  # type: ignore[arg-type]
        return turned

    def _entered(self, driver: Driver, inbox: Inbox, now: datetime, acting: Acting) -> list[Turned]:
        turned = []
        micros = micros_of(now)
        for compiled, arrivals in self._by_version(driver, inbox.arrivals, acting.may, micros):
            world = self.worlds(compiled.workspace_id, now)
            entered = Entering(driver, compiled, world, micros).enter(arrivals)
            place = Place(compiled.workspace_id, compiled.journey_id, compiled.version)
            if entered.group is None:
                write_counts(driver, {place: entered.counts}, micros)
            else:
                turned.append(self._first_turn(driver, compiled, entered, entered.group, world, place, acting.paused))
        return turned

    def _first_turn(
        self, driver: Driver, compiled: Compiled, entered: Entered, group: Group, world: World, place: Place,
        paused: frozenset[int],
    ) -> Turned:  # fmt: skip
        turned = _begin(compiled, group, stored=False)
        if place.journey_id in paused:
            turned.done = Advanced(group.runs, group.tokens, np.zeros(len(group.tokens), bool))
            still = np.delete(group.runs.run, list(entered.ended))
            change(driver, still.tolist(), RunStatus.PAUSED)
            ask(driver, _PAUSE_RUNS, longs(still), moment(micros_of(world.now)))
            turned.is_paused = True
        else:
            turned.done = advance(compiled, group.runs, group.tokens, world, came=entered.came)
        done = turned.done
        done.counts.update(entered.counts)
        done.passages[:0] = entered.passages
        done.exposures += entered.exposures
        done.ended.update(entered.ended)
        for run in entered.ended:
            done.gone |= done.tokens.at == run
        done.transitions += len(group.runs)
        return turned

    def _by_version(
        self, driver: Driver, arrivals: Sequence[Arrival], acting: frozenset[int], now: int
    ) -> list[tuple[Compiled, list[Arrival]]]:  # fmt: skip
        """Arrivals by the version that they enter: the live one, or that of the run that sends them."""
        if any(one.journey_id not in self.book.live for one in arrivals):
            self.book.refresh(driver)  # published since the last look
        found: dict[Place, list[Arrival]] = {}
        refused: Counter[Place] = Counter()
        lost: list[Arrival] = []
        lives = {journey: one.place for journey, one in self.book.live.items()}
        for one in arrivals:
            place = lives.get(one.journey_id)
            if "start" in one.body or place is None:
                version = one.body.get("version") if "start" in one.body else None
                place = Place(one.workspace_id, one.journey_id, int(version or 0))
            if not place.version or one.journey_id not in acting:
                refused[place] += 1
                lost.append(one)
            elif place in found:
                found[place].append(one)
            else:
                found[place] = [one]
        told = {place: Counter({(-1, "refused:not_live"): count}) for place, count in refused.items()}
        write_counts(driver, told, now)
        versions = [(self.book.version(driver, place), some) for place, some in found.items()]
        refuse_children(driver, [*lost, *(one for compiled, some in versions if compiled is None for one in some)])
        return [(compiled, some) for compiled, some in versions if compiled is not None]

    def _touched(self, driver: Driver, watchers: Sequence[Compiled], accounts: Ints) -> Turn:
        now = self.now()
        gone = of_accounts(driver, watchers, accounts, now) if watchers else 0
        journeys = np.array(sorted({one.journey_id for one in watchers}), np.int64)
        groups = Goals(driver, self.book, []).watching(
            watchers, accounts, journeys, lambda space: self.worlds(space, now)
        )  # fmt: skip
        acting = share_all(driver, {group.place.journey_id for group in groups})
        groups = [group for group in groups if group.place.journey_id in acting.free]
        turned = []
        for group in groups:
            compiled = self.book.version(driver, group.place)
            if compiled is not None and len(group.tokens):
                world = self.worlds(group.place.workspace_id, now)
                one = _begin(compiled, group)
                one.done = advance(compiled, group.runs, group.tokens, world, judges_all=True)
                turned.append(one)
        write(driver, turned, micros_of(now))
        done = _told(groups, turned)
        return Turn(done.rows + gone, done.transitions + gone)


def _begin(compiled: Compiled, group: Group, *, stored: bool = True) -> Turned:
    tokens = group.tokens
    before = tuple(column.copy() for column in standing(tokens))
    nothing = Advanced(group.runs, tokens, np.zeros(len(tokens), bool))
    is_stored: Flags = np.full(len(tokens), stored)
    return Turned(compiled, group, nothing, is_stored, before)


def _told(groups: Sequence[Group], turned: Sequence[Turned]) -> Turn:
    return Turn(sum(len(group.tokens) for group in groups), sum(one.done.transitions for one in turned))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: a turn makes tens of thousands of small things that are gone with it, and going
    through them again and again is a sixth of its time in Python."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
