"""Nobody waits behind a crowd: rooms are dealt evenly, at the drain as at the channel."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from forestay.actions.drain import drain_requests
from forestay.actions.flows import Flow, deal
from forestay.customers.words import ChannelKind
from forestay.store.tables.journeys import journeys
from tests.actions.scene import NO_LIMITS, Courier, Scene, a_hint, a_mail

flows = st.sets(st.builds(Flow, st.integers(1, 5), st.sampled_from(["email", "task"]), st.integers(0, 5)), max_size=20)
CROWD_SIZE = 100_000 if os.environ.get("FORESTAY_TEST_FULL") else 20_000
CROWD = text("""
    INSERT INTO requests (workspace_id, account_id, cause, slot, journey_id, body)
    SELECT :workspace, :account, 'run:' || n || ':1:1', 'message', :journey,
      '{"kind": "message", "channel": "email", "template": "health-check-in", "to": "sponsor"}'::jsonb
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n""")


def ask_many(scene: Scene, count: int, journey: int, first: int = 1) -> None:
    values = {"workspace": scene.workspace, "account": scene.account, "journey": journey}
    with scene.store.owner.begin_worker() as connection:
        connection.execute(CROWD, {**values, "first": first, "last": first + count - 1})
        connection.execute(text("ANALYZE requests"))


def sent_of(scene: Scene, journey: int) -> int:
    return sum(row["journey_id"] == journey and row["status"] == "sent" for row in scene.effects())


@given(flows=flows, room=st.integers(0, 60), turn=st.integers(0, 50))
def test_no_more_is_dealt_than_there_is_and_nothing_is_left_while_somebody_waits(
    flows: set[Flow], room: int, turn: int
) -> None:
    dealt = deal(sorted(flows), {"email": room, "task": room}, turn)
    for channel in {flow.channel for flow in flows}:
        assert sum(count for flow, count in dealt.items() if flow.channel == channel) == room


@given(flows=flows, room=st.integers(0, 60), turn=st.integers(0, 50))
def test_two_workspaces_never_differ_by_more_than_one_turn(flows: set[Flow], room: int, turn: int) -> None:
    dealt = deal(sorted(flows), {"email": room}, turn)
    waiting = {flow.workspace_id for flow in flows if flow.channel == "email"}
    shares = [sum(n for flow, n in dealt.items() if flow.workspace_id == each) for each in waiting] or [0]
    assert max(shares) - min(shares) <= 1


def test_with_less_room_than_flows_everyone_has_a_turn_in_time() -> None:
    many = [Flow(1, "email", journey) for journey in range(7)]
    served = {flow for turn in range(7) for flow in deal(many, {"email": 1}, turn)}
    assert served == set(many)


async def test_a_journey_with_a_crowd_of_messages_does_not_delay_anothers_ten(scene: Scene) -> None:
    scene.settings(contact_policy=NO_LIMITS)
    crowd, few = (scene.add(journeys, key=key) for key in ("crowd", "few"))
    ask_many(scene, CROWD_SIZE, crowd)
    ask_many(scene, 10, few, first=200_001)
    carrier = scene.carrier(scene.channels(Courier()))
    with scene.store.worker.begin_worker() as connection:
        assert drain_requests(connection, scene.clock.now(), 100).effects == 60  # ten and as much as fits beside them
    await carrier.round()
    assert (sent_of(scene, few), sent_of(scene, crowd)) == (
        10,
        25,
    )  # the rest of the room is dealt anew in the next round


async def test_a_workspace_with_many_journeys_gets_no_more_than_its_neighbour(
    scene: Scene, other_workspace: int
) -> None:
    neighbour = Scene(scene.store, other_workspace).set_up()
    for each, first in ((scene, 1), (neighbour, 1000)):
        each.settings(contact_policy=NO_LIMITS)
        ask_many(each, 40, each.add(journeys, key="one"), first)
    for number in range(4):
        ask_many(scene, 40, scene.add(journeys, key=f"more-{number}"), 2000 + 100 * number)
    with scene.store.worker.begin_worker() as connection:
        drain_requests(connection, scene.clock.now(), 1000)
    await scene.carrier(scene.channels(Courier()), share=20).round()
    assert (scene.statuses().count("sent"), neighbour.statuses().count("sent")) == (10, 10)  # type: ignore[arg-type]


async def test_a_workspace_keeps_to_the_rate_that_it_set_itself(scene: Scene) -> None:
    scene.settings(contact_policy=NO_LIMITS, channels={"email": {"per_second": 3}})
    for number in range(8):
        scene.ask(a_mail(), cause=f"signal:{number}:0")
    await scene.act(scene.channels(Courier()))
    assert scene.statuses().count("sent") == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "expected"), [("paused", ["pending"]), ("stopped", ["skipped"])])
async def test_what_a_journey_that_was_paused_or_stopped_asked_for_does_not_leave(
    scene: Scene, status: str, expected: list[str]
) -> None:
    ask_many(scene, 1, scene.add(journeys, key="rescue", status=status))
    await scene.act(scene.channels(Courier()))
    assert scene.statuses() == expected


async def test_a_channel_without_room_holds_up_no_other(scene: Scene) -> None:
    scene.settings(contact_policy=NO_LIMITS)
    scene.ask(a_mail())
    scene.ask(a_hint(to="sponsor"))
    scene.drain()
    carrier = scene.carrier(scene.channels(Courier()))
    carrier.sender._under_way[ChannelKind.EMAIL] = 10**6
    await carrier.round(wait=False)
    assert [(row["channel"], row["status"]) for row in scene.effects()] == [("email", "pending"), ("in_app", "sent")]
