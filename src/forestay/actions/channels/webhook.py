"""Webhooks: a signed call to an endpoint the workspace set up.

Reads : `settings.webhooks` of the workspace, the effect's payload
Gives : WebhookChannel, WebhookSettings, Endpoint, WebhookParcel
Source: Standard Webhooks specification 1.0 (webhook-id, webhook-timestamp, webhook-signature; a 2xx within the
        time-out is success, 410 means 'never again', everything else is tried again). The webhook-id is the
        effect's key and the same on every attempt, so a receiver that remembers ids sees each effect once.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from pydantic import Field, SecretStr, field_validator
from sqlalchemy import Connection

from forestay.actions.channel import ChannelSettings, Effect, Outcome, RemoteChannel, Result, Workspace
from forestay.actions.liquid import Filler
from forestay.customers.requests import WebhookRequest
from forestay.customers.words import ChannelKind
from forestay.kit.outgoing import OutgoingRefused, Resolver, check_url, outgoing_client, resolve
from forestay.kit.sealing import PREFIX, Seal

if TYPE_CHECKING:
    import httpx

_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
ANSWER_LIMIT = 65_536
"""Bytes of an answer that are read before we hang up; its content is used where a run wants it."""


class Endpoint(ChannelSettings):
    """One receiver."""

    key: str = Field(min_length=1, max_length=100, description="Name that requests use, for example crm.")
    url: str = Field(max_length=2000, description="https:// address that takes POST.")
    secret: SecretStr = Field(
        description="Standard Webhooks secret, whsec_ and base64; signs every call. Stored sealed."
    )

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("the address must begin with https:// (or http://)")
        return url

    @field_validator("secret")
    @classmethod
    def _is_a_secret(cls, secret: SecretStr) -> SecretStr:
        if secret.get_secret_value().startswith(PREFIX):
            return secret  # judged before it was sealed
        key = secret.get_secret_value().removeprefix("whsec_")
        try:
            size = len(base64.b64decode(key + "=" * (-len(key) % 4), validate=True))
        except binascii.Error as why:
            raise ValueError("the secret must be whsec_ followed by base64") from why
        if not 24 <= size <= 64:  # what the specification asks for
            raise ValueError("the secret must hold 24 to 64 bytes")
        return secret


class WebhookSettings(ChannelSettings):
    """The workspace's receivers."""

    endpoints: tuple[Endpoint, ...] = Field((), description="Receivers, each under its own key.")

    @classmethod
    def of(cls, workspace: Workspace) -> WebhookSettings:
        """From `settings.webhooks`. Raises pydantic.ValidationError."""
        return cls.model_validate({"endpoints": workspace.settings.get("webhooks", [])})

    def by_key(self) -> Mapping[str, Endpoint]:
        """Endpoints by their key."""
        return {endpoint.key: endpoint for endpoint in self.endpoints}


@dataclass(frozen=True, slots=True)
class WebhookParcel:
    """Everything one call needs."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    wants_answer: bool = False


class WebhookChannel(RemoteChannel[WebhookParcel]):
    """POSTs `{type, timestamp, data}`; receivers deduplicate by webhook-id."""

    kind = ChannelKind.WEBHOOK
    settings_model = WebhookSettings
    idempotent = True
    disturbs = False
    counts = False
    timeout_seconds = 15.0

    def __init__(self, seal: Seal, allowed_hosts: Sequence[str] = (), *, resolver: Resolver = resolve) -> None:
        self._seal, self._allowed, self._resolver = seal, tuple(allowed_hosts), resolver
        self._client: httpx.AsyncClient | None = None

    def prepare(
        self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime
    ) -> WebhookParcel | Outcome:
        """Sign the payload with the endpoint's present secret."""
        from standardwebhooks import Webhook

        request = effect.request
        if not isinstance(request, WebhookRequest):
            return Outcome(Result.FAILED, "the effect is not a webhook")
        endpoint = WebhookSettings.of(workspace).by_key().get(effect.recipient)
        if endpoint is None:
            return Outcome(Result.FAILED, f"the endpoint '{effect.recipient}' is no longer set up")
        check_url(endpoint.url, self._allowed)
        payload: object = request.payload
        if request.has_liquid:
            payload = Filler(connection, workspace, effect, request.values, now).fill(payload)
        entered = effect.created_at.isoformat().replace("+00:00", "Z")
        body = msgspec.json.encode({"type": request.type, "timestamp": entered, "data": payload})
        secret = self._seal.open(endpoint.secret.get_secret_value())
        signature = Webhook(secret).sign(effect.public_key, now, body.decode())
        headers = {
            "content-type": "application/json",
            "user-agent": "Forestay",
            "webhook-id": effect.public_key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        return WebhookParcel(endpoint.url, headers, body, request.wants_answer)

    async def send(self, parcel: WebhookParcel) -> Outcome:
        """Call; whatever is not a clear yes or a clear no is tried again under the same id."""
        import httpx

        if self._client is None:
            self._client = outgoing_client(self._allowed, timeout_seconds=self.timeout_seconds, resolver=self._resolver)
        try:
            async with self._client.stream("POST", parcel.url, headers=parcel.headers, content=parcel.body) as answer:
                content = await _read_a_little(answer)
        except OutgoingRefused as refused:
            return Outcome(Result.RETRY if refused.retryable else Result.FAILED, str(refused))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as away:
            return Outcome(Result.RETRY, f"no connection: {type(away).__name__}")
        except httpx.HTTPError as unclear:
            return Outcome(Result.UNCLEAR, f"no answer: {type(unclear).__name__}")
        return _told(_judged(answer), answer, content if parcel.wants_answer else None)

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


async def _read_a_little(answer: httpx.Response) -> bytes | None:
    """The content; None when it is too long. A receiver that answers without end must not hold us; leaving the stream
    hangs up."""
    parts, seen = [], 0
    async for part in answer.aiter_bytes():
        seen += len(part)
        if seen > ANSWER_LIMIT:
            return None
        parts.append(part)
    return b"".join(parts)


def _told(outcome: Outcome, answer: httpx.Response, content: bytes | None) -> Outcome:
    """With what a waiting run may read: the status, and the content where it is JSON."""
    values: dict[str, object] = {"status": answer.status_code}
    if outcome.result is not Result.SENT:
        return replace(outcome, answer=values)
    return replace(outcome, word="answered", answer={**values, "json": _json(content)})


def _json(content: bytes | None) -> object:
    try:
        return _clean(msgspec.json.decode(content)) if content else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _clean(value: object) -> object:
    """Without NUL, which PostgreSQL keeps in no text."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def _judged(answer: httpx.Response) -> Outcome:
    said = f"HTTP {answer.status_code}"
    if answer.is_success:
        return Outcome(Result.SENT, said)
    if answer.status_code == HTTPStatus.GONE:
        return Outcome(Result.FAILED, f"{said}: the endpoint wants no more calls")
    asked = answer.headers.get("retry-after", "")  # whole seconds, or a date, which our own backoff covers
    return Outcome(Result.RETRY, said, retry_after=timedelta(seconds=int(asked)) if _SECONDS.fullmatch(asked) else None)
