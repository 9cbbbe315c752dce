"""What every channel on the shelf `actions/channels/` owes the ledger, and what it is given.

Gives : Effect, Outcome, Result, Workspace, ChannelSettings, StoreChannel, RemoteChannel, Channel
Source: DESIGN section 7 (effect ledger). Start here to add a channel: one module on the shelf, one line in
        actions/registry.py.

Two kinds of channel, because two kinds of promise can be kept:
- a StoreChannel does its work inside the ledger's own transaction (a task row, an in-app message): the work
  and its record commit together, so it happens exactly once;
- a RemoteChannel calls somebody else. The attempt is committed before the call. With an `idempotent`
  provider an unclear answer is tried again under the same key (exactly once at the receiver); without,
  it ends as `unknown` for a person to resolve (at most once).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from forestay.customers.requests import ActionRequest
from forestay.customers.words import ChannelKind


class Result(StrEnum):
    """What an attempt came to."""

    SENT = "sent"
    RETRY = "retry"
    """Definitely not done, and worth another try."""
    FAILED = "failed"
    """Definitely not done, and no try will change that."""
    UNKNOWN = "unknown"
    """It may have been done; only the provider or the recipient knows."""
    UNCLEAR = "unclear"
    """The same at a provider that tells twice from once: tried again under the same key. Whoever gives it up in between
    ends it as `unknown`."""
    SKIPPED = "skipped"
    """Deliberately not done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """result, and why in a few words; never message text or an address."""

    result: Result
    detail: str = ""
    provider_id: str | None = None
    """What the provider calls it, or the number of the row made."""
    retry_after: timedelta | None = None
    """What the provider asked for; None = the ledger's own backoff."""
    suppress: str | None = None
    """Set when the address is refused for good: the reason to suppress it with."""
    word: str | None = None
    """What a waiting journey is told instead of the result's own word: 'answered', 'done', 'no_connector'."""
    answer: Mapping[str, object] = field(default_factory=dict)
    """Values that go with the word, for example a webhook's status and JSON."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the ledger under a lease. recipient: address, endpoint key or 'account:<id>', as the channel reads it."""

    id: int
    workspace_id: int
    key: bytes
    channel: ChannelKind
    purpose: str
    recipient: str
    request: ActionRequest
    account_id: int | None
    contact_id: int | None
    signal_id: int | None
    attempts: int
    created_at: datetime
    lease: datetime | None = None
    """The moment the lease ends; also the fence: who holds an older lease may not write."""
    request_id: int | None = None
    run_id: int | None = None
    token_id: int | None = None
    """The token of a journey that asked, and is told what became of it."""
    journey_id: int | None = None
    step: int | None = None

    @property
    def public_key(self) -> str:
        """The effect's key as carried to providers: 'eff_' and 32 hex digits."""
        return f"eff_{self.key.hex()}"


class ChannelSettings(BaseModel):
    """What a workspace sets for one channel (`settings.channels.<channel>`); its JSON Schema is its form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    per_second: float | None = Field(
        None,
        gt=0,
        le=10_000,
        description="Most that leave for this workspace in a second; only the provider's limit if empty.",
    )


SettingsT = TypeVar("SettingsT", bound=ChannelSettings)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The company on whose behalf we act. settings: the workspace's own document, read by the parts that know it."""

    id: int
    name: str
    zone: str
    currency: str
    settings: Mapping[str, object] = field(default_factory=dict)
    _read: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: object, read: Callable[[], Any]) -> Any:
        """What was read for this batch already, or read it now: twenty contacts of an account cost one reading of it.
        A Workspace lives for one transaction, so nothing grows stale."""
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]

    def put(self, key: object, value: object) -> None:
        """Keep what was read with others."""
        self._read[key] = value

    def knows(self, key: object) -> bool:
        """Whether it was read already."""
        return key in self._read

    def channel_settings(self, kind: ChannelKind, model: type[SettingsT]) -> SettingsT:
        """What the workspace set under `settings.channels.<kind>`. Raises pydantic.ValidationError."""
        channels = self.settings.get("channels")
        return model.model_validate(channels.get(kind, {}) if isinstance(channels, dict) else {})


class _Shelf(ABC):
    kind: ClassVar[ChannelKind]
    settings_model: ClassVar[type[ChannelSettings]]
    idempotent: ClassVar[bool]
    """Whether the same effect carried twice counts once at the other end."""
    disturbs: ClassVar[bool]
    """Whether it makes a person's device sound, so that quiet hours hold."""
    counts: ClassVar[bool]
    """Whether it is contact with a customer, so that consent, caps and conversations count."""


class StoreChannel(_Shelf):
    """A channel whose work is rows of the store."""

    idempotent: ClassVar[bool] = True

    @abstractmethod
    def deliver(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Outcome:
        """Do the work in this transaction. A ForestayError ends the effect as failed."""

    def deliver_all(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], now: datetime
    ) -> Sequence[Outcome] | None:
        """The same for many at once, place for place, or None where it is done one by one. What it raises is rolled back
        and then done one by one."""
        return None


Parcel = TypeVar("Parcel")


class RemoteChannel(_Shelf, Generic[Parcel]):
    """A channel that calls out. `per_second`: calls at most, of all workspaces together (the provider's limit);
    `timeout_seconds`: the longest call; `parallel`: calls at a time, and attempts that one transaction opens at most:
    what a crash can leave unclear."""

    per_second: float = 50.0
    timeout_seconds: float = 30.0
    parallel: int = 8

    @abstractmethod
    def prepare(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Parcel | Outcome:
        """Everything that needs the store, in the transaction that records the attempt; an Outcome ends it there."""

    def prepare_all(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], now: datetime
    ) -> Sequence[Parcel | Outcome] | None:
        """The same for many at once, place for place, or None where it is done one by one. What it raises is rolled
        back and then done one by one."""
        return None

    @abstractmethod
    async def send(self, parcel: Parcel) -> Outcome:
        """The call itself, outside of any transaction. An exception or a time-out counts as an unclear answer."""

    async def close(self) -> None:
        """Let connections go; the channel may be used again afterwards."""
        return None


Channel = StoreChannel | RemoteChannel[Any]
