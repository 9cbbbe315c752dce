"""Work for a person, with the outcome as the way out, a due time, and whom to turn to when nobody does it.

Source: REQUIREMENTS F1-F4; issue 'Journeys' 2 (branches on its outcome; SLA and escalation chain)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.customers.requests import Escalation, TaskRequest, WithdrawRequest
from forestay.customers.words import RiskLevel
from forestay.journeys.answers import WITHDRAW, answers, deadline
from forestay.journeys.facts import evidence_of
from forestay.journeys.fields import ColumnName, Duration, Line, Part, Person, PortName, TemplateKey, Text, ValueName
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import Way, Ways, When, absent, chosen, given
from forestay.journeys.words import RunStatus, TokenState
from forestay.kit.clock import micros_of

SLOT, DONE, TIMEOUT, CANCELLED = "task", "done", "timeout", "cancelled"
DraftTo = Literal["contact", "sponsor", "champion", "active_users", "all"]


class Rung(Part):
    """To whom it goes when it is not done."""

    after: Duration = Field(title="After", description="So long after it was due.")
    to: Person = Field("manager", title="To", description="manager, role:<role>, or a member's e-mail.")


class TaskSettings(StepSettings):
    """Gives somebody a task, and by choice waits for its outcome."""

    kind: ClassVar[str] = "task"

    title: Line = Field(min_length=1, title="Title", description="What to do, in one line; Liquid.")
    text: Text = Field("", title="Text", description="More about it, in Liquid.")
    script: TemplateKey | None = Field(None, title="Script", description="Template for the CSM's eyes.")
    draft: TemplateKey | None = Field(None, title="Draft", description="Template of a message for the CSM to send.")
    draft_to: DraftTo = Field("sponsor", title="Draft to")
    risk_level: RiskLevel = Field(
        RiskLevel.MEDIUM, title="Urgency", description="When it is due, unless 'due' says so."
    )
    assignee: Person = Field(
        "owner", title="For", description="owner (of the account), manager, role:<role>, or a member's e-mail."
    )
    due: Duration | None = Field(None, title="Due after")
    due_in_business: bool = Field(True, title="Count business hours only")
    escalation: tuple[Rung, ...] = Field((), max_length=5, title="Escalation", description="In this order.")
    evidence: tuple[ColumnName, ...] = Field((), max_length=20, title="Evidence", description="Columns shown with it.")
    follow: bool = Field(True, title="Wait for its outcome")
    choices: tuple[PortName, ...] = Field(
        (), max_length=10, title="Outcomes", description="To choose from, each a way out; 'done' when left out."
    )
    timeout: Duration | None = Field(None, title="Wait at most", description="Then the task is withdrawn: 'timeout'.")
    cancelled: Literal["end", "port"] = Field(
        "end", title="When it is cancelled", description="end: the run ends; port: it leaves by 'cancelled'."
    )
    into: ValueName | None = Field(None, title="Keep the outcome as", description="Value of the run.")

    @model_validator(mode="after")
    def _only_when_followed(self) -> Self:
        if not self.follow and (self.choices or self.timeout or self.into or self.cancelled == "port"):
            raise ValueError("'choices', 'timeout', 'cancelled' and 'into' need 'follow'")
        return self


ports = Ways(
    Way("next", (absent("follow"),)),
    Way(each="choices", tests=(given("follow"),)), Way(DONE, (given("follow"), absent("choices"))),
    Way(TIMEOUT, (given("follow"), given("timeout"))), Way(CANCELLED, (given("follow"), chosen("cancelled", "port"))),
)  # fmt: skip
"""The outcomes to choose from, then 'timeout' and 'cancelled' by choice."""


def arrive(settings: TaskSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Ask for one task each."""
    evidence = evidence_of(settings.evidence, world.table(batch), len(batch)) if settings.evidence else None
    rungs = [Escalation(rung.after.as_hours, rung.to) for rung in settings.escalation]
    for place, values in enumerate(batch.values):
        request = TaskRequest(
            settings.title, settings.risk_level, evidence[place] if evidence else [], settings.script, settings.draft,
            settings.draft_to, text=settings.text, assignee=settings.assignee, choices=list(settings.choices),
            due_hours=settings.due.as_hours if settings.due else None, due_in_business=settings.due_in_business,
            escalation=rungs, is_own=settings.follow, journey=batch.journey,
            contact_id=int(batch.contact[place]) or None, values=values,
        )  # fmt: skip
        moves.ask(place, SLOT, request)
    everyone = np.arange(len(batch))
    if settings.follow:
        moves.wait(everyone, TokenState.OUTCOME, deadline(batch, settings.timeout))
    else:
        moves.go(everyone)


def wake(settings: TaskSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Leave by the chosen outcome; an outcome that is none of the choices counts as the first."""
    due = deadline(batch, settings.timeout)
    choices = settings.choices or (DONE,)
    for answer in answers(batch, micros_of(world.now), due):
        here = np.array([answer.place])
        if answer.word:
            moves.tell(answer.place, outcome=answer.word)
            if settings.into:
                moves.put(answer.place, **{settings.into: answer.word})
        if answer.word in (CANCELLED, "failed", "skipped", "unknown"):
            _not_done(settings, answer.place, answer.reason or answer.word, moves)
        elif answer.word:
            moves.go(here, answer.word if answer.word in choices else choices[0])
        elif answer.is_late and settings.timeout:
            moves.ask(answer.place, f"{WITHDRAW}:{SLOT}", WithdrawRequest([SLOT], journey=batch.journey))
            moves.go(here, TIMEOUT)
        else:
            moves.wait(here, TokenState.OUTCOME, due[here])


def _not_done(settings: TaskSettings, place: int, reason: str, moves: Moves) -> None:
    if settings.cancelled == "port":
        moves.go(np.array([place]), CANCELLED)
    else:
        moves.end(np.array([place]), RunStatus.LEFT, f"task_{reason}"[:80])


def check(settings: TaskSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """Outcomes are different, and none is called like another way out."""
    for at, name in enumerate(settings.choices):
        if name in settings.choices[:at] or name in (TIMEOUT, CANCELLED):
            yield Finding("same_port", f"{place}.choices[{at}]", f"another way out of this step is called '{name}'")


KIND = StepKind(
    TaskSettings, "Task", arrive, wake, ports=ports, check=check,
    parks=When(((given("follow"),),)), asks=True, group="people",
)  # fmt: skip
