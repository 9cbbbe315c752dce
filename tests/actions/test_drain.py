"""From requests to effects: each once, refusals with their reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from forestay.actions.ledger import counts, effect_key
from forestay.store.tables.customers import accounts, contacts
from forestay.store.tables.signals import requests, signals
from tests.actions.scene import Scene, a_hint, a_hook, a_mail, a_task


def test_a_request_becomes_one_effect_however_often_it_is_drained(scene: Scene) -> None:
    scene.ask(a_task(), cause="signal:1:0", slot="task")
    assert (scene.drain().effects, scene.drain().effects) == (1, 0)
    scene.change(requests, scene.requests()[0]["id"], drained_at=None)
    assert scene.drain().effects == 0
    assert len(scene.effects()) == 1


def test_a_message_goes_to_each_contact_once_even_when_two_share_an_address(scene: Scene) -> None:
    scene.contact("ada-again", "Ada Example", "ADA@globex.example.com")
    scene.contact("bob", "Bob Example", "bob@globex.example.com")
    scene.ask(a_mail(to="all"))
    scene.drain()
    assert [row["recipient"] for row in scene.effects()] == ["ada@globex.example.com", "bob@globex.example.com"]


def test_a_contact_without_an_address_is_shown_as_skipped(scene: Scene) -> None:
    scene.change(contacts, scene.sponsor, email=None)
    scene.ask(a_mail())
    scene.drain()
    assert [(row["status"], row["reason"]) for row in scene.effects()] == [("skipped", "no_address")]


def test_people_who_left_are_not_written_to(scene: Scene) -> None:
    scene.change(contacts, scene.sponsor, left_on=scene.clock.now().date())
    scene.ask(a_mail())
    assert scene.drain().refused == 1
    assert "no contact that is 'sponsor'" in scene.requests()[0]["refusal"]


def test_a_request_that_cannot_be_read_is_refused_and_holds_up_nobody(scene: Scene) -> None:
    broken = scene.ask(a_task())
    scene.change(requests, broken, body={"kind": "dance"})
    scene.ask(a_task())
    drained = scene.drain()
    assert (drained.requests, drained.effects, drained.refused) == (2, 1, 1)


def test_a_webhook_to_an_endpoint_nobody_set_up_is_refused(scene: Scene) -> None:
    scene.ask(a_hook())
    assert scene.drain().refused == 1
    assert "no webhook endpoint 'crm'" in scene.requests()[0]["refusal"]


def test_webhook_settings_that_nobody_can_read_refuse_their_request_and_hold_up_nobody(scene: Scene) -> None:
    scene.settings(webhooks=[{"key": "crm"}])
    scene.ask(a_hook())
    scene.ask(a_task())
    drained = scene.drain()
    assert (drained.effects, drained.refused) == (1, 1)


def test_a_signal_cannot_call_its_message_transactional_to_escape_the_caps(scene: Scene) -> None:
    scene.ask(a_mail(purpose="transactional"), cause="signal:1:0")
    scene.ask(a_mail(purpose="transactional"), cause="api:receipt-1")
    drained = scene.drain()
    assert (drained.effects, drained.refused) == (1, 1)


def test_a_merged_accounts_request_reaches_the_one_that_stays(scene: Scene) -> None:
    gone = scene.new_account("old-globex", "Old Globex", merged_into=scene.account)
    scene.ask(a_task(), account=gone)
    scene.drain()
    assert scene.effects()[0]["account_id"] == scene.account


def test_accounts_merged_in_a_circle_are_refused_and_do_not_hang(scene: Scene) -> None:
    other = scene.new_account("other", "Other", merged_into=scene.account)
    scene.change(accounts, scene.account, merged_into=other)
    scene.ask(a_task())
    assert scene.drain().refused == 1


def test_a_request_for_later_waits(scene: Scene) -> None:
    scene.ask(a_task(), not_before=scene.clock.now() + timedelta(hours=1))
    assert scene.drain().requests == 0
    scene.clock.advance(timedelta(hours=1))
    assert scene.drain().effects == 1


def test_a_signal_of_another_workspace_is_not_carried_along(scene: Scene, other_workspace: int) -> None:
    stranger = Scene(scene.store, other_workspace).set_up().signal()
    scene.ask(a_task(signal_id=stranger))
    scene.ask(a_task(signal_id=10**9))
    scene.drain()
    assert [row["signal_id"] for row in scene.effects()] == [None, None]


def test_the_decision_is_stamped_on_the_signal(scene: Scene) -> None:
    signal = scene.signal()
    scene.ask(a_task(signal_id=signal))
    scene.drain()
    assert scene.rows(signals)[0]["decided_at"] == scene.clock.now()


def test_two_drainers_at_once_never_double_and_leave_nothing(scene: Scene) -> None:
    for number in range(40):
        scene.ask(a_hint(), cause=f"signal:{number}:0")
    with ThreadPoolExecutor(2) as pool:
        drained = list(pool.map(lambda _: scene.drain(), range(4)))
    assert sum(each.requests for each in drained) == 40
    assert len(scene.effects()) == 40


def test_the_ledger_adds_up_in_named_statuses(scene: Scene) -> None:
    scene.contact("mute", "Mute Example", None)
    scene.ask(a_mail(to="all"))
    scene.drain()
    with scene.store.worker.begin_worker() as connection:
        standing = counts(connection, scene.workspace)
    assert sum(standing.values()) == len(scene.effects()) == 2
    assert {status.value for status in standing} == {"pending", "sent", "skipped", "failed", "cancelled", "unknown"}


parts = st.tuples(st.integers(1, 99), *[st.text(max_size=8)] * 4)


@given(parts, parts)
def test_two_effects_share_a_key_only_when_every_part_is_the_same(
    one: tuple[int, str, str, str, str], other: tuple[int, str, str, str, str]
) -> None:
    assert (effect_key(*one) == effect_key(*other)) == (one == other)
