"""A message to contacts, asked for and (by choice) followed until it is sent, skipped or failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from forestay.customers.requests import MessageRequest
from forestay.journeys.answers import answers, deadline
from forestay.journeys.fields import PurposeKey, TemplateKey
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import Way, Ways, When, absent, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

SENT, SKIPPED, FAILED = "sent", "skipped", "failed"
CONTACT = "contact"
Channel = Literal["email", "in_app"]
To = (
    Literal["contact", "sponsor", "champion", "active_users", "all"]
    | Annotated[str, Field(pattern=r"^contact:.+$", max_length=200)]
)
OUTCOME_PORTS = {"sent": SENT, "skipped": SKIPPED, "cancelled": SKIPPED}
"""Ways out by what became of a message; an unclear end counts as failed, since nobody may take it as sent."""


class MessageSettings(StepSettings):
    """Asks for a message. It is written from the template when it leaves; consent, caps and quiet hours are looked at
    in that moment, and may postpone or skip it."""

    kind: ClassVar[str] = "message"

    channel: Channel = Field("email", title="Channel")
    template: TemplateKey = Field(title="Template", description="Key of the text, in Liquid.")
    to: To = Field(
        "champion", title="To",
        description="contact: whom the run is about; else contacts of the account by their part, or contact:<id>.",
    )  # fmt: skip
    purpose: PurposeKey | None = Field(
        None, title="Consent class", description="Which consent it needs; the journey's own when left out."
    )
    follow: bool = Field(
        False, title="Wait for its outcome", description="Go on by sent, skipped or failed, when that is known."
    )
    wait_days: float | None = Field(
        None, ge=0, le=60, title="Give up after", json_schema_extra={"x-unit": "days"},
        description="Skip it when caps or quiet hours held it this long; the workspace's policy when left out.",
    )  # fmt: skip


ports = Ways(
    Way(SENT, (given("follow"),)), Way(SKIPPED, (given("follow"),)), Way(FAILED, (given("follow"),)), Way("next", (absent("follow"),))
)  # fmt: skip
"""'next', or the outcomes that it waits for."""


def arrive(settings: MessageSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Ask for one message each."""
    plain = request(settings, batch, 0, {})  # one for all who bring nothing of their own, so that it is made once
    contacts = batch.contact.tolist()
    for place, (contact, values) in enumerate(zip(contacts, batch.values, strict=True)):
        moves.ask(place, "message", request(settings, batch, contact, values) if contact or values else plain)
    everyone = np.arange(len(batch))
    if settings.follow:
        moves.wait(everyone, TokenState.OUTCOME)
    else:
        moves.go(everyone)


def request(settings: MessageSettings, batch: Batch, contact: int, values: dict[str, object]) -> MessageRequest:
    """The request of one place."""
    return MessageRequest(
        settings.channel, settings.template, settings.to, settings.purpose or batch.consent,
        wait_days=settings.wait_days, journey=batch.journey, contact_id=contact or None, values=values,
    )  # fmt: skip


def wake(settings: MessageSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on by what became of it."""
    for answer in answers(batch, micros_of(world.now), deadline(batch, None)):
        here = np.array([answer.place])
        if answer.word:
            moves.tell(answer.place, outcome=f"{answer.word}:{answer.reason}" if answer.reason else answer.word)
            moves.go(here, OUTCOME_PORTS.get(answer.word, FAILED))
        else:
            moves.wait(here, TokenState.OUTCOME)


def check(settings: MessageSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """Whom it goes to, and why, must be sayable."""
    yield from recipient_findings(settings.to, settings.purpose, place, checking)


def recipient_findings(to: str, purpose: str | None, place: str, checking: Checking) -> Iterator[Finding]:
    """A recipient that there is not; a consent class that nobody declared, or one that needs leave to be used."""
    if to == CONTACT and checking.facts.get("subject") == "account":
        yield Finding(
            "no_contact", f"{place}.to", "an account's journey has no contact of its own; name a part, such as champion"
        )
    if purpose is None:
        return
    if checking.purposes is not None and purpose not in checking.purposes:
        known = ", ".join(sorted(checking.purposes))
        yield Finding("unknown_purpose", f"{place}.purpose", f"'{purpose}' is no consent class; there are {known}")
    if purpose == "transactional":
        yield Finding(
            "transactional", f"{place}.purpose",
            "transactional messages pass over consent, caps and quiet hours: publishing them needs a permission",
            is_error=False,
        )  # fmt: skip


KIND = StepKind(
    MessageSettings, "Message", arrive, wake, ports=ports, check=check,
    parks=When(((given("follow"),),)), asks=True, group="people",
)  # fmt: skip
