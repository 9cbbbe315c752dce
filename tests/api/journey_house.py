"""Journeys over the API, with a runner over the same store and clock: publish, let in, work, look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from forestay.customers.words import Role
from forestay.journeys.moves import World
from forestay.journeys.runtime.runner import Runner
from tests.api.conftest import House
from tests.api.seeding import Seed
from tests.journeys.still_world import StillWorld

WAIT: dict[str, Any] = {
    "start": {"kind": "wait", "for": {"days": 3}, "next": "mail"},
    "mail": {"kind": "message", "template": "feature-guide", "next": "end"},
    "end": {"kind": "exit", "reason": "done"},
}


class JourneyHouse:
    """`call` is the API; `work` what the worker would do."""

    def __init__(self, house: House) -> None:
        self.house, self.headers = house, house.bearer()
        self.seed = Seed(house.store.owner, house.workspace_id)
        self.world = StillWorld()
        self.runner = Runner(house.store.worker, self._world, house.clock.now)
        house.member(Role.OPS, "boss@acme.example.com")

    def _world(self, _workspace: int, now: datetime) -> World:
        self.world.now = now
        return self.world

    def call(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """What the API answers, which must be of this status."""
        answer = self.house.client.request(method, path, json=body, headers={**self.headers, **headers})
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        answer = self.house.client.get(path, params=query or None, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def publish(self, steps: Mapping[str, Any] = WAIT, key: str = "hello", **more: Any) -> None:
        document = {
            "key": key, "name": "Hello", "owner": "boss@acme.example.com", "consent": "success",
            "entry": [{"manual": True}], "start": "start", "steps": steps, **more,
        }  # fmt: skip
        self.call("PUT", f"/api/journeys/{key}/draft", {"document": document}, **{"If-Match": "*"})
        self.call("POST", f"/api/journeys/{key}/publish")

    def accounts(self, *names: str) -> list[int]:
        return [self.seed.account(name) for name in names]

    def enter(self, *names: str, key: str = "hello") -> None:
        for name in names:
            self.call("POST", f"/api/journeys/{key}/enter", {"account": name}, 202)
        self.work()

    def work(self, hours: float = 0) -> None:
        """Move the clock, then do all there is to do."""
        self.house.clock.advance(timedelta(hours=hours))
        self.runner.refresh()
        while self.runner.take_in().rows or self.runner.run_due().rows:
            self.house.clock.advance(timedelta(microseconds=1))

    def run(self, place: int = 0) -> dict[str, Any]:
        """One of the runs, the newest first."""
        found: dict[str, Any] = self.get("/api/runs")["items"][place]
        return found
