"""Leave to go on, asked of a person, with what happens when nobody answers."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.customers.requests import ApprovalRequest, WithdrawRequest
from forestay.journeys.answers import WITHDRAW, answers, deadline
from forestay.journeys.facts import evidence_of
from forestay.journeys.fields import ColumnName, Duration, Line, Person, Text
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import ALWAYS, Way, Ways, chosen
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

SLOT, APPROVED, REJECTED, TIMEOUT = "approval", "approved", "rejected", "timeout"


class ApprovalSettings(StepSettings):
    """Asks a person whether the run may go on."""

    kind: ClassVar[str] = "approval"

    title: Line = Field(min_length=1, title="Question", description="In one line; Liquid.")
    text: Text = Field("", title="Text", description="What to know for the answer, in Liquid.")
    approver: Person = Field("owner", title="Asked of", description="owner, manager, role:<role>, or an e-mail.")
    within: Duration | None = Field(None, title="Wait at most")
    otherwise: Literal["approved", "rejected", "timeout"] = Field(
        "rejected", title="Without an answer", description="The way out when nobody answered in time."
    )
    due_in_business: bool = Field(True, title="Due in business hours")
    evidence: tuple[ColumnName, ...] = Field((), max_length=20, title="Evidence", description="Columns shown with it.")

    @model_validator(mode="after")
    def _a_time_for_the_timeout(self) -> Self:
        if self.otherwise == TIMEOUT and self.within is None:
            raise ValueError("a time-out needs 'within'")
        return self


ports = Ways(Way(APPROVED), Way(REJECTED), Way(TIMEOUT, (chosen("otherwise", TIMEOUT),)))
"""'approved', 'rejected', and 'timeout' by choice."""


def arrive(settings: ApprovalSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Ask for each."""
    evidence = evidence_of(settings.evidence, world.table(batch), len(batch)) if settings.evidence else None
    for place, values in enumerate(batch.values):
        request = ApprovalRequest(
            settings.title, settings.text, settings.approver, settings.within.as_hours if settings.within else None,
            settings.due_in_business, evidence[place] if evidence else [], journey=batch.journey,
            contact_id=int(batch.contact[place]) or None, values=values,
        )  # fmt: skip
        moves.ask(place, SLOT, request)
    moves.wait(np.arange(len(batch)), TokenState.OUTCOME, deadline(batch, settings.within))


def wake(settings: ApprovalSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Leave by the answer; anything but leave is none."""
    due = deadline(batch, settings.within)
    for answer in answers(batch, micros_of(world.now), due):
        here = np.array([answer.place])
        if answer.word:
            moves.tell(answer.place, outcome=answer.word, note=str((answer.body or {}).get("note", ""))[:200])
            moves.go(here, APPROVED if answer.word == APPROVED else REJECTED)
        elif answer.is_late and settings.within:
            moves.ask(answer.place, f"{WITHDRAW}:{SLOT}", WithdrawRequest([SLOT], journey=batch.journey))
            moves.tell(answer.place, outcome=TIMEOUT)
            moves.go(here, settings.otherwise)
        else:
            moves.wait(here, TokenState.OUTCOME, due[here])


KIND = StepKind(ApprovalSettings, "Approval", arrive, wake, ports=ports, parks=ALWAYS, asks=True, group="people")
