"""What the ledger does not know or could not do waits for a person."""

from __future__ import annotations

import pytest

from forestay.actions.channel import Outcome, Result
from forestay.actions.unsettled import Resolution, cancel_pending, replay, resolve, unsettled
from forestay.customers.words import EffectStatus
from forestay.kit.errors import Conflict, NotFound
from tests.actions.scene import Courier, Scene, a_mail


async def ended(scene: Scene, courier: Courier, outcome: Outcome) -> int:
    courier.script = [outcome]
    scene.ask(a_mail())
    await scene.act(scene.channels(courier))
    return int(scene.effects()[-1]["id"])


@pytest.mark.parametrize(
    ("resolution", "status", "arrivals"),
    [(Resolution.AS_SENT, "sent", 0), (Resolution.AS_FAILED, "failed", 0), (Resolution.RETRY, "sent", 1)],
)
async def test_a_person_resolves_what_is_unknown(
    scene: Scene, resolution: Resolution, status: str, arrivals: int
) -> None:
    courier = Courier()
    effect = await ended(scene, courier, Outcome(Result.UNKNOWN, "?"))
    with scene.store.api.begin(scene.workspace) as connection:
        resolve(connection, scene.workspace, effect, resolution, "member:1", scene.clock.now())
    await scene.act(scene.channels(courier))
    assert (scene.statuses(), len(courier.delivered)) == ([status], arrivals)


async def test_what_is_known_cannot_be_resolved(scene: Scene) -> None:
    effect = await ended(scene, Courier(), Outcome(Result.SENT))
    with scene.store.api.begin(scene.workspace) as connection:
        with pytest.raises(Conflict):
            resolve(connection, scene.workspace, effect, Resolution.RETRY, "member:1", scene.clock.now())
        with pytest.raises(NotFound):
            resolve(connection, scene.workspace, 10**6, Resolution.RETRY, "member:1", scene.clock.now())


async def test_a_dead_letter_is_listed_and_replayed(scene: Scene) -> None:
    courier = Courier()
    effect = await ended(scene, courier, Outcome(Result.FAILED, "SMTP 554"))
    with scene.store.api.begin(scene.workspace) as connection:
        (letter,) = unsettled(connection, scene.workspace, EffectStatus.FAILED)
        replay(connection, scene.workspace, letter.id, "member:1", scene.clock.now())
        assert unsettled(connection, scene.workspace, EffectStatus.FAILED) == []
    await scene.act(scene.channels(courier))
    assert (letter.id, letter.reason, letter.attempts) == (effect, "SMTP 554", 1)
    assert scene.statuses() == ["sent"]


async def test_dead_letters_come_page_by_page(scene: Scene) -> None:
    ids = [await ended(scene, Courier(), Outcome(Result.FAILED, "no")) for _ in range(3)]
    with scene.store.api.begin(scene.workspace) as connection:
        first = unsettled(connection, scene.workspace, EffectStatus.FAILED, limit=2)
        rest = unsettled(connection, scene.workspace, EffectStatus.FAILED, limit=2, before=first[-1].id)
    assert [each.id for each in (*first, *rest)] == ids[::-1]


async def test_a_pending_effect_can_be_taken_back_and_a_sent_one_not(scene: Scene) -> None:
    scene.ask(a_mail())
    scene.drain()
    effect = int(scene.effects()[0]["id"])
    with scene.store.api.begin(scene.workspace) as connection:
        cancel_pending(connection, scene.workspace, effect, "member:1", scene.clock.now())
        with pytest.raises(Conflict):
            cancel_pending(connection, scene.workspace, effect, "member:1", scene.clock.now())
    await scene.act()
    assert (scene.statuses(), scene.messages()) == (["cancelled"], [])
