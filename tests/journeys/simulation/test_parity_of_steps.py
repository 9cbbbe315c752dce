"""Every kind of step, drawn in any order: the replay over the past and the runner over PostgreSQL tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from forestay.conditions.columns import ColumnTable, Events
from forestay.customers.requests import decode
from forestay.journeys.compiled import Compiled
from forestay.journeys.document import Journey
from forestay.journeys.read import read_journey
from forestay.journeys.registry import KINDS
from forestay.journeys.simulation.answers import Answering, Assumptions, StepAnswer
from forestay.journeys.simulation.arrivals import NO_ARRIVALS, Arrivals, Watching
from forestay.journeys.simulation.cast import cast_of
from forestay.journeys.simulation.crowd import Turn
from forestay.journeys.simulation.happenings import NamedEvents
from forestay.journeys.simulation.past import BlockPast
from forestay.journeys.simulation.people import Contacts, People
from forestay.journeys.simulation.replay import Replay
from forestay.journeys.simulation.track import Track
from forestay.journeys.simulation.world import BlockWorld
from forestay.journeys.tokens import Advanced
from forestay.kit.clock import day_of, micros_of, moment_of, start_of_day
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork
from tests.journeys.simulation.pieces import INNER, PEOPLE, PIECES, steps_of
from tests.journeys.still_world import StillWorld
from tests.journeys.test_invariants import QUICK, fresh

SECOND, MICRO = timedelta(seconds=1), timedelta(microseconds=1)
DAYS = 3
PAST_THE_HOUR = timedelta(minutes=10)
"""So that no moment of the story lies on the edge of a window."""
PING_MINUTES = 17
"""Between two moments at which something may happen."""
Story = list[tuple[int, str, str, str, int]]
"""(seconds since the start, journey, step or reason, slot asked or 'ends', contact)."""
TELLING = st.fixed_dictionaries({
    "answered_share": st.sampled_from([0.0, 0.7, 1.0]), "approved_share": st.sampled_from([0.0, 1.0]),
    "sent_share": st.sampled_from([0.5, 1.0]), "task_hours": st.sampled_from([3.0, 8.0]),
    "level": st.sampled_from([None, 1, 5]),
})  # fmt: skip


def test_the_pieces_show_every_kind_of_step() -> None:
    steps = [step for word in PIECES for step in steps_of([word]).values()]
    assert {step["kind"] for step in steps} == set(KINDS)


@QUICK
@given(
    words=st.lists(st.sampled_from(sorted(PIECES)), min_size=3, max_size=6),
    pings=st.sets(st.integers(1, 200), max_size=8), telling=TELLING,
)  # fmt: skip
def test_any_journey_goes_the_same_way_in_a_simulation_and_at_work(
    store: StoreUnderTest, monkeypatch: pytest.MonkeyPatch, words: list[str], pings: set[int], telling: dict[str, Any]
) -> None:
    monkeypatch.setattr("forestay.journeys.simulation.replay.GRAIN", SECOND // MICRO)
    steps = steps_of(words)
    level = telling.pop("level")
    says = {"status": 200, "json": {"level": level}}
    calls = [name for name, step in steps.items() if step["kind"] == "webhook"]
    answers = {name: StepAnswer(shares={"answered": 1.0}, hours=1.0, says=says) for name in calls}
    answering = Answering(Assumptions(steps=answers, approval_hours=2.0, **telling))
    people, told = at_work(store, steps, pings, answering)
    assert told == in_simulation(people, steps, pings, answering)


def journeys(steps: dict[str, Any]) -> dict[str, Journey]:
    made = {"rescue": steps, "inner": yaml.safe_load(INNER), "people": yaml.safe_load(PEOPLE)}
    return {
        key: read_journey({"key": key, "name": key, "start": "start", "steps": of, "subject": subject(key)})
        for key, of in made.items()
    }


def subject(key: str) -> str:
    return "contact" if key == "people" else "account"


class Answered:
    """People and systems beside a runner: they answer what it asks as assumed, at their time."""

    def __init__(self, work: AtWork, answering: Answering) -> None:
        self.work, self.answering, self.seen = work, answering, 0
        self.coming: list[tuple[Any, int, str, dict[str, Any]]] = []

    @property
    def next(self) -> datetime:
        """When the next answer is given."""
        return min((one[0] for one in self.coming), default=datetime.max.replace(tzinfo=UTC))

    def answer(self) -> bool:
        """Take note of what was asked, and give the answers whose time has come; whether there was one."""
        asked = self.work.rows(
            "SELECT q.id, q.created_at, q.token_id, q.cause, q.slot, q.body, s.step_id, j.key, r.account_id, r.contact_id "
            "FROM requests AS q JOIN journey_steps AS s ON s.journey_id = q.journey_id AND s.number = q.step "
            "JOIN journeys AS j ON j.id = q.journey_id JOIN journey_runs AS r ON r.id = split_part(q.cause, ':', 2)::bigint "
            f"WHERE q.id > {self.seen} ORDER BY q.id"
        )
        for number, at, token, cause, slot, body, step, key, account, contact in asked:
            self.seen, name = number, step if key == "rescue" else f"{key}: {step}"
            who = np.array([account]), np.array([contact or 0])
            for answer, _ in self.answering.answers(decode(body), name, *who, int(cause.rsplit(":", 1)[1])):
                says = {**answer.wake.body, "cause": cause, "slot": slot}
                self.coming.append((at + answer.after * MICRO, token, answer.wake.name, says))
        now = self.work.world.now
        due = [one for one in self.coming if one[0] <= now]
        self.coming = [one for one in self.coming if one[0] > now]
        for _, token, word, says in sorted(due, key=lambda one: one[0]):
            self.work.report(token, word, **says)
        return bool(due)


def at_work(
    store: StoreUnderTest, steps: dict[str, Any], pings: set[int], answering: Answering
) -> tuple[People, Story]:
    """The people whom it was about, and what happened."""
    work = fresh(store)
    work.world.now += PAST_THE_HOUR
    begin = work.world.now
    for key in ("inner", "people"):
        work.publish(yaml.safe_load({"inner": INNER, "people": PEOPLE}[key]), key=key, subject=subject(key))
    journey = work.publish(steps)
    (account,) = work.accounts(1)
    colleagues = two_contacts(work, account)
    work.world.people = {account: colleagues}
    work.enter(journey, [account])
    answered = Answered(work, answering)
    live_through(work, account, answered, [begin + ping * timedelta(minutes=PING_MINUTES) for ping in sorted(pings)])
    known = Contacts(np.repeat(account, 2), np.array(colleagues), [None, None], {"champion": np.zeros(2, bool)})
    return People(account_ids=np.array([account]), contacts=known), sorted(story_at_work(work, begin))


def live_through(work: AtWork, account: int, answered: Answered, pings: list[datetime]) -> None:
    """The clock goes from one moment to the next: events, timers, answers, and the ends of days, when conditions are
    looked at."""
    midnight = start_of_day(day_of(work.world.now, "UTC"), "UTC")
    ends = [midnight + timedelta(days=n + 1) - SECOND for n in range(DAYS)]
    while True:
        work.work()
        while answered.answer():
            work.work()
        due = work.rows("SELECT min(due_at) FROM journey_tokens")[0][0]
        now = min(one for one in (*pings[:1], *ends[:1], due, answered.next) if one is not None)
        if not ends:
            return
        work.world.now = max(now, work.world.now)
        if now in pings:
            work.happen(account, "Ping", now)
            pings = pings[1:]
        if now == ends[0]:
            ends = ends[1:]
            work.runner.touch(work.workspace, np.array([account]))


def two_contacts(work: AtWork, account: int) -> list[int]:
    space = work.workspace
    rows = work.rows(
        f"INSERT INTO contacts (workspace_id, external_id) SELECT {space}, 'c' || n FROM generate_series(1, 2) AS n RETURNING id"
    )
    work.rows(
        "INSERT INTO memberships (workspace_id, contact_id, account_id) "
        f"SELECT {space}, id, {account} FROM contacts RETURNING contact_id"
    )
    return sorted(number for (number,) in rows)


def story_at_work(work: AtWork, begin: Any) -> Iterator[tuple[int, str, str, str, int]]:
    asked = work.rows(
        "SELECT q.created_at, j.key, s.step_id, q.slot, r.contact_id FROM requests AS q "
        "JOIN journey_steps AS s ON s.journey_id = q.journey_id AND s.number = q.step JOIN journeys AS j ON j.id = q.journey_id "
        "JOIN journey_runs AS r ON r.id = split_part(q.cause, ':', 2)::bigint"
    )
    ended = work.rows(
        "SELECT r.ended_at, j.key, r.reason, 'ends', r.contact_id FROM journey_runs AS r JOIN journeys AS j ON j.id = r.journey_id "
        "WHERE r.status >= 10"
    )
    for at, *rest, contact in (*asked, *ended):
        yield ((at - begin) // SECOND, rest[0], rest[1], rest[2], contact or 0)


def in_simulation(people: People, steps: dict[str, Any], pings: set[int], answering: Answering) -> Story:
    begin = StillWorld().now + PAST_THE_HOUR
    start, first = micros_of(begin), day_of(begin, "UTC")
    own, story = journeys(steps), list[tuple[int, str, str, str, int]]()
    replay = made(people, own, start, first, sorted(pings), answering, story)
    replay.run()
    for track in replay.tracks.values():
        runs = track.crowd.runs
        for run, reason in track.crowd.reasons.items():
            at, contact = int(runs["ended_at"][run]), int(runs["contact"][run])
            story.append((at, track.compiled.key, reason, "ends", contact))
    return sorted(((at - start) // (SECOND // MICRO), *rest) for at, *rest in story)  # type: ignore[misc]


def made(
    people: People, own: dict[str, Journey], start: int, first: int, pings: list[int], answering: Answering,
    story: Story,
) -> Replay:  # fmt: skip
    one, zero = people.account_ids, np.zeros(1, np.int64)
    shape = (1, DAYS + 1)
    past = BlockPast(
        one, zero - 1, first - 1, ColumnTable(shape), np.ones(shape, bool), cast(Events, None)
    )  # fmt: skip
    at = np.array([start + ping * (timedelta(minutes=PING_MINUTES) // MICRO) for ping in pings], np.int64)
    nothing = np.zeros(len(at), np.int64)
    events = NamedEvents(("Ping",), at, nothing, nothing, [""] * len(at), [None] * len(at))
    watching = Watching(past, events, {}, people, first, first + DAYS - 1)
    world = BlockWorld(past, people, {}, moment_of(start))

    def note(now: int, plan: Compiled, _turn: Turn, done: Advanced) -> None:
        for asked in done.requests:
            contact = int(done.runs.contact[done.tokens.at[asked.place]])
            story.append((now, plan.key, plan.steps[asked.step].id, asked.slot, contact))

    tracks: dict[str, Track] = {}
    for key, plan in cast_of(own["rescue"], own).items():
        arrivals, within = NO_ARRIVALS, tracks["rescue"].tally if tracks else None
        if not tracks:
            arrivals = Arrivals(np.array([start]), zero, zero, [{}], zero)
        tracks[key] = Track(plan, arrivals, watching, world, answering, note, within)
    return Replay(tracks, watching, world)
