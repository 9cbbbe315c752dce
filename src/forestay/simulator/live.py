"""Live play: the company goes on living after the end of its history, and its systems tell the product.

Gives: LivePlay, LiveStep.

A *story moment* is when something happens in the company's life, a *wall moment* when it is told; messages and
rows carry wall moments, since a product takes what lies in the future for a wrong clock. A story day takes
86,400 / speedup seconds; with events_per_second the days are told as fast as that rate allows, so that nights and
weekends pass in no time. The beats of simulator.beats come on top, at wall seconds after the start.
Live play holds its accounts in memory, at most MOST_ACCOUNTS of them, the first by number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import numpy as np

from forestay.customers.kinds import FIELDS, FieldType, ImportKind
from forestay.kit.clock import DAY_MICROS, date_of, micros_of, now
from forestay.simulator.account import AccountLife, account_row, contact_row
from forestay.simulator.beats import Act, beats_of
from forestay.simulator.company import Company
from forestay.simulator.leaving import WEEK
from forestay.simulator.rows import KINDS, AccountRow, Row, cells, known_at, turning_points
from forestay.simulator.shocks import Intervention, InterventionKind
from forestay.simulator.spec import LIVE_DAYS
from forestay.simulator.telemetry import Sent, pack, segment_messages, sent
from forestay.simulator.untidy import Arrivals, arrive, share_of

MOST_ACCOUNTS = 5_000
BUNDLE_SECONDS = 1.0
"""What is told within so many seconds travels in one body."""
_DATES = {kind: [f.name for f in FIELDS[kind] if f.type in (FieldType.DAY, FieldType.MOMENT)] for kind in ImportKind}
_PLANNED = ("due_on", "renews_on")


@dataclass(frozen=True, slots=True)
class LiveStep:
    """One call that a system of the company makes. due_seconds: after the start of the play; records: None for a
    Segment body, else the kind of the rows, which are JSON lines."""

    due_seconds: float
    body: bytes
    records: ImportKind | None = None
    items: int = 1

    @property
    def path(self) -> str:
        """Where the body is posted to."""
        return "/v1/batch" if self.records is None else f"/api/import/{self.records}"


@dataclass(slots=True)
class _Actor:
    """One account on stage."""

    life: AccountLife
    ways: Arrivals
    known: set[int]


class LivePlay:
    """The story after the history, as timed calls; iterate over it. It never ends.

    seed: names the messages, so that a second play of the same days is not taken for duplicates of the first.
    skip_days: story days that were told before. started: the wall moment of second 0, now if None.
    """

    def __init__(
        self,
        company: Company,
        seed: int,
        speedup: float = 1.0,
        *,
        events_per_second: float | None = None,
        skip_days: int = 0,
        started: datetime | None = None,
        beats: bool = True,
    ) -> None:
        self.company, self.spec, self.seed = company, company.spec, seed
        self.speedup, self.rate = speedup, events_per_second
        self.started = micros_of(now() if started is None else started)
        self.day = skip_days
        self.beats = beats
        self._horizon = self.spec.days + LIVE_DAYS
        self._actors = [self._actor(n) for n in range(min(MOST_ACCOUNTS, self.spec.accounts))]
        first = self.spec.until_micros + skip_days * DAY_MICROS
        self._story, self._wall = [first], [self.started]

    def intervene(self, account: str | int, kind: InterventionKind) -> Intervention:
        """Do something for an account from the next story day on; its further story changes."""
        number = account if isinstance(account, int) else self.company.number_of(account)
        given = self.company.apply_intervention(number, kind, date_of(self.spec.until_day + self.day + 1))
        if number < len(self._actors):
            self._actors[number] = replace(self._actor(number), known=self._actors[number].known)
        return given

    def __iter__(self) -> Iterator[LiveStep]:
        waiting = beats_of(self.company, [actor.life for actor in self._actors]) if self.beats else iter(())
        act = next(waiting, None)
        while True:
            for step in self._tell_day():
                while act is not None and act.due_seconds <= step.due_seconds:
                    yield from self._perform(act)
                    act = next(waiting, None)
                yield step

    def _actor(self, number: int) -> _Actor:
        life = self.company.account(number, self._horizon)
        return _Actor(life, arrive(self.spec, life), set())

    def _tell_day(self) -> list[LiveStep]:
        """One story day as calls, in the order of telling; moves on to the next day."""
        if self.spec.days + self.day + WEEK + 2 > self._horizon:
            self._horizon += LIVE_DAYS
            self._actors = [replace(self._actor(n), known=actor.known) for n, actor in enumerate(self._actors)]
        begin = self.spec.until_micros + self.day * DAY_MICROS
        parts = [
            sent(actor.life, actor.ways, 0, begin + DAY_MICROS, begin + DAY_MICROS, begin) for actor in self._actors
        ]
        self._pace(np.sort(np.concatenate([part.arrived for part in parts])), begin + DAY_MICROS)
        told: list[tuple[int, bytes]] = []
        for actor, part in zip(self._actors, parts, strict=True):
            told += segment_messages(self.seed, self._on_the_wall(part), actor.known)
        rows = [found for actor in self._actors for found in self._news(actor.life, begin, begin + DAY_MICROS)]
        self.day += 1
        return sorted((*self._bundles(told), *self._row_bundles(rows)), key=lambda step: step.due_seconds)

    def _pace(self, arrived: np.ndarray[tuple[int], np.dtype[np.int64]], end: int) -> None:
        """Lay down when the story moments of a day are told."""
        if self.rate is None:
            self._story.append(end)
            self._wall.append(self._wall[-1] + int((end - self._story[-2]) / self.speedup))
            return
        gap = int(1e6 / self.rate)
        base = self._wall[-1]
        self._story += arrived.tolist()
        self._wall += [base + gap * (n + 1) for n in range(len(arrived))]
        self._story.append(end)
        self._wall.append(base + gap * (len(arrived) + 1))
        self._story, self._wall = self._story[-200_000:], self._wall[-200_000:]

    def _moment(self, story: int) -> int:
        """The wall moment of a story moment; what lies in the history keeps its own."""
        if story <= self.spec.until_micros:
            return story
        return int(np.interp(story, self._story, self._wall))

    def _on_the_wall(self, part: Sent) -> Sent:
        told = np.interp(part.arrived, self._story, self._wall).astype(np.int64)
        at = np.where(
            part.usage.at <= self.spec.until_micros, part.usage.at, np.interp(part.usage.at, self._story, self._wall)
        )
        return replace(part, arrived=told, usage=replace(part.usage, at=np.minimum(at.astype(np.int64), told)))

    def _news(self, life: AccountLife, begin: int, end: int) -> list[tuple[int, Row]]:
        """Rows that become known or change in a story day, with the wall moment of the news."""
        spec, found = self.spec, list[tuple[int, Row]]()
        people = [
            contact_row(spec, life, person, consents=share_of(spec.seed, f"{person.key}|consent") >= 0.06)
            for person in life.people.everybody
            if person.joined_day >= spec.days - 2 or person.left_day >= spec.days - 2
        ]
        for row in (*people, *life.records):
            for moment in turning_points(row):
                if begin < moment <= end and (shown := known_at(row, moment)) is not None:
                    found.append((self._moment(moment), shown))
        day = end // DAY_MICROS - spec.start_day
        today, yesterday = account_row(spec, life, day), account_row(spec, life, day - 1)
        if today != yesterday:
            found.append((self._moment(end), today))
        return found

    def _bundles(self, told: list[tuple[int, bytes]]) -> Iterator[LiveStep]:
        baskets: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for moment, message in told:
            baskets[int((moment - self.started) / 1e6 / BUNDLE_SECONDS)].append((moment, message))
        for number, basket in sorted(baskets.items()):
            due = (number + 1) * BUNDLE_SECONDS
            basket.sort(key=lambda one: one[0])
            for body in pack((message for _, message in basket), self.started + int(due * 1e6)):
                yield LiveStep(due, body, None, len(basket))

    def _row_bundles(self, rows: list[tuple[int, Row]]) -> Iterator[LiveStep]:
        baskets: defaultdict[tuple[int, ImportKind], list[bytes]] = defaultdict(list)
        for moment, row in sorted(rows, key=lambda one: one[0]):
            number = int((moment - self.started) / 1e6 / BUNDLE_SECONDS)
            baskets[number, KINDS[type(row)]].append(self._line(row))
        for (number, kind), lines in baskets.items():
            yield LiveStep((number + 1) * BUNDLE_SECONDS, b"\n".join(lines) + b"\n", kind, len(lines))

    def _line(self, row: Row) -> bytes:
        """A row as a JSON line, its story dates told as wall dates; empty fields are left out."""
        changed: dict[str, int] = {}
        for name in _DATES[KINDS[type(row)]]:
            value = getattr(row, name, None)
            if value is None or name in _PLANNED or (isinstance(row, AccountRow) and name == "customer_since"):
                continue
            is_day = value < 1_000_000
            story = value * DAY_MICROS + DAY_MICROS // 2 if is_day else value
            if story > self.spec.until_micros:
                wall = self._moment(story)
                changed[name] = wall // DAY_MICROS if is_day else wall
        shown = replace(row, **changed) if changed else row  # type: ignore[arg-type]
        return msgspec.json.encode({name: text for name, text in cells(shown).items() if text})

    def _perform(self, act: Act) -> Iterator[LiveStep]:
        """One beat as calls."""
        wall = self.started + int(act.due_seconds * 1e6)
        for body in pack(act.messages(self.seed, wall), wall):
            yield LiveStep(act.due_seconds, body, None, act.size)
        for row in act.rows(wall):
            line = msgspec.json.encode({name: text for name, text in cells(row).items() if text})
            yield LiveStep(act.due_seconds, line + b"\n", KINDS[type(row)])
