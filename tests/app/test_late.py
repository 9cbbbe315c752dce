"""What is slow to load does not keep others from answering."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from forestay.app.late import LateApp


async def call(app: ASGIApp) -> tuple[int, bytes]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://forestay") as client:
        answer = await client.get("/")
    return answer.status_code, answer.content


async def test_a_call_that_comes_too_early_waits_and_is_answered() -> None:
    may_go_on = threading.Event()

    def slow() -> ASGIApp:
        may_go_on.wait(10)
        return PlainTextResponse("here")

    early = asyncio.ensure_future(call(LateApp(slow)))
    await asyncio.sleep(0)
    assert not early.done()
    may_go_on.set()
    assert await early == (200, b"here")


async def test_it_lets_others_go_first_until_somebody_calls() -> None:
    began = threading.Event()

    def build() -> ASGIApp:
        began.set()
        return PlainTextResponse("here")

    late = LateApp(build, may_begin=lambda: False)
    assert not began.wait(0.2)
    assert await call(late) == (200, b"here")


async def test_it_begins_by_itself_once_the_others_are_there() -> None:
    began = threading.Event()
    LateApp(lambda: began.set() or PlainTextResponse("here"), may_begin=lambda: True)
    assert began.wait(10)


async def test_what_cannot_be_loaded_asks_the_process_to_end_and_leaves_no_call_hanging(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: asked.append((pid, number)))

    def broken() -> ASGIApp:
        raise RuntimeError("a module is missing")

    with pytest.raises(RuntimeError, match="a module is missing"):
        await call(LateApp(broken))
    assert asked == [(os.getpid(), signal.SIGTERM)]
