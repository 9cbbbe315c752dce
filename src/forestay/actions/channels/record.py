"""Traits that a journey sets: a call of our own in the event log, so that a replay comes to the same records.

Reads : the effect's TraitRequest; accounts and contacts, for their external ids
Gives : RecordChannel, RecordSettings, RecordParcel
Source: architecture (whatever changes state stands in the log). Segment protocol: `group` sets an account's traits,
        `identify` a contact's. The messageId is the effect's key, so a call that is repeated counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import Connection, select

from forestay.actions.channel import ChannelSettings, Effect, Outcome, RemoteChannel, Result, Workspace
from forestay.actions.liquid import Filler
from forestay.customers.requests import TraitRequest
from forestay.customers.words import ChannelKind
from forestay.kit.inside import CODEC_HEADER, INTERNAL_PATH, SECRET_NAME, WORKSPACE_HEADER
from forestay.kit.secret_files import secret_in
from forestay.store.tables.customers import accounts, contacts

_ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what a server listens on, not what one calls


class RecordSettings(ChannelSettings):
    """What a workspace sets for traits that journeys set."""


@dataclass(frozen=True, slots=True)
class RecordParcel:
    """A body of tracking calls for one workspace's log."""

    workspace_id: int
    body: bytes


class RecordChannel(RemoteChannel[RecordParcel]):
    """Appends the call through the server, the log's only writer."""

    kind = ChannelKind.RECORD
    settings_model = RecordSettings
    idempotent = True
    disturbs = False
    counts = False
    per_second = 2000.0
    timeout_seconds = 20.0
    parallel = 32

    def __init__(self, host: str, port: int, data_dir: Path) -> None:
        self._url = f"http://{'127.0.0.1' if host in _ANYWHERE else host}:{port}{INTERNAL_PATH}"
        self._data_dir = data_dir
        self._client: httpx.AsyncClient | None = None

    def prepare(
        self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime
    ) -> RecordParcel | Outcome:
        """Write the call; texts among the traits are filled in."""
        request = effect.request
        if not isinstance(request, TraitRequest):
            return Outcome(Result.FAILED, "the effect sets no traits")
        subject = _external_id(connection, effect, request)
        if subject is None:
            return Outcome(Result.SKIPPED, f"{request.of}_gone")
        traits = Filler(connection, workspace, effect, request.values, now).fill(request.traits)
        call: dict[str, object] = {"type": "group", "groupId": subject} if request.of == "account" else {
            "type": "identify", "userId": subject
        }  # fmt: skip
        moment = effect.created_at.isoformat()
        call |= {"messageId": effect.public_key, "timestamp": moment, "traits": traits}
        return RecordParcel(effect.workspace_id, msgspec.json.encode({"batch": [call]}))

    async def send(self, parcel: RecordParcel) -> Outcome:
        """Append; a server that is away is asked again under the same messageId."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self.timeout_seconds, trust_env=False)
        headers = {
            "Authorization": f"Bearer {secret_in(self._data_dir, SECRET_NAME)}",
            WORKSPACE_HEADER: str(parcel.workspace_id), CODEC_HEADER: "segment",
        }  # fmt: skip
        try:
            answer = await self._client.post(self._url, headers=headers, content=parcel.body)
        except httpx.ConnectError as away:
            return Outcome(Result.RETRY, f"the server is away: {type(away).__name__}")
        except httpx.HTTPError as unclear:
            return Outcome(Result.UNCLEAR, f"the server did not answer: {type(unclear).__name__}")
        if answer.is_success:
            return Outcome(Result.SENT, provider_id=answer.text[:100])
        lasting = answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS
        return Outcome(Result.FAILED if lasting else Result.RETRY, f"HTTP {answer.status_code}")

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _external_id(connection: Connection, effect: Effect, request: TraitRequest) -> str | None:
    table, number = (accounts, effect.account_id) if request.of == "account" else (contacts, effect.contact_id)
    found: str | None = connection.scalar(
        select(table.c.external_id).where(table.c.workspace_id == effect.workspace_id, table.c.id == number)
    )
    return found
