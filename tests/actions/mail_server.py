"""A real SMTP server in a thread, with the moods that real ones have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.actions.thread_server import serving


class Mailbox:
    """Keeps what it accepted. moods: one per conversation, in turn: '', 'no rcpt', 'not now', 'no content',
    'busy content', 'hang up before', 'hang up after' (it kept the mail and never said so)."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.moods: list[str] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def factory(self) -> SMTP:
        self.connections += 1
        return SMTP(self, enable_SMTPUTF8=True)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        mood = self.moods.pop(0) if self.moods else ""
        session.mood = mood
        if mood == "hang up before":
            server.transport.close()
        if mood in ("no rcpt", "not now"):
            return "550 no such user" if mood == "no rcpt" else "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if session.mood in ("no content", "busy content"):
            return "554 looks like spam" if session.mood == "no content" else "451 disk full"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        if session.mood == "hang up after":
            server.transport.close()
        return "250 kept"


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    async def start() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(box.factory, "127.0.0.1", 0)

    with serving(start) as box.port:
        yield box
