"""E-mail: into the outbox without a server, by SMTP with one, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from forestay.actions.registry import Channels, close_channels
from forestay.store.tables.config import documents
from forestay.store.tables.governance import suppressions
from tests.actions.crashing import live
from tests.actions.mail_server import Mailbox, running_mailbox
from tests.actions.scene import NO_LIMITS, Scene, a_mail


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with running_mailbox() as mailbox:
        yield mailbox


def by_smtp(scene: Scene, box: Mailbox) -> Channels:
    scene.settings(contact_policy=NO_LIMITS)
    return scene.channels(smtp_url=box.url, mail_from="Acme <hello@acme.example.com>")


async def send(scene: Scene, box: Mailbox, *moods: str) -> list[tuple[str, str | None]]:
    """One mail per mood; (status, reason) of each."""
    box.moods = list(moods)
    channels = by_smtp(scene, box)
    for _ in moods:
        scene.ask(a_mail())
    await scene.act(channels)
    await close_channels(channels)
    return [(row["status"], row["reason"]) for row in scene.effects()]


async def test_without_a_server_the_message_is_kept_in_the_outbox(scene: Scene) -> None:
    scene.ask(a_mail())
    await scene.act()
    (message,) = scene.messages()
    assert (message["to_address"], message["template_key"]) == ("ada@globex.example.com", "health-check-in")
    assert message["subject"] == "How is it going with Acme?"
    assert message["body"].startswith("Hi Ada,")
    assert message["headers"]["From"] == "Forestay <forestay@localhost>"


async def test_a_mail_by_smtp_has_both_parts_and_the_effects_own_id(scene: Scene, box: Mailbox) -> None:
    assert await send(scene, box, "") == [("sent", "SMTP 250")]
    (mail,) = box.mails
    assert (mail["To"], mail["From"]) == ("ada@globex.example.com", "Acme <hello@acme.example.com>")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["Message-ID"] == f"<eff_{bytes(scene.effects()[0]['effect_key']).hex()}@acme.example.com>"
    assert scene.effects()[0]["provider_id"] == mail["Message-ID"]
    assert len(scene.messages()) == 1


async def test_one_connection_carries_many_mails(scene: Scene, box: Mailbox) -> None:
    assert await send(scene, box, *[""] * 5) == [("sent", "SMTP 250")] * 5
    assert (len(box.mails), box.connections) == (5, 1)


async def test_a_dead_address_fails_for_good_and_is_suppressed(scene: Scene, box: Mailbox) -> None:
    assert await send(scene, box, "no rcpt") == [("failed", "SMTP 550")]
    assert [(row["channel"], row["address"]) for row in scene.rows(suppressions)] == [
        ("email", "ada@globex.example.com")
    ]


async def test_a_refusal_of_the_content_fails_and_leaves_the_address_alone(scene: Scene, box: Mailbox) -> None:
    assert await send(scene, box, "no content") == [("failed", "SMTP 554")]
    assert scene.rows(suppressions) == []


@pytest.mark.parametrize("mood", ["not now", "busy content", "hang up before"])
async def test_a_clear_not_now_is_tried_again(scene: Scene, box: Mailbox, mood: str) -> None:
    (first,) = await send(scene, box, mood)
    assert first[0] == "pending"
    scene.clock.advance(timedelta(minutes=1))
    channels = by_smtp(scene, box)
    await scene.act(channels)
    await close_channels(channels)
    assert (scene.statuses(), len(box.mails)) == (["sent"], 1)


async def test_a_connection_lost_after_the_content_is_unknown_and_not_sent_again(scene: Scene, box: Mailbox) -> None:
    (only,) = await send(scene, box, "hang up after")
    scene.clock.advance(timedelta(days=2))
    await scene.act(by_smtp(scene, box))
    assert only[0] == "unknown"
    assert (scene.statuses(), len(box.mails)) == (["unknown"], 1)


async def test_after_a_lost_connection_the_next_mail_takes_a_new_one(scene: Scene, box: Mailbox) -> None:
    assert [status for status, _ in await send(scene, box, "hang up after", "", "no content", "not now", "")] == [
        "unknown", "sent", "failed", "pending", "sent",
    ]  # fmt: skip
    assert len(box.mails) == 3


async def test_no_server_there_is_tried_again_later(scene: Scene) -> None:
    scene.ask(a_mail())
    await scene.act(scene.channels(smtp_url="smtp://127.0.0.1:9", mail_from="a@example.com"))
    assert scene.statuses() == ["pending"]
    assert "no connection" in scene.effects()[0]["reason"]


async def test_a_subject_cannot_smuggle_in_a_header(scene: Scene, box: Mailbox) -> None:
    body = {"use": "message", "subject": "{{ contact.name }}", "text": "x"}
    scene.add(documents, kind="template", key="health-check-in", version=1, status="published", body=body, hash="h")
    scene.contact("eve", "Eve\r\nBcc: all@globex.example.com", "eve@globex.example.com", is_champion=True)
    channels = by_smtp(scene, box)
    scene.ask(a_mail(to="champion"))
    await scene.act(channels)
    await close_channels(channels)
    assert (box.mails[0]["Bcc"], box.recipients) == (None, ["eve@globex.example.com"])
    assert box.mails[0]["Subject"] == "Eve Bcc: all@globex.example.com"


async def test_an_address_that_is_none_fails_alone(scene: Scene, box: Mailbox) -> None:
    scene.contact("odd", "Odd Example", "odd@exa mple.com>\r\nDATA", is_sponsor=True)
    scene.ask(a_mail())
    channels = by_smtp(scene, box)
    await scene.act(channels)
    await close_channels(channels)
    assert sorted(scene.statuses()) == ["failed", "sent"]
    assert box.recipients == ["ada@globex.example.com"]


def test_a_worker_that_dies_anywhere_delivers_at_most_once(scene: Scene, box: Mailbox) -> None:
    deaths = 0
    for point in range(1, 22):
        scene.ask(a_mail())
        while live(scene, by_smtp(scene, box), point):
            deaths, point = deaths + 1, 99
    arrived = [str(mail["Message-ID"])[5:37] for mail in box.mails]
    standing = {bytes(row["effect_key"]).hex(): row["status"] for row in scene.effects()}
    assert len(arrived) == len(set(arrived))
    assert deaths > 10
    assert set(standing.values()) == {"sent", "unknown"}
    assert {key for key, status in standing.items() if status == "sent"} <= set(arrived) <= set(standing)
