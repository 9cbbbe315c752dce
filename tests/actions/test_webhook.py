"""Webhooks: signed, bounded, tried again under the same id, and seen once by a receiver that remembers ids."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from standardwebhooks import Webhook

from forestay.actions.channel import Outcome
from forestay.actions.channels.webhook import WebhookChannel, WebhookParcel
from forestay.actions.registry import close_channels
from forestay.kit.sealing import Seal
from tests.actions.crashing import live
from tests.actions.scene import Scene, a_hook
from tests.actions.thread_server import serving

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()
SEAL = Seal(Path("no-such-folder"))
"""Plain secrets need no key."""


class Receiver:
    """Takes calls over plain HTTP; answers are given in turn, then 204; remembers ids as a good receiver does."""

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[bytes] = []

    @property
    def seen(self) -> set[str]:
        return {headers["webhook-id"] for headers, _ in self.calls}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        self.calls.append((headers, await reader.readexactly(int(headers["content-length"]))))
        answer = self.answers.pop(0) if self.answers else status(204)
        if answer == b"endless":
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while not writer.is_closing() and not reader.at_eof():
                writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        else:
            writer.write(answer)
        writer.close()


def status(code: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} Said", "content-length: 0", "connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    with serving(lambda: asyncio.start_server(one.serve, "127.0.0.1", 0)) as one.port:
        yield one


def channel(allowed: str = "crm.example.com") -> WebhookChannel:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    return WebhookChannel(SEAL, [allowed], resolver=resolver)


def set_up(scene: Scene, receiver: Receiver, **endpoint: str) -> None:
    url = f"http://crm.example.com:{receiver.port}/hook"
    scene.settings(webhooks=[{"key": "crm", "url": url, "secret": SECRET, **endpoint}])


async def call(
    scene: Scene, *answers: bytes, receiver: Receiver, hook: WebhookChannel | None = None
) -> tuple[str, str | None]:
    receiver.answers = list(answers)
    channels = scene.channels(hook or channel())
    scene.ask(a_hook())
    await scene.act(channels)
    await close_channels(channels)
    return scene.effects()[-1]["status"], scene.effects()[-1]["reason"]


async def test_a_receiver_can_check_who_called(scene: Scene, receiver: Receiver) -> None:
    scene.clock.moment = datetime.now(UTC)
    set_up(scene, receiver)
    assert await call(scene, receiver=receiver) == ("sent", "HTTP 204")
    headers, body = receiver.calls[0]
    payload = Webhook(SECRET).verify(body, headers)
    assert (payload["type"], payload["data"]) == ("signal.fired", {"account": "globex"})
    assert headers["host"] == f"crm.example.com:{receiver.port}"


@pytest.mark.parametrize("answer", [status(500), status(429), status(302, "location: http://example.com/"), b""])
async def test_whatever_is_not_a_yes_is_tried_again_under_the_same_id(
    scene: Scene, receiver: Receiver, answer: bytes
) -> None:
    set_up(scene, receiver)
    assert (await call(scene, answer, receiver=receiver))[0] == "pending"
    scene.clock.advance(timedelta(minutes=1))
    channels = scene.channels(channel())
    await scene.act(channels)
    await close_channels(channels)
    assert (scene.statuses(), len(receiver.calls), len(receiver.seen)) == (["sent"], 2, 1)


async def test_gone_means_never_again(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    assert (await call(scene, status(410), receiver=receiver))[0] == "failed"


async def test_a_receiver_may_ask_for_patience(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    await call(scene, status(503, "retry-after: 9"), receiver=receiver)
    assert scene.effects()[0]["due_at"] >= scene.clock.now() + timedelta(seconds=9)


async def test_an_answer_without_end_is_hung_up_on(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    assert (await call(scene, b"endless", receiver=receiver))[0] == "sent"


async def test_an_endpoint_inside_our_network_is_refused(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    state, reason = await call(scene, receiver=receiver, hook=channel(allowed="other.example.com"))
    assert (state, receiver.calls) == ("failed", [])
    assert "private" in str(reason)


async def test_an_endpoint_taken_away_since_the_request_fails_with_that_reason(
    scene: Scene, receiver: Receiver
) -> None:
    set_up(scene, receiver)
    scene.ask(a_hook())
    scene.drain()
    scene.settings(webhooks=[])
    await scene.carrier(scene.channels(channel())).round()
    assert scene.effects()[0]["reason"] == "the endpoint 'crm' is no longer set up"


async def test_settings_that_do_not_read_fail_the_effect_and_not_the_worker(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    scene.ask(a_hook())
    scene.drain()
    set_up(scene, receiver, secret="not a secret!")
    await scene.carrier(scene.channels(channel())).round()
    assert scene.statuses() == ["failed"]
    assert "not a secret" not in str(scene.effects()[0]["reason"])


def test_wherever_the_worker_dies_the_receiver_sees_the_effect_once(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    for point in range(1, 22):
        scene.ask(a_hook())
        live(scene, scene.channels(channel()), point)
        live(scene, scene.channels(channel()), None)
    assert scene.statuses() == ["sent"] * 21
    assert receiver.seen == {f"eff_{bytes(row['effect_key']).hex()}" for row in scene.effects()}
    assert len(receiver.calls) > 21  # some were called twice, under the same id


def answering(code: int, content: bytes) -> bytes:
    return b"HTTP/1.1 %d Said\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (code, len(content), content)


async def told(scene: Scene, receiver: Receiver, answer: bytes) -> Outcome:
    """What one call with this answer comes to, for a run that wants it."""
    set_up(scene, receiver)
    receiver.answers = [answer]
    hook = channel()
    parcel = WebhookParcel(f"http://crm.example.com:{receiver.port}/hook", {}, b"{}", wants_answer=True)
    outcome = await hook.send(replace(parcel, headers={"webhook-id": "x"}))
    await hook.close()
    return outcome


async def test_a_run_reads_status_and_json_of_the_answer(scene: Scene, receiver: Receiver) -> None:
    outcome = await told(scene, receiver, answering(200, b'{"score": 7, "note": "a\\u0000b"}'))
    assert outcome.word == "answered"
    assert outcome.answer == {"status": 200, "json": {"score": 7, "note": "a\ufffdb"}}


@pytest.mark.parametrize("content", [b"<html>", b"[" * 60_000, b'"' + b"x" * 70_000 + b'"', b""])
async def test_an_answer_that_is_no_json_or_too_long_is_an_answer_all_the_same(
    scene: Scene, receiver: Receiver, content: bytes
) -> None:
    assert (await told(scene, receiver, answering(200, content))).answer == {"status": 200, "json": None}


async def test_texts_of_a_payload_are_filled_in_where_the_request_says_so(scene: Scene, receiver: Receiver) -> None:
    set_up(scene, receiver)
    payload = {"name": "{{ account.name }}", "deep": [{"plan": "{{ run.plan }}"}], "count": 3}
    scene.ask(a_hook(payload=payload, has_liquid=True, values={"plan": "gold"}))
    scene.ask(a_hook(payload=payload), slot="two")
    hook = channel()
    await scene.act(scene.channels(hook))
    await hook.close()
    bodies = [msgspec.json.decode(body)["data"] for _, body in receiver.calls]
    assert {"name": "Globex", "deep": [{"plan": "gold"}], "count": 3} in bodies
    assert payload in bodies
