"""What is taken back: the ledger of a step adds up all the same, and what is leaving now is not tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from forestay.actions.channel import Effect, Outcome, Result
from forestay.actions.ledger import counts_by_step
from forestay.actions.unsettled import Resolution, cancel_pending, resolve
from forestay.actions.withdrawing import withdraw_all
from forestay.customers.requests import WithdrawRequest
from forestay.journeys.runtime.taking_back import of_runs, take_back
from forestay.store.database import raw
from forestay.store.tables.actions import effect_attempts, effects
from forestay.store.tables.journeys import journeys
from tests.actions.scene import NO_LIMITS, Courier, Scene, a_mail, a_task
from tests.actions.test_runs import STEP, Run, a_run


@pytest.fixture
def run(scene: Scene) -> Run:
    scene.settings(contact_policy=NO_LIMITS)
    return a_run(scene, scene.add(journeys, key="rescue"))


def take_all_back(run: Run) -> int:
    with run.scene.store.worker.begin_worker() as connection:
        driver = raw(connection)
        return take_back(driver, of_runs(driver, [run.run]), "goal", run.scene.clock.now())


def ledger(run: Run) -> Mapping[Any, int]:
    with run.scene.store.api.begin(run.scene.workspace) as connection:
        counts = counts_by_step(connection, run.scene.workspace, run.journey)[STEP]
    return {status: count for status, count in counts.items() if count}


async def test_every_request_stands_in_the_ledger_whatever_became_of_it(run: Run) -> None:
    run.ask(a_mail(), "sent")
    run.ask(a_mail(to="champion"), "nobody there")
    run.ask(a_task(is_own=True), "task")
    await run.scene.act()
    run.ask(WithdrawRequest(["task"]), "withdraw:task")
    run.ask(a_mail(), "too late")
    take_all_back(run)
    await run.scene.act()
    asked = {row["id"] for row in run.scene.requests() if row["body"]["kind"] != "withdraw"}
    assert {row["request_id"] for row in run.scene.effects()} == asked
    assert ledger(run) == {"sent": 2, "skipped": 1, "cancelled": 1}
    assert [row["status"] for row in run.scene.tasks()] == ["cancelled"]


class Meanwhile(Courier):
    """The run ends while its message is on the way, and the provider says 'later'."""

    run: Run

    async def send(self, parcel: Effect) -> Outcome:
        take_all_back(self.run)
        return Outcome(Result.RETRY, "busy")


async def test_what_is_leaving_while_its_run_ends_is_not_tried_again(run: Run) -> None:
    courier = Meanwhile()
    courier.run = run
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    run.scene.clock.advance(timedelta(hours=1))
    await run.scene.act(run.scene.channels(courier))
    assert [(row["status"], row["reason"]) for row in run.scene.effects()] == [("cancelled", "withdrawn: goal")]
    assert len(run.scene.attempts()) == 1


async def test_what_may_have_arrived_before_its_run_ended_is_unknown_and_not_cancelled(run: Run) -> None:
    """The answer of a provider that knows our keys was lost; before the next try the run met its goal."""
    courier = Courier(idempotent=True)
    courier.script = [TimeoutError()]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    take_all_back(run)
    assert len(courier.delivered) == 1
    assert ledger(run) == {"unknown": 1}


async def test_a_message_in_the_hands_of_a_worker_that_died_is_unknown_when_it_was_taken_back_since(run: Run) -> None:
    run.ask(a_mail())
    run.scene.drain()
    effect = run.scene.effects()[0]["id"]
    an_hour_ago = run.scene.clock.now() - timedelta(hours=1)
    run.scene.change(effects, effect, attempts=1, leased_until=an_hour_ago)
    run.scene.put(effect_attempts, effect_id=effect, number=1, started_at=an_hour_ago)
    take_all_back(run)
    assert ledger(run) == {"pending": 1}
    await run.scene.act(run.scene.channels(Courier(idempotent=True)))
    assert ledger(run) == {"unknown": 1}


async def test_what_a_stopped_journey_may_have_sent_is_unknown(run: Run) -> None:
    courier = Courier(idempotent=True)
    courier.script = [TimeoutError()]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    with run.scene.store.worker.begin_worker() as connection:
        withdraw_all(connection, run.scene.workspace, run.journey, "stopped", run.scene.clock.now())
    assert ledger(run) == {"unknown": 1}


async def test_a_guard_that_stops_the_second_try_does_not_say_that_nothing_arrived(run: Run) -> None:
    courier = Courier(idempotent=True)
    courier.script = [TimeoutError()]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    run.scene.change(journeys, run.journey, status="stopped")
    run.scene.clock.advance(timedelta(minutes=1))
    await run.scene.act(run.scene.channels(courier))
    assert ledger(run) == {"unknown": 1}


async def test_a_person_who_cancels_what_may_have_arrived_is_told_that_it_is_unknown_and_may_resolve_it(
    run: Run,
) -> None:
    courier = Courier(idempotent=True)
    courier.script = [TimeoutError()]
    run.ask(a_mail())
    await run.scene.act(run.scene.channels(courier))
    effect, now = run.scene.effects()[0]["id"], run.scene.clock.now()
    with run.scene.store.worker.begin_worker() as connection:
        cancel_pending(connection, run.scene.workspace, effect, "member:1", now)
    assert ledger(run) == {"unknown": 1}
    with run.scene.store.worker.begin_worker() as connection:
        resolve(connection, run.scene.workspace, effect, Resolution.AS_SENT, "member:1", now)
    assert ledger(run) == {"sent": 1}
