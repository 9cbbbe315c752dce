"""The API behind a real port, and browsers that listen to its stream."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from forestay.api.app import create_app
from forestay.api.deps import ApiDeps
from forestay.app.server import ServerWithStreams
from tests.running import eventually, free_port


@contextmanager
def served(deps: ApiDeps) -> Iterator[str]:
    """The address of a server of these parts; its streams end with it."""
    port = free_port()
    app = create_app(deps)
    deps.at_end.append(app.state.hub.close)
    server = ServerWithStreams(uvicorn.Config(app, port=port, lifespan="off", log_config=None), deps.at_end)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive(), "it waits for streams, which have no end of their own"


@dataclass(frozen=True)
class Heard:
    """An event of the stream; a comment has the name ''."""

    name: str
    said: dict[str, Any]
    id: str | None = None

    @property
    def topics(self) -> dict[str, list[str] | None]:
        topics: dict[str, list[str] | None] = self.said.get("topics", {})
        return topics


@dataclass
class Ear:
    """What one browser heard so far."""

    answer: httpx.Response
    heard: list[Heard] = field(default_factory=list)
    is_over: bool = False

    def follow(self) -> None:
        parts: dict[str, str] = {}
        try:
            for line in self.answer.iter_lines():
                if line.startswith(":"):
                    self.heard.append(Heard("", {}))
                elif line:
                    key, _, value = line.partition(": ")
                    parts[key] = value
                elif "event" in parts:
                    self.heard.append(Heard(parts["event"], json.loads(parts["data"]), parts.get("id")))
                    parts = {}
        except httpx.HTTPError:
            pass
        self.is_over = True

    def named(self, name: str) -> list[Heard]:
        return [one for one in self.heard if one.name == name]

    def topics(self) -> set[str]:
        return {topic for one in self.named("change") for topic in one.topics}

    def wait(self, name: str, seconds: float = 20.0) -> Heard:
        """The first event of this name, once it is there."""
        return eventually(lambda: self.named(name), seconds=seconds)[0]

    def wait_topic(self, topic: str) -> Heard:
        eventually(lambda: topic in self.topics(), seconds=20)
        return next(one for one in self.named("change") if topic in one.topics)


@contextmanager
def listening(url: str, headers: dict[str, str]) -> Iterator[Ear]:
    """A browser that listens until the end of the block; it has been greeted."""
    with (
        httpx.Client(timeout=30, trust_env=False) as client,
        client.stream("GET", f"{url}/api/stream", headers=headers) as answer,
    ):
        ear = Ear(answer)
        assert answer.status_code == 200, answer.read()
        threading.Thread(target=ear.follow, daemon=True).start()
        ear.wait("hello")
        yield ear
