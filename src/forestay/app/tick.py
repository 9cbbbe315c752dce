"""The tick: from bodies in the log to committed scores, signals and requests.

Reads : the event log, the store, the worker's memory (Shard)
Gives : Tick.run(), Ticked
Source: DESIGN section 4

1 Read bodies after the shard's position, about 24 MB of them. While an import waits, a thread reads on and decodes what
  the next tick will take (app/ahead.py), and accounts that only imports touched are scored later (app/putting_off.py).
2 Per workspace: decode, deduplicate, resolve who each message is about, join, merge, adopt.
3 Add to the activity cube; remember what records say as facts and traits.
4 For touched accounts only, recompute measures, health and predictions; the new day and a new configuration touch
  all of a workspace, a portion a tick.
5 Judge the triggers on those columns.
6 Gather what must be written: records, contacts, scores, changes, signals, requests, watched events, quarantine.
7 Commit all of it with the log position in one PostgreSQL transaction.
8 Hand the events to the lake's buffer.

A body that cannot be digested is put aside and the others go on (app/poison.py). The store may go away at any
moment: the tick waits with what it has and commits it once (app/commit.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from forestay.app.ahead import NOTHING_AHEAD, Ahead
from forestay.app.asking import Asking
from forestay.app.commit import Commit
from forestay.app.decoded import Ready
from forestay.app.poison import Isolation
from forestay.app.preparing import Preparation, Prepared
from forestay.app.rollover import begin_day, judge_settled, take_due
from forestay.app.shard import Due, Shard
from forestay.events.log import Codec, LogReader, Record
from forestay.kit.clock import moment_of
from forestay.kit.telemetry import span
from forestay.lake.batch import LakeBatch
from forestay.sources.record_tables import Statement

TICK_BYTES = 24_000_000


class JourneyHand(Protocol):
    """Is told what a committed tick came to."""

    def touched(self, workspace_id: int, accounts: Sequence[int], *, has_mail: bool = True) -> None:
        """The runs of accounts that were judged are to be looked at again. has_mail: the inbox may have got rows."""
        ...


class LakeHand(Protocol):
    """Takes over what a committed tick came to."""

    def hand(self, batches: Sequence[LakeBatch], up_to: int) -> None:
        """Keep batches until the lake has them."""
        ...


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did. bodies: read from the log; counts: by name of daily_counts; oldest: receipt of the oldest
    body, microseconds UTC, 0 when there was none."""

    bodies: int = 0
    touched: int = 0
    fired: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    oldest: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One workspace's share of a tick. begun: what the new day writes."""

    number: int
    records: list[Record]
    due: list[Due]
    begun: list[Statement]


@dataclass(slots=True)
class Tick:
    """The worker's loop body. now: the clock; ask, commit: how the store is reached; last: the last tick's moment;
    ahead: reads on while a tick works, None: nobody does."""

    log: LogReader
    shard: Shard
    commit: Commit
    ask: Asking
    lake: LakeHand
    isolation: Isolation
    now: Callable[[], datetime]
    last: datetime
    journeys: JourneyHand | None = None
    ahead: Ahead | None = None

    def run(self) -> Ticked | None:
        """One tick; None when there was nothing to do."""
        records, ready = self._read()
        at = self._moment(records)
        self._meet(records)
        for space in self.shard.workspaces.values():
            judge_settled(space, at)
        begun = {number: begin_day(space, at, self.ask) for number, space in self.shard.workspaces.items()}
        spaces = self.shard.workspaces.values()
        if not records and not any(begun.values()) and not any(space.due or space.put_off for space in spaces):
            return None
        before = self.shard.position
        after = records[-1].position if records else before
        preparation = Preparation(self.ask, at, self._read_on(records, after), ready)
        with span("tick", bodies=len(records), position=after):
            return self._work(records, begun, preparation, before, after)

    def close(self) -> None:
        """End the thread that reads on."""
        if self.ahead is not None:
            self.ahead.close()

    def _read(self) -> tuple[Sequence[Record], Ready]:
        """The next records: those that were read ahead, and what came since if there is room for it."""
        begun = self.ahead.take(self.shard.position) if self.ahead is not None else NOTHING_AHEAD
        after = begun.records[-1].position if begun.records else self.shard.position
        more = self.log.read(after, TICK_BYTES - begun.size) if begun.size < TICK_BYTES else []
        return [*begun.records, *more], begun.ready

    def _read_on(self, records: Sequence[Record], after: int) -> bool:
        """Whether more than this tick's records waits; amid an import somebody begins with it."""
        is_behind = self.log.last_position() > after
        if is_behind and self.ahead is not None and any(record.codec is Codec.ARROW for record in records):
            zones = {number: space.configuration.zone for number, space in self.shard.workspaces.items()}
            self.ahead.start(after, TICK_BYTES, zones)
        return is_behind

    def _work(
        self, records: Sequence[Record], begun: Mapping[int, list[Statement]], preparation: Preparation, before: int,
        after: int,
    ) -> Ticked:  # fmt: skip
        parts = self._parts(records, begun)
        prepared = {part.number: self._prepare(preparation, part, after) for part in parts}
        with span("tick.commit"):
            self._commit(preparation, before, after, parts, prepared)
        self.shard.position = after
        if self.journeys is not None:
            for number, one in prepared.items():
                self.journeys.touched(number, one.writes.judged, has_mail=one.writes.has_mail)
        self.lake.hand([batch for one in prepared.values() for batch in one.lake], after)
        return _told(records, prepared, preparation.at)

    def _moment(self, records: Sequence[Record]) -> datetime:
        """The tick's moment: never before the last one's, nor before the receipt of what it reads."""
        moments = [self.now(), self.last + timedelta(microseconds=1)]
        if records:
            moments.append(moment_of(records[-1].received_at))
        self.last = max(moments)
        return self.last

    def _meet(self, records: Sequence[Record]) -> None:
        """Workspaces that were made since the start."""
        for number in sorted({record.workspace_id for record in records} - set(self.shard.workspaces)):
            space = self.isolation.meet(number, self.shard.position)
            if space is not None:
                self.shard.workspaces[number] = space

    def _parts(self, records: Sequence[Record], begun: Mapping[int, list[Statement]]) -> list[_Part]:
        """What each workspace has to do."""
        bodies: dict[int, list[Record]] = {}
        for record in records:
            bodies.setdefault(record.workspace_id, []).append(record)
        parts = [
            _Part(number, bodies.get(number, []), take_due(space), begun.get(number, []))
            for number, space in self.shard.workspaces.items()
        ]
        put_off = {number for number, space in self.shard.workspaces.items() if space.put_off}
        return [part for part in parts if part.records or part.due or part.begun or part.number in put_off]

    def _prepare(self, preparation: Preparation, part: _Part, up_to: int) -> Prepared:
        """Steps 2 to 6 of one workspace."""
        space = self.shard.workspaces[part.number]
        try:
            prepared = preparation.prepare(space, part.records, up_to)
            for one in part.due:
                preparation.score(space, one.rows, one.cause, prepared, fresh=True)
        except Exception as reason:  # noqa: BLE001 - whatever a body sets off, the other workspaces go on
            self.isolation.check(reason)
            prepared = self._redo(preparation, part, up_to, reason)
        prepared.writes.statements += part.begun
        return prepared

    def _redo(self, preparation: Preparation, part: _Part, up_to: int, reason: Exception) -> Prepared:
        return self.isolation.redo(self.shard, preparation, part.number, part.records, part.due, up_to, reason)

    def _commit(
        self, preparation: Preparation, before: int, after: int, parts: Sequence[_Part], prepared: dict[int, Prepared]
    ) -> None:
        """Step 7. When the store refuses a row, the workspace it belongs to is done again without its bad bodies."""
        try:
            self.commit.keep(before, after, preparation.at, [one.writes for one in prepared.values()])
        except Exception as reason:
            self.isolation.check(reason)
            failing = dict(self.isolation.failing([one.writes for one in prepared.values()]))
            if not failing:
                raise
            for part in parts:
                if part.number in failing:
                    prepared[part.number] = self._redo(preparation, part, after, failing[part.number])
            self.commit.keep(before, after, preparation.at, [one.writes for one in prepared.values()])


def _told(records: Sequence[Record], prepared: Mapping[int, Prepared], at: datetime) -> Ticked:
    counts: dict[str, int] = {}
    for one in prepared.values():
        for name, number in one.counts.items():
            counts[name] = counts.get(name, 0) + number
    return Ticked(
        len(records),
        sum(one.touched for one in prepared.values()),
        sum(one.fired for one in prepared.values()),
        counts,
        records[0].received_at if records else 0,
        at,
    )
