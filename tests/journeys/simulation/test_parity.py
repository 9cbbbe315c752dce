"""The engine of scenarios and simulations, and the runner over PostgreSQL: the same story, the same asks and the same ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forestay.journeys.read import read_journey
from forestay.journeys.scenarios.document import Scenario, Then, When
from forestay.journeys.scenarios.play import play
from tests.conftest import StoreUnderTest
from tests.journeys.test_invariants import QUICK, _drawn, fresh

HALF_HOURS = 60
PLANS = st.lists(st.sampled_from(["wait", "event", "message", "fork"]), min_size=1, max_size=4).map(_drawn)
Story = list[tuple[int, str, str]]
"""(half hours since the start, step or reason, what)."""


@QUICK
@given(plan=PLANS, pings=st.sets(st.integers(1, HALF_HOURS), max_size=8))
def test_a_story_goes_the_same_way_in_a_simulation_and_at_work(
    store: StoreUnderTest, plan: dict[str, Any], pings: set[int]
) -> None:
    assert at_work(store, plan, pings) == in_simulation(plan, pings)


def at_work(store: StoreUnderTest, plan: dict[str, Any], pings: set[int]) -> Story:
    """The clock moves by half hours, and a second more each time, for what a turn's microseconds add up to."""
    work = fresh(store)
    journey, begin = work.publish(plan), work.world.now
    (account,) = work.accounts(1)
    work.enter(journey, [account])
    for half in range(HALF_HOURS + 1):
        work.world.now = begin + half * timedelta(minutes=30, seconds=1)
        if half in pings:
            work.happen(account, "Ping")
        work.work()
    asked = work.rows("SELECT q.created_at, s.step_id FROM requests AS q JOIN journey_steps AS s ON s.number = q.step")
    ended = work.rows("SELECT ended_at, reason FROM journey_runs WHERE status >= 10")
    told = [(at, word, "asks") for at, word in asked] + [(at, word, "ends") for at, word in ended]
    return sorted(((at - begin) // timedelta(minutes=30), word, what) for at, word, what in told)


def in_simulation(plan: dict[str, Any], pings: set[int]) -> Story:
    journey = read_journey(
        {"key": "rescue", "name": "rescue", "start": "start", "steps": plan, "entry": [{"manual": True}]}
    )
    half = timedelta(minutes=30, seconds=1) // timedelta(microseconds=1)
    when = [When.model_construct(after=ping * half, event="Ping", answer=None, columns={}, dates={}, segments={},
                                 properties={}, values={}) for ping in sorted(pings)]  # fmt: skip
    story = Scenario(name="parity", journey="rescue", then=(Then(enters=True),))
    lines = play(story.model_copy(update={"when": tuple(when), "lasts": HALF_HOURS * half}), journey)
    begin = story.start
    micros = int(begin.timestamp() * 1_000_000)
    said = [(line.at, line.step if line.what == "asks" else line.detail["reason"], line.what) for line in lines
            if line.what in ("asks", "ends")]  # fmt: skip
    return sorted(((at - micros) // 1_800_000_000, word, what) for at, word, what in said)
