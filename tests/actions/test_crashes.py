"""Whatever happens between any two steps: no effect twice, none lost, and the ledger says what is not known."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestay.actions import leases
from forestay.actions.channel import Outcome, Result
from forestay.actions.flows import Flow
from forestay.customers.words import EffectStatus
from forestay.store.tables.actions import effect_attempts, effects
from tests.actions.crashing import live
from tests.actions.scene import NO_LIMITS, Courier, Scene, a_hint, a_mail, a_task

crashes = st.lists(st.integers(0, 45), max_size=3)
answers = st.lists(
    st.sampled_from(
        [
            Outcome(Result.SENT),
            Outcome(Result.RETRY, "busy"),
            Outcome(Result.UNKNOWN, "?"),
            Outcome(Result.FAILED, "no"),
            ConnectionResetError(),
        ]
    ),
    max_size=4,
)
in_one_database = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def calm(scene: Scene) -> Scene:
    """A scene without caps and quiet hours, so that every effect could leave."""
    scene.settings(contact_policy=NO_LIMITS)
    scene.contact("bob", "Bob Example", "bob@globex.example.com", is_sponsor=True)
    return scene


def key(row: Mapping[str, Any]) -> str:
    return f"eff_{bytes(row['effect_key']).hex()}"


def live_through(scene: Scene, courier: Courier, dies_at: list[int]) -> list[Mapping[str, Any]]:
    """Ask for two mails, a hint and a task; die at each point in turn, then live; effects of what was asked now."""
    before = {row["id"] for row in scene.effects()}
    for request in (a_mail(), a_hint(to="champion"), a_task()):
        scene.ask(request)
    for point in dies_at:
        live(scene, scene.channels(courier), point)
    rounds = iter(range(20))
    while live(scene, scene.channels(courier), None) or pending(scene):
        assert next(rounds) < 19, "the ledger does not come to rest"
    return [row for row in scene.effects() if row["id"] not in before]


def pending(scene: Scene) -> bool:
    return EffectStatus.PENDING in scene.statuses()


@given(crashes=crashes, script=answers)
@in_one_database
def test_without_an_idempotent_provider_nothing_arrives_twice(
    calm: Scene, crashes: list[int], script: list[Outcome | Exception]
) -> None:
    courier = Courier(idempotent=False)
    courier.script = list(script)
    entered = live_through(calm, courier, crashes)
    arrived = Counter(courier.delivered)
    assert max(arrived.values(), default=0) <= 1
    assert {row["status"] for row in entered if key(row) in arrived} <= {"sent", "unknown"}
    assert {key(row) for row in entered if row["status"] == "sent" and row["channel"] == "email"} <= set(arrived)
    assert len(entered) == 3  # two sponsors' mails and a task; the hint has no champion and is refused


@given(crashes=crashes, script=answers.filter(lambda each: Outcome(Result.UNKNOWN, "?") not in each))
@in_one_database
def test_with_an_idempotent_provider_everything_arrives_and_the_receiver_sees_it_once(
    calm: Scene, crashes: list[int], script: list[Outcome | Exception]
) -> None:
    courier = Courier(idempotent=True)
    courier.script = list(script)
    mails = [row for row in live_through(calm, courier, crashes) if row["channel"] == "email"]
    assert {row["status"] for row in mails} <= {"sent", "failed"}
    assert {key(row) for row in mails if row["status"] == "sent"} <= set(courier.delivered)
    assert set(courier.delivered) <= {key(row) for row in mails}  # every repetition bore a key that the receiver knows


def test_rows_of_the_store_are_made_exactly_once_wherever_the_worker_dies(calm: Scene) -> None:
    for point in range(0, 30, 2):
        calm.ask(a_task(trigger_key=f"trigger-{point}"))
        calm.ask(a_hint(to="sponsor"), cause=f"signal:{point}:hint")
        live(calm, calm.channels(), point)
        live(calm, calm.channels(), None)
    assert calm.statuses() == ["sent"] * 45
    assert (len(calm.tasks()), len(calm.messages())) == (15, 30)
    assert [row["outcome"] for row in calm.attempts()] == ["sent"] * 45


def test_an_effect_whose_attempt_is_still_open_is_nobodys_to_claim(calm: Scene) -> None:
    calm.ask(a_mail(to="contact:bob"))
    calm.drain()
    effect = calm.effects()[0]["id"]
    calm.change(effects, effect, attempts=1, leased_until=calm.clock.now() - timedelta(hours=1))
    calm.put(effect_attempts, effect_id=effect, number=1, started_at=calm.clock.now())
    with calm.store.worker.begin_worker() as connection:
        assert leases.claim(connection, calm.workspace, calm.clock.now(), {Flow(calm.workspace, "email", 0): 10}) == []


async def test_an_unclear_answer_is_shown_as_unknown_and_left_alone(calm: Scene) -> None:
    courier = Courier()
    courier.script = [TimeoutError(), TimeoutError()]
    calm.ask(a_mail())
    await calm.act(calm.channels(courier))
    calm.clock.advance(timedelta(days=3))
    await calm.act(calm.channels(courier))
    assert calm.statuses() == ["unknown", "unknown"]
    assert len(courier.delivered) == 2


async def test_a_definite_refusal_is_tried_again_and_given_up_in_the_end(calm: Scene) -> None:
    courier = Courier()
    courier.script = [Outcome(Result.RETRY, "busy")] * 10
    calm.ask(a_mail(to="contact:bob"))
    for _ in range(8):
        await calm.act(calm.channels(courier))
        calm.clock.advance(timedelta(minutes=1))
    assert [(row["status"], row["reason"]) for row in calm.effects()] == [("failed", "gave up after 5 attempts: busy")]
    assert [row["outcome"] for row in calm.attempts()] == ["retry"] * 5


async def test_a_late_true_answer_replaces_the_guess_of_unknown(calm: Scene) -> None:
    """The worker was suspended during the call; another one called the attempt lost before it woke."""
    courier, released = Courier(), asyncio.Event()
    original = courier.send

    async def suspended(parcel):  # type: ignore[no-untyped-def]
        await released.wait()
        return await original(parcel)

    courier.send = suspended  # type: ignore[method-assign]
    calm.ask(a_mail(to="contact:bob"))
    calm.drain()
    sleeping = asyncio.create_task(calm.carrier(calm.channels(courier)).round())
    while not calm.attempts():
        await asyncio.sleep(0.01)
    calm.clock.advance(timedelta(minutes=10))
    await calm.carrier(calm.channels(Courier())).round()
    assert calm.statuses() == ["unknown"]
    released.set()
    await sleeping
    assert calm.statuses() == ["sent"]


async def test_a_worker_whose_lease_ran_out_before_the_call_does_not_call(calm: Scene) -> None:
    late, prompt = Courier(), Courier()
    carrier = calm.carrier(calm.channels(late))
    pace = carrier.sender._paces[late.kind]

    async def long_wait(count: int = 1) -> None:
        calm.clock.advance(timedelta(minutes=10))
        await calm.carrier(calm.channels(prompt)).round()

    pace.turn = long_wait  # type: ignore[method-assign]
    calm.ask(a_mail(to="contact:bob"))
    calm.drain()
    await carrier.round()
    assert (len(late.delivered), len(prompt.delivered)) == (0, 1)
    assert calm.statuses() == ["sent"]


def test_two_workers_at_once_deliver_each_effect_once(calm: Scene) -> None:
    courier, lock = Courier(), threading.Lock()
    for number in range(25):
        calm.ask(a_mail(), cause=f"signal:{number}:0")
    calm.drain()

    def work() -> None:
        own = Courier()
        for _ in range(6):
            asyncio.run(calm.carrier(calm.channels(own), share=7).round())
        with lock:
            courier.delivered += own.delivered

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work), pool.submit(work)]:
            done.result()
    while asyncio.run(calm.carrier(calm.channels(courier), share=50).round()).claimed:
        continue
    assert sorted(Counter(courier.delivered).values()) == [1] * 50
    assert set(calm.statuses()) == {"sent"}


async def test_every_workspace_gets_its_share(calm: Scene, other_workspace: int) -> None:
    small = Scene(calm.store, other_workspace).set_up()
    for number in range(60):
        calm.ask(a_hint(to="sponsor"), cause=f"signal:{number}:0")
    small.ask(a_task())
    calm.drain()
    await calm.carrier(share=10).round()
    assert small.statuses() == ["sent"]
    assert Counter(calm.statuses())["sent"] == 10


async def test_one_effect_that_cannot_be_done_holds_up_no_other(calm: Scene) -> None:
    calm.ask(a_hint(to="sponsor", template="no-such-template"))
    calm.ask(a_task())
    calm.drain()
    calm.change(effects, calm.effects()[0]["id"], body={"kind": "dance"})
    await calm.carrier().round()
    assert [row["status"] for row in calm.effects()] == ["skipped", "failed", "sent"]
    assert "unreadable" in calm.effects()[0]["reason"]
    assert "template_missing" in calm.effects()[1]["reason"]
