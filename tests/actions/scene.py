"""A small made-up company for tests of actions: one account, its people, its CSM, and what they are asked to do."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from forestay.actions.carrying import Carried, Carrier
from forestay.actions.channel import ChannelSettings, Effect, Outcome, RemoteChannel, Result, Workspace
from forestay.actions.drain import Drained, drain_requests
from forestay.actions.registry import Channels, channels_for
from forestay.customers.requests import ActionRequest, Evidence, MessageRequest, TaskRequest, WebhookRequest, encode
from forestay.customers.words import ChannelKind, EffectStatus, RiskLevel
from forestay.kit.clock import FixedClock
from forestay.kit.retry import Backoff
from forestay.kit.settings import Settings
from forestay.store.tables.actions import effect_attempts, effects, messages, tasks
from forestay.store.tables.customers import accounts, contacts, identities, memberships
from forestay.store.tables.governance import members, workspaces
from forestay.store.tables.signals import requests, signals
from tests.conftest import StoreUnderTest

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVIDENCE = [
    Evidence(
        "measure.active_users_7d", "Active users, last 7 days", 4.0, sentence="Active users fell to 4 (usually 11)"
    )
]
SOON = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=10), attempts=5)
NO_LIMITS: dict[str, object] = {
    "contact_cap": {"limit": 10**6},
    "contact_daily_cap": {"limit": 10**6},
    "account_cap": {"limit": 10**6},
    "quiet_hours": None,
}
"""A contact policy under which everything could leave."""
_NUMBERS = itertools.count(1)


class Courier(RemoteChannel[Effect]):
    """A provider in memory that does as told: gives each answer of its script in turn, then 'sent'."""

    kind = ChannelKind.EMAIL
    settings_model = ChannelSettings
    disturbs = True
    counts = True
    per_second = 1e6
    timeout_seconds = 5.0

    def __init__(self, *, idempotent: bool = False) -> None:
        self.idempotent = idempotent  # type: ignore[misc] - one double for both promises
        self.delivered: list[str] = []
        self.script: list[Outcome | Exception] = []

    def prepare(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Effect | Outcome:
        return effect

    async def send(self, parcel: Effect) -> Outcome:
        answer = self.script.pop(0) if self.script else Outcome(Result.SENT, provider_id="p")
        if isinstance(answer, Exception):
            self.delivered.append(parcel.public_key)  # the worst kind of failure: it arrived all the same
            raise answer
        if answer.result is Result.SENT:
            self.delivered.append(parcel.public_key)
        return answer


@dataclass
class Scene:
    """Everything a test needs by name. Numbers are rows' ids."""

    store: StoreUnderTest
    workspace: int
    clock: FixedClock = field(default_factory=lambda: FixedClock(MONDAY_NOON))
    account: int = 0
    csm: int = 0
    sponsor: int = 0

    def set_up(self) -> Scene:
        self.csm = self.member("Olga Owner", "olga@acme.example.com")
        self.account = self.new_account("globex", "Globex", owner_id=self.csm)
        self.sponsor = self.contact("ada", "Ada Example", "ada@globex.example.com", is_sponsor=True)
        return self

    def add(self, table: Any, **values: object) -> int:
        with self.store.owner.begin_worker() as connection:
            return int(
                connection.execute(
                    insert(table).values(workspace_id=self.workspace, **values).returning(table.c.id)
                ).scalar_one()
            )

    def put(self, table: Any, **values: object) -> None:
        with self.store.owner.begin_worker() as connection:
            connection.execute(insert(table).values(workspace_id=self.workspace, **values))

    def change(self, table: Any, row_id: int, **values: object) -> None:
        with self.store.owner.begin_worker() as connection:
            connection.execute(update(table).where(table.c.id == row_id).values(**values))

    def settings(self, **values: object) -> None:
        self.change(workspaces, self.workspace, settings=values)

    def member(self, name: str, email: str, role: str = "csm", **values: object) -> int:
        return self.add(members, name=name, email=email, role=role, **values)

    def new_account(self, external_id: str, name: str, **values: object) -> int:
        return self.add(accounts, external_id=external_id, name=name, **values)

    def contact(
        self, external_id: str, name: str, email: str | None, account: int | None = None, **values: object
    ) -> int:
        number = self.add(contacts, external_id=external_id, name=name, email=email, **values)
        self.put(memberships, contact_id=number, account_id=account or self.account)
        self.put(identities, key=f"u:{external_id}", contact_id=number)
        return number

    def signal(self, trigger: str = "health-below-60", **values: object) -> int:
        now = self.clock.now()
        row: dict[str, object] = {
            "trigger_key": trigger, "trigger_version": 1, "account_id": self.account, "tier": "assisted",
            "risk_level": "high", "event_at": now, "detected_at": now, "fired_at": now,
        }  # fmt: skip
        return self.add(signals, **{**row, **values})

    def ask(self, request: ActionRequest, *, cause: str | None = None, slot: str = "one", account: int | None = None,
            not_before: datetime | None = None) -> int:  # fmt: skip
        body = msgspec.json.decode(encode(request))
        cause = cause or f"signal:{next(_NUMBERS)}:0"
        return self.add(requests, account_id=account or self.account, cause=cause, slot=slot, body=body,
                        created_at=self.clock.now(), not_before=not_before)  # fmt: skip

    def drain(self) -> Drained:
        with self.store.worker.begin_worker() as connection:
            return drain_requests(connection, self.clock.now())

    def channels(self, *others: Any, **settings: object) -> Channels:
        """The shelf without SMTP, with `others` in their kind's place."""
        return {**channels_for(Settings(**settings)), **{each.kind: each for each in others}}  # type: ignore[arg-type]

    def carrier(self, channels: Channels | None = None, share: int = 50) -> Carrier:
        return Carrier(self.store.worker, channels or self.channels(), self.clock, share=share, backoff=SOON)

    async def act(self, channels: Channels | None = None) -> Carried:
        self.drain()
        return await self.carrier(channels).round()

    def rows(self, table: Any) -> Sequence[Mapping[str, Any]]:
        with self.store.owner.begin_worker() as connection:
            order = table.c.id if "id" in table.c else table.c.workspace_id
            wanted = select(table).where(table.c.workspace_id == self.workspace).order_by(order)
            return connection.execute(wanted).mappings().all()

    def statuses(self) -> list[EffectStatus]:
        return [EffectStatus(row["status"]) for row in self.rows(effects)]

    def effects(self) -> Sequence[Mapping[str, Any]]:
        return self.rows(effects)

    def attempts(self) -> Sequence[Mapping[str, Any]]:
        return self.rows(effect_attempts)

    def messages(self) -> Sequence[Mapping[str, Any]]:
        return self.rows(messages)

    def tasks(self) -> Sequence[Mapping[str, Any]]:
        return self.rows(tasks)

    def requests(self) -> Sequence[Mapping[str, Any]]:
        return self.rows(requests)


def a_task(**values: Any) -> TaskRequest:
    usual: dict[str, Any] = {
        "title": "Find out why", "risk_level": RiskLevel.HIGH, "evidence": EVIDENCE, "trigger_key": "health-below-60",
        "script_template": "health-below-60-script", "draft_template": "health-below-60-draft",
    }  # fmt: skip
    return TaskRequest(**{**usual, **values})


def a_mail(**values: Any) -> MessageRequest:
    usual: dict[str, Any] = {"channel": "email", "template": "health-check-in", "to": "sponsor", "evidence": EVIDENCE}
    return MessageRequest(**{**usual, **values})


def a_hint(**values: Any) -> MessageRequest:
    return a_mail(**{"channel": "in_app", "template": "feature-guide", "to": "active_users", **values})


def a_hook(**values: Any) -> WebhookRequest:
    usual: dict[str, Any] = {"endpoint": "crm", "type": "signal.fired", "payload": {"account": "globex"}}
    return WebhookRequest(**{**usual, **values})
