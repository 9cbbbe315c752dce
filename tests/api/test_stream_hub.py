"""The hub by itself: what a slow browser is told, and how much is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from forestay.api import stream_hub
from forestay.api.stream_hub import Hub, Listener, TooManyListeners
from forestay.api.stream_rights import MAY_HEAR, Proof
from forestay.customers.words import Role
from forestay.governance.principal import Principal, member_principal
from forestay.store.changes import EVERYBODY, Change
from forestay.store.topics import Topic

ADMIN = member_principal(1, 7, Role.ADMIN)


async def silence() -> AsyncIterator[Change | None]:
    yield None
    await asyncio.Event().wait()


def everybody(proofs: list[Proof]) -> Mapping[Proof, Principal]:
    return dict.fromkeys(proofs, ADMIN)


def hub() -> Hub:
    return Hub(silence, everybody)


def join(to: Hub, last_id: str | None = None) -> Listener:
    return to.join(Proof(1, "token"), ADMIN, last_id)


async def settle() -> None:
    await asyncio.sleep(stream_hub.GATHER_SECONDS * 1.5)


def told(*topics: Topic, ids: frozenset[str] | None = None, workspace_id: int = 1) -> Change:
    return Change(workspace_id, dict.fromkeys(topics, ids))


def test_a_browser_that_is_too_slow_is_told_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_hub, "GATHER_SECONDS", 0.0)

    async def story() -> bytes:
        here = hub()
        slow = join(here)
        await asyncio.sleep(0)
        for _ in range(stream_hub.QUEUE + 1):
            here.hear(told(Topic.TASKS))
            await asyncio.sleep(0.001)
        heard = await slow.take()
        here.close()
        return heard

    heard = asyncio.run(story())
    assert b'event: resync\ndata: {"why":"too_slow"}' in heard
    assert heard.count(b"event: ") <= stream_hub.QUEUE


def test_a_hundred_changes_within_a_moment_are_one_or_two_events() -> None:
    async def story() -> bytes:
        here = hub()
        ear = join(here)
        await settle()
        await ear.take()
        for number in range(100):
            here.hear(told(Topic.ACCOUNT, ids=frozenset({f"a-{number % 3}"})))
            await asyncio.sleep(0)
        await settle()
        heard = await ear.take()
        here.close()
        return heard

    heard = asyncio.run(story())
    assert 1 <= heard.count(b"event: change") <= 2
    assert b'"account":["a-0","a-1","a-2"]' in heard


def test_too_many_accounts_are_told_as_any() -> None:
    async def story() -> bytes:
        here = hub()
        ear = join(here)
        await settle()
        await ear.take()
        here.hear(told(Topic.ACCOUNT, ids=frozenset(f"a-{n}" for n in range(51))))
        await settle()
        heard = await ear.take()
        here.close()
        return heard

    assert b'"account":null' in asyncio.run(story())


def test_after_a_gap_in_listening_everybody_asks_again_and_old_numbers_mean_nothing() -> None:
    async def story() -> tuple[bytes, bytes]:
        here = hub()
        ear = join(here)
        await settle()
        here.hear(told(Topic.TASKS))
        await settle()
        before = await ear.take()
        last = before.rpartition(b"id: ")[2].partition(b"\n")[0].decode()
        here.hear(None)
        at_gap = await ear.take()
        back = await join(here, last).take()
        here.close()
        return at_gap, back

    at_gap, back = asyncio.run(story())
    assert b'"why":"not_listening"' in at_gap
    assert b'"why":"unknown_id"' in back


def test_who_asked_before_listening_learns_what_changed_in_between() -> None:
    async def story() -> bytes:
        here = hub()
        first = join(here)
        await settle()
        here.hear(told(Topic.TASKS))
        await settle()
        await first.take()
        hello = await join(here).take()
        here.close()
        return hello

    assert b'"recent_ms":{"tasks":' in asyncio.run(story())


def test_what_nobody_said_whose_it_was_is_told_to_every_workspace() -> None:
    async def story() -> bytes:
        here = hub()
        ear = join(here)
        await settle()
        await ear.take()
        here.hear(told(Topic.RUNS, workspace_id=EVERYBODY))
        await settle()
        heard = await ear.take()
        here.close()
        return heard

    assert b'"runs":null' in asyncio.run(story())


def test_there_is_a_last_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_hub, "MOST_LISTENERS", 1)

    async def story() -> None:
        here = hub()
        join(here)
        with pytest.raises(TooManyListeners):
            join(here)
        here.close()

    asyncio.run(story())


def test_every_topic_has_a_permission_but_the_one_that_nobody_is_told() -> None:
    assert set(Topic) - set(MAY_HEAR) == {Topic.SESSIONS}
