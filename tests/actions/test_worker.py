"""The loop acts when woken, sleeps when idle, and stops when told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from forestay.actions import worker
from forestay.actions.channel import Effect, Outcome
from forestay.actions.worker import ActionsLoop
from forestay.kit.clock import SystemClock
from forestay.kit.settings import Settings
from forestay.store.tables.actions import tasks
from tests.actions.scene import NO_LIMITS, Courier, Scene, a_hint, a_mail, a_task


class Noting(Courier):
    """Rings when a mail was handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.rang = threading.Event()

    async def send(self, parcel: Effect) -> Outcome:
        outcome = await super().send(parcel)
        self.rang.set()
        return outcome


@contextmanager
def running(loop: ActionsLoop) -> Iterator[None]:
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield
    finally:
        loop.stop()
        thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def awake(scene: Scene) -> Scene:
    scene.settings(contact_policy={"quiet_hours": None})
    return scene


async def test_once_does_all_there_is_to_do(awake: Scene) -> None:
    awake.settings(contact_policy=NO_LIMITS)
    for number in range(120):
        awake.ask(a_hint(to="sponsor"), cause=f"signal:{number}:hint")
    awake.ask(a_task())
    loop = ActionsLoop(awake.store.worker, Settings(), awake.clock, share=50)
    assert await loop.once()
    assert not await loop.once()
    assert awake.statuses() == ["sent"] * 121


def test_a_wake_up_brings_the_request_out_long_before_the_idle_time(
    awake: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "IDLE", timedelta(hours=1))
    courier = Noting()
    loop = ActionsLoop(awake.store.worker, Settings(), SystemClock(), channels=awake.channels(courier))
    with running(loop):
        awake.ask(a_mail())
        while not courier.rang.wait(0.05):
            loop.wake()
    assert awake.statuses() == ["sent"]


def test_requests_of_other_processes_are_noticed_without_a_wake_up(
    awake: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "IDLE", timedelta(seconds=0.1))
    courier = Noting()
    with running(ActionsLoop(awake.store.worker, Settings(), SystemClock(), channels=awake.channels(courier))):
        awake.ask(a_mail())
        assert courier.rang.wait(20)


def test_waking_and_stopping_a_loop_that_does_not_run_is_harmless(scene: Scene) -> None:
    loop = ActionsLoop(scene.store.worker, Settings(), SystemClock())
    loop.wake()
    loop.stop()
    loop.run()
    loop.wake()


def test_what_had_not_begun_when_it_stopped_is_free_for_the_next(awake: Scene) -> None:
    courier = Noting()
    courier.parallel = 1
    loop = ActionsLoop(awake.store.worker, Settings(), SystemClock(), channels=awake.channels(courier))
    original = courier.send

    async def stop_during(parcel: Effect) -> Outcome:
        loop.stop()
        return await original(parcel)

    courier.send = stop_during  # type: ignore[method-assign]
    awake.contact("bob", "Bob Example", "bob@globex.example.com", is_sponsor=True)
    awake.ask(a_mail())
    loop.run()
    assert (sorted(awake.statuses()), len(courier.delivered)) == (["pending", "sent"], 1)
    assert all(row["leased_until"] is None for row in awake.effects())


def test_a_mail_server_that_hangs_holds_up_no_task(awake: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", timedelta(seconds=0.1))
    hung, released = threading.Event(), threading.Event()
    courier = Noting()
    original = courier.send

    async def hang(parcel: Effect) -> Outcome:
        hung.set()
        await asyncio.to_thread(released.wait, 20)
        return await original(parcel)

    courier.send = hang  # type: ignore[method-assign]
    with running(ActionsLoop(awake.store.worker, Settings(), SystemClock(), channels=awake.channels(courier))):
        awake.ask(a_mail())
        assert hung.wait(20)
        awake.ask(a_task())
        deadline = time.monotonic() + 20
        while not awake.tasks() and time.monotonic() < deadline:
            hung.wait(0.05)
        opened_meanwhile = len(awake.tasks())
        released.set()
    assert opened_meanwhile == 1
    assert awake.statuses() == ["sent", "sent"]


def test_a_database_that_goes_away_is_waited_for(awake: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE", timedelta(seconds=0.1))
    courier = Noting()
    with running(ActionsLoop(awake.store.worker, Settings(), SystemClock(), channels=awake.channels(courier))):
        with awake.store.owner.begin_worker() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'forestay_worker'"
            )
        awake.ask(a_mail())
        assert courier.rang.wait(20)


async def test_the_loop_minds_the_sla_clock(scene: Scene) -> None:
    due = scene.clock.now() - timedelta(minutes=1)
    scene.add(tasks, account_id=scene.account, title="x", risk_level="low", due_at=due)
    await ActionsLoop(scene.store.worker, Settings(), scene.clock).once()
    assert scene.tasks()[0]["escalated_at"] == scene.clock.now()
