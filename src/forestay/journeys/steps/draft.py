"""A message that is drafted, corrected and approved by a person, and then sent.

Source: issue 'Journeys' 2: template drafter now, generative later, same request
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.customers.requests import DraftRequest, MessageRequest, WithdrawRequest
from forestay.journeys.answers import WITHDRAW, Answer, answers, deadline
from forestay.journeys.facts import evidence_of
from forestay.journeys.fields import ColumnName, Duration, Person, PurposeKey, TemplateKey, Text
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Ints, Moves, World
from forestay.journeys.steps.message import FAILED, OUTCOME_PORTS, SENT, SKIPPED, Channel, To, recipient_findings
from forestay.journeys.ways import ALWAYS, Way, Ways, chosen, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

SLOT, MESSAGE, APPROVED, REJECTED, TIMEOUT = "draft", "message", "approved", "rejected", "timeout"
SENDING = "_sending"
"""Run value: pass of the step whose approved message is on its way."""


class DraftSettings(StepSettings):
    """Asks for a drafted message, waits for a person's approval, then sends it as approved."""

    kind: ClassVar[str] = "draft"

    channel: Channel = Field("email", title="Channel")
    template: TemplateKey = Field(title="Template", description="What the draft starts from, in Liquid.")
    to: To = Field("sponsor", title="To", description="contact, a part of the account, or contact:<id>.")
    purpose: PurposeKey | None = Field(None, title="Consent class", description="The journey's own when left out.")
    drafter: Literal["template"] = Field("template", title="Drafted by", description="template: filled in.")
    instructions: Text = Field("", title="Instructions", description="For whoever corrects it, in Liquid.")
    approver: Person = Field("owner", title="Approved by", description="owner, manager, role:<role>, or an e-mail.")
    within: Duration | None = Field(None, title="Wait at most")
    otherwise: Literal["rejected", "timeout"] = Field(
        "rejected", title="Without an answer", description="The way out when nobody answered in time; nothing is sent."
    )
    due_in_business: bool = Field(True, title="Due in business hours")
    evidence: tuple[ColumnName, ...] = Field((), max_length=20, title="Evidence", description="Columns shown with it.")
    follow: bool = Field(False, title="Wait until it is sent", description="Else it leaves by 'sent' once approved.")

    @model_validator(mode="after")
    def _a_time_for_the_timeout(self) -> Self:
        if self.otherwise == TIMEOUT and self.within is None:
            raise ValueError("a time-out needs 'within'")
        return self


ports = Ways(
    Way(SENT), Way(REJECTED), Way(SKIPPED, (given("follow"),)), Way(FAILED, (given("follow"),)),
    Way(TIMEOUT, (chosen("otherwise", TIMEOUT),)),
)  # fmt: skip
"""'sent' and 'rejected'; with 'follow' also 'skipped' and 'failed'; 'timeout' by choice."""


def arrive(settings: DraftSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Ask for each draft."""
    evidence = evidence_of(settings.evidence, world.table(batch), len(batch)) if settings.evidence else None
    for place, values in enumerate(batch.values):
        request = DraftRequest(
            settings.channel, settings.template, settings.to, settings.drafter, settings.instructions, settings.approver,
            settings.within.as_hours if settings.within else None, settings.due_in_business,
            evidence[place] if evidence else [], journey=batch.journey, contact_id=int(batch.contact[place]) or None,
            values=values,
        )  # fmt: skip
        moves.ask(place, SLOT, request)
    moves.wait(np.arange(len(batch)), TokenState.OUTCOME, deadline(batch, settings.within))


def wake(settings: DraftSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Send what was approved; leave by what became of it."""
    due = deadline(batch, settings.within)
    for answer in answers(batch, micros_of(world.now), due):
        if batch.values[answer.place].get(SENDING) == int(batch.passed[answer.place]):
            _after_sending(answer, moves)
        else:
            _after_asking(settings, batch, answer, due, moves)


def _after_asking(settings: DraftSettings, batch: Batch, answer: Answer, due: Ints, moves: Moves) -> None:
    here = np.array([answer.place])
    if answer.word == APPROVED:
        moves.tell(answer.place, outcome=APPROVED)
        moves.ask(answer.place, MESSAGE, _message(settings, batch, answer.place, answer.body or {}))
        if settings.follow:
            moves.put(answer.place, **{SENDING: int(batch.passed[answer.place])})
            moves.wait(here, TokenState.OUTCOME)
        else:
            moves.go(here, SENT)
    elif answer.word:
        moves.tell(answer.place, outcome=answer.word, note=str((answer.body or {}).get("note", ""))[:200])
        moves.go(here, REJECTED)
    elif answer.is_late and settings.within:
        moves.ask(answer.place, f"{WITHDRAW}:{SLOT}", WithdrawRequest([SLOT], journey=batch.journey))
        moves.go(here, settings.otherwise)
    else:
        moves.wait(here, TokenState.OUTCOME, due[here])


def _after_sending(answer: Answer, moves: Moves) -> None:
    here = np.array([answer.place])
    if answer.word and answer.slot in ("", MESSAGE):
        moves.tell(answer.place, outcome=answer.word)
        moves.put(answer.place, **{SENDING: 0})
        moves.go(here, OUTCOME_PORTS.get(answer.word, FAILED))
    else:
        moves.wait(here, TokenState.OUTCOME)


def _message(settings: DraftSettings, batch: Batch, place: int, approved: Any) -> MessageRequest:
    return MessageRequest(
        settings.channel, settings.template, settings.to, settings.purpose or batch.consent,
        subject=approved.get("subject"), text=approved.get("text"), journey=batch.journey,
        contact_id=int(batch.contact[place]) or None, values=batch.values[place],
    )  # fmt: skip


def check(settings: DraftSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """Whom it goes to, and why, must be sayable."""
    yield from recipient_findings(settings.to, settings.purpose, place, checking)


KIND = StepKind(
    DraftSettings, "Draft for approval", arrive, wake, ports=ports, check=check,
    parks=ALWAYS, asks=True, group="people",
)  # fmt: skip
