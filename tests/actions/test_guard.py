"""Consent, caps, quiet hours and conversations are asked at send time, for every source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forestay.actions.letters import Letter
from forestay.actions.letters_to_self import send_test
from forestay.governance.consent import Purpose, record_consent, suppress
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import contacts, interactions, tickets
from tests.actions.scene import Courier, Scene, a_hint, a_mail, a_task


def reasons(scene: Scene) -> list[tuple[str, str | None]]:
    return [(row["status"], row["reason"]) for row in scene.effects()]


def say(scene: Scene, purpose: Purpose, *, is_given: bool) -> None:
    with scene.store.worker.begin_worker() as connection:
        record_consent(connection, scene.workspace, scene.sponsor, "email", purpose, is_given=is_given, source="test",
                       at=scene.clock.now())  # fmt: skip


async def test_consent_withdrawn_after_the_request_stops_the_message(scene: Scene) -> None:
    scene.ask(a_mail())
    scene.drain()
    say(scene, Purpose.SUCCESS, is_given=False)
    await scene.carrier().round()
    assert reasons(scene) == [("skipped", "consent_withdrawn")]
    assert scene.messages() == []


async def test_marketing_needs_a_yes_and_success_only_the_absence_of_a_no(scene: Scene) -> None:
    scene.ask(a_mail(purpose="marketing"))
    scene.ask(a_mail(purpose="enablement"))
    await scene.act()
    assert reasons(scene) == [("skipped", "no_consent"), ("sent", "kept in the outbox")]


async def test_marketing_leaves_once_the_contact_agreed(scene: Scene) -> None:
    say(scene, Purpose.MARKETING, is_given=True)
    scene.ask(a_mail(purpose="marketing"))
    await scene.act()
    assert scene.statuses() == ["sent"]


async def test_a_kind_of_success_heeds_the_no_to_success(scene: Scene) -> None:
    say(scene, Purpose.SUCCESS, is_given=False)
    scene.ask(a_mail(purpose="enablement"))
    await scene.act()
    assert scene.statuses() == ["skipped"]


async def test_a_suppressed_address_gets_nothing_not_even_a_receipt(scene: Scene) -> None:
    with scene.store.worker.begin_worker() as connection:
        suppress(connection, scene.workspace, "email", "Ada@Globex.example.com", "bounced", scene.clock.now())
    scene.ask(a_mail(purpose="transactional"), cause="api:1")
    await scene.act()
    assert reasons(scene) == [("skipped", "suppressed: bounced")]


async def test_consent_is_read_once_more_when_the_attempt_begins(scene: Scene) -> None:
    """Between claim and attempt a channel's pace may take a while; a no in between still counts."""
    courier = Courier()
    carrier = scene.carrier(scene.channels(courier))
    scene.ask(a_mail())
    scene.drain()
    pace = carrier.sender._paces[courier.kind]
    original = pace.turn

    async def slow_turn(count: int = 1) -> None:
        await original()
        say(scene, Purpose.SUCCESS, is_given=False)

    pace.turn = slow_turn  # type: ignore[method-assign]
    await carrier.round()
    assert (courier.delivered, reasons(scene)) == ([], [("skipped", "consent_withdrawn")])


async def test_mail_waits_for_the_morning_of_the_contact(scene: Scene) -> None:
    scene.change(contacts, scene.sponsor, zone="America/Los_Angeles")  # noon in UTC is four in the morning there
    scene.ask(a_mail())
    await scene.act()
    assert scene.effects()[0]["due_at"] == datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert reasons(scene) == [("pending", "quiet_hours")]
    scene.clock.moment = datetime(2026, 11, 23, 16, tzinfo=UTC)
    await scene.act()
    assert scene.statuses() == ["sent"]


async def test_an_in_app_hint_disturbs_nobody_at_night(scene: Scene) -> None:
    scene.clock.moment = datetime(2026, 11, 23, 23, tzinfo=UTC)
    scene.ask(a_hint())
    await scene.act()
    assert scene.statuses() == ["sent"]


async def test_the_daily_cap_counts_all_channels_and_moves_the_rest_to_tomorrow(scene: Scene) -> None:
    scene.ask(a_mail())
    scene.ask(a_hint(to="sponsor"))
    scene.ask(a_mail(template="webinar-invitation"))
    await scene.act()
    assert scene.statuses() == ["sent", "sent", "pending"]
    assert scene.effects()[2]["reason"] == "contact_daily_cap"
    assert scene.effects()[2]["due_at"] == datetime(2026, 11, 24, 8, tzinfo=UTC)  # midnight, and then the quiet hours


async def test_the_cap_holds_across_accounts_and_batches(scene: Scene) -> None:
    elsewhere = scene.new_account("initech", "Initech")
    scene.settings(contact_policy={"contact_daily_cap": {"limit": 1, "days": 0}})
    twin = scene.contact("ada-initech", "Ada Example", "ada@globex.example.com", elsewhere, is_sponsor=True)
    scene.ask(a_mail())
    await scene.act()
    scene.ask(a_mail(), account=elsewhere)
    await scene.act()
    assert [(row["contact_id"], row["status"]) for row in scene.effects()] == [
        (scene.sponsor, "sent"),
        (twin, "pending"),
    ]


async def test_a_message_that_waited_too_long_is_skipped_and_says_so(scene: Scene) -> None:
    scene.settings(contact_policy={"contact_cap": {"limit": 1, "days": 30}, "wait_days": 5})
    scene.ask(a_mail())
    scene.ask(a_mail(template="webinar-invitation"))
    await scene.act()
    assert reasons(scene)[1] == ("skipped", "contact_cap: could not leave within 5 days")


async def test_an_escalated_ticket_keeps_automation_away_until_it_closes(scene: Scene) -> None:
    now = scene.clock.now()
    ticket = scene.add(tickets, external_id="t1", account_id=scene.account, opened_at=now, escalated_at=now)
    scene.ask(a_mail())
    await scene.act()
    scene.change(tickets, ticket, closed_at=now)
    scene.ask(a_mail())
    await scene.act()
    assert reasons(scene) == [("skipped", "escalation_in_progress"), ("sent", "kept in the outbox")]


async def test_a_claimed_task_keeps_automation_away(scene: Scene) -> None:
    scene.add(tasks, account_id=scene.account, title="x", risk_level="low", status="claimed", due_at=scene.clock.now())
    scene.ask(a_mail())
    await scene.act()
    assert reasons(scene) == [("skipped", "conversation_in_progress")]


@pytest.mark.parametrize(("days_ago", "status"), [(1, "skipped"), (3, "sent")])
async def test_somebody_who_just_wrote_to_us_hears_from_a_person(scene: Scene, days_ago: int, status: str) -> None:
    at = scene.clock.now() - timedelta(days=days_ago)
    scene.add(interactions, external_id="i1", account_id=scene.account, channel="email", direction="inbound", at=at)
    scene.ask(a_mail())
    await scene.act()
    assert scene.statuses() == [status]


async def test_work_for_the_csm_is_never_held_back(scene: Scene) -> None:
    now = scene.clock.now()
    scene.add(tickets, external_id="t1", account_id=scene.account, opened_at=now, escalated_at=now)
    scene.clock.moment = datetime(2026, 11, 23, 23, tzinfo=UTC)
    scene.ask(a_task())
    await scene.act()
    assert scene.statuses() == ["sent"]


async def test_an_erased_contact_is_not_written_to(scene: Scene) -> None:
    scene.ask(a_mail())
    scene.drain()
    with scene.store.owner.begin_worker() as connection:
        connection.execute(contacts.delete().where(contacts.c.id == scene.sponsor))
    await scene.carrier().round()
    assert reasons(scene) == [("skipped", "contact_gone")]


async def test_a_policy_that_does_not_read_is_taken_as_the_default(scene: Scene) -> None:
    scene.settings(contact_policy={"contact_cap": "many"})
    scene.clock.moment = datetime(2026, 11, 23, 23, tzinfo=UTC)
    scene.ask(a_mail())
    await scene.act()
    assert reasons(scene) == [("pending", "quiet_hours")]


async def test_a_test_of_a_text_reaches_its_author_though_they_are_no_contact(scene: Scene) -> None:
    await carry_letter(scene, "olga@acme.example.com")
    assert reasons(scene) == [("sent", "kept in the outbox")]


async def test_a_test_of_a_text_goes_to_nobody_but_colleagues(scene: Scene) -> None:
    await carry_letter(scene, "stranger@elsewhere.example.com")
    assert reasons(scene) == [("skipped", "contact_gone")]


async def carry_letter(scene: Scene, address: str) -> None:
    letter = Letter("hello", "Hello", "Hello there.", "<p>Hello there.</p>")
    with scene.store.worker.begin_worker() as connection:
        send_test(connection, scene.workspace, scene.account, letter, address, "test:1", scene.clock.now())
    await scene.act()
