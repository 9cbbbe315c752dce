"""E-mail: by SMTP where a server is set up, else into the built-in outbox and never to the network.

Reads : FORESTAY_SMTP_URL, FORESTAY_MAIL_FROM, the effect, its template
Gives : OutboxEmail, SmtpEmail, EmailSettings, EmailParcel, email_channel()
Source: RFC 5321 (a reply is a clear answer; a connection that breaks after DATA is not), RFC 5322 (Message-ID).
        SMTP knows no idempotency key, so an unclear answer ends as `unknown` (DESIGN section 7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import Field
from sqlalchemy import Connection

from forestay.actions.channel import (
    ChannelSettings,
    Effect,
    Outcome,
    RemoteChannel,
    Result,
    StoreChannel,
    Workspace,
)  # fmt: skip
from forestay.actions.letters import Letter, Written, keep_letter, keep_letters, write_letter, write_letters
from forestay.customers.words import ChannelKind
from forestay.kit.errors import Invalid

_ADDRESS_IS_DEAD = frozenset((550, 551, 553, 556))
"""Replies to RCPT that say the mailbox does not exist or never takes mail (RFC 5321 section 4.2.3, RFC 7504)."""


class EmailSettings(ChannelSettings):
    """What a workspace sets for e-mail."""

    sender: str | None = Field(None, max_length=200, description="From line, 'Name <address>'; the server's if empty.")
    reply_to: str | None = Field(None, max_length=200, description="Where answers go; the sender if empty.")


@dataclass(frozen=True, slots=True)
class EmailParcel:
    """sender and recipient of the envelope, and the message with its headers."""

    sender: str
    recipient: str
    message: EmailMessage


class OutboxEmail(StoreChannel):
    """Keeps the message to be read; what a demo and a server without SMTP do."""

    kind = ChannelKind.EMAIL
    settings_model = EmailSettings
    disturbs = True
    counts = True

    def __init__(self, mail_from: str) -> None:
        self._mail_from = mail_from

    def deliver(self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime) -> Outcome:
        """Keep the message in the same transaction: exactly once."""
        letter, message = _written(connection, workspace, effect, self._mail_from, now)
        number = keep_letter(connection, effect, letter, _headers(message), now)
        return Outcome(Result.SENT, "kept in the outbox", provider_id=str(number))

    def deliver_all(
        self, connection: Connection, workspace: Workspace, effects: Sequence[Effect], now: datetime
    ) -> Sequence[Outcome]:
        """Keep many at once."""
        letters = write_letters(connection, workspace, effects, now)
        written = [
            Written(effect, letter, _headers(_message(workspace, effect, letter, self._mail_from, now)))
            for effect, letter in zip(effects, letters, strict=True)
            if isinstance(letter, Letter)
        ]
        numbers = keep_letters(connection, written, now)
        return [
            letter if isinstance(letter, Outcome)
            else Outcome(Result.SENT, "kept in the outbox", provider_id=str(numbers[effect.id]))
            for effect, letter in zip(effects, letters, strict=True)
        ]  # fmt: skip


class SmtpEmail(RemoteChannel[EmailParcel]):
    """Speaks SMTP over one kept connection; at most once."""

    kind = ChannelKind.EMAIL
    settings_model = EmailSettings
    idempotent = False
    disturbs = True
    counts = True
    per_second = 20.0
    timeout_seconds = 60.0
    parallel = 1  # one conversation at a time is what the connection is

    def __init__(self, smtp_url: str, mail_from: str) -> None:
        self._mail_from = mail_from
        self._client = _client(smtp_url)

    def prepare(
        self, connection: Connection, workspace: Workspace, effect: Effect, now: datetime
    ) -> EmailParcel | Outcome:
        """Write the letter and keep it, so that an attempt of unclear end can be read."""
        letter, message = _written(connection, workspace, effect, self._mail_from, now)
        keep_letter(connection, effect, letter, _headers(message), now)
        return EmailParcel(parseaddr(str(message["From"]))[1], effect.recipient, message)

    async def send(self, parcel: EmailParcel) -> Outcome:
        """Connection, envelope, words: until DATA nothing can have been sent, whatever goes wrong."""
        try:
            return await self._connect() or await self._envelope(parcel) or await self._data(parcel)
        except asyncio.CancelledError:
            self._client.close()  # half a conversation is no place for the next message
            raise

    async def close(self) -> None:
        """Say goodbye where somebody listens."""
        if self._client.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError):  # leaving is not worth an error
                await self._client.quit()
        self._client.close()

    async def _connect(self) -> Outcome | None:
        """A living connection. A refusal here is about the server, its greeting or our sign-in, never the message."""
        try:
            if self._client.is_connected:
                try:
                    await self._client.rset()  # finds out that a kept connection died before anything depends on it
                except (aiosmtplib.SMTPException, OSError):
                    self._client.close()
            if not self._client.is_connected:
                await self._client.connect()
            if self._client.last_ehlo_response is None:
                await self._client.ehlo()
        except (aiosmtplib.SMTPException, OSError) as why:
            self._client.close()
            return Outcome(Result.RETRY, f"no connection: {type(why).__name__}")
        return None

    async def _envelope(self, parcel: EmailParcel) -> Outcome | None:
        options = ["BODY=8BITMIME"] if self._client.supports_extension("8bitmime") else []
        try:
            await self._client.mail(parcel.sender, options=options)
            await self._client.rcpt(parcel.recipient)
        except aiosmtplib.SMTPResponseException as refused:
            return _refused(refused)
        except (aiosmtplib.SMTPException, OSError) as why:
            self._client.close()
            return Outcome(Result.RETRY, f"before DATA: {type(why).__name__}")
        except ValueError:
            return Outcome(Result.FAILED, "the address cannot be written in SMTP")
        return None

    async def _data(self, parcel: EmailParcel) -> Outcome:
        try:
            answer = await self._client.data(parcel.message.as_bytes())
        except aiosmtplib.SMTPResponseException as refused:
            return _refused(refused, after_data=True)
        except (aiosmtplib.SMTPException, OSError) as unclear:
            self._client.close()
            return Outcome(Result.UNKNOWN, f"after DATA: {type(unclear).__name__}")
        return Outcome(Result.SENT, f"SMTP {answer.code}", provider_id=str(parcel.message["Message-ID"]))


def email_channel(smtp_url: str | None, mail_from: str) -> OutboxEmail | SmtpEmail:
    """The channel for these settings."""
    return OutboxEmail(mail_from) if not smtp_url else SmtpEmail(smtp_url, mail_from)


def _refused(reply: aiosmtplib.SMTPResponseException, *, after_data: bool = False) -> Outcome:
    """A reply with a code is a clear no: 4xx for now, 5xx for good, some of them for the address itself."""
    said = f"SMTP {reply.code}"
    if reply.code < 500:
        return Outcome(Result.RETRY, said)
    dead = not after_data and isinstance(reply, aiosmtplib.SMTPRecipientRefused) and reply.code in _ADDRESS_IS_DEAD
    return Outcome(Result.FAILED, said, suppress=f"refused by its server with {reply.code}" if dead else None)


def _written(
    connection: Connection, workspace: Workspace, effect: Effect, mail_from: str, now: datetime
) -> tuple[Letter, EmailMessage]:
    letter = write_letter(connection, workspace, effect, now)
    return letter, _message(workspace, effect, letter, mail_from, now)


def _message(workspace: Workspace, effect: Effect, letter: Letter, mail_from: str, now: datetime) -> EmailMessage:
    settings = workspace.once("email", lambda: workspace.channel_settings(ChannelKind.EMAIL, EmailSettings))
    message = EmailMessage()
    try:
        message["From"] = settings.sender or mail_from
        message["To"] = effect.recipient
        if settings.reply_to:
            message["Reply-To"] = settings.reply_to
        message["Subject"] = letter.subject or "(no subject)"
    except ValueError as why:  # a line break in a header, or an address that is none
        raise Invalid(f"the e-mail's headers are wrong: {type(why).__name__}", place="settings.channels.email") from why
    message["Date"] = format_datetime(now)
    domain = parseaddr(str(message["From"]))[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{effect.public_key}@{domain}>"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _headers(message: EmailMessage) -> dict[str, str]:
    return {name: str(message[name]) for name in ("From", "Reply-To", "Date", "Message-ID") if message[name]}


def _client(smtp_url: str) -> aiosmtplib.SMTP:
    """smtp://[user:password@]host[:port] upgrades to TLS where offered; smtps:// is TLS from the first byte."""
    parts = urlsplit(smtp_url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Invalid("write smtp://user:password@host:587 or smtps://...", place="FORESTAY_SMTP_URL")
    secure = parts.scheme == "smtps"
    return aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port or (465 if secure else 587),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=secure,
        timeout=30,
    )
