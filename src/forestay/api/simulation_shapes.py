"""What a simulated journey would have done, as the API shows it.

Reads: journeys.simulation.report (its numbers are explained there)
Gives: SimulationShape, WalkShape, SimulateAsk, WalkAsk, AssumptionsAsk, GroundShape
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from pydantic import Field

from forestay.api.shapes import Ask, Shape
from forestay.journeys.simulation.answers import Assumptions

_USUAL = Assumptions()


class StepAnswerAsk(Ask):
    """How one step's question is answered. shares: outcome -> share; together 1 at most, the rest never answers. says: what
    comes with it, of a webhook {"status": 200, "json": ...}."""

    shares: dict[str, float] = Field(default_factory=dict)
    hours: float | None = Field(None, ge=0)
    says: dict[str, Any] | None = None


class AssumptionsAsk(Ask):
    """What the past does not tell; every number has a usual value."""

    task_hours: float = Field(_USUAL.task_hours, ge=0, description="Hours until a task is done.")
    answered_share: float = Field(_USUAL.answered_share, ge=0, le=1, description="Of tasks, approvals and drafts.")
    approved_share: float = Field(_USUAL.approved_share, ge=0, le=1)
    approval_hours: float = Field(_USUAL.approval_hours, ge=0)
    sent_share: float = Field(_USUAL.sent_share, ge=0, le=1, description="Of messages; the rest is skipped.")
    child_hours: float = Field(
        _USUAL.child_hours, ge=0, description="Hours until a sub-journey is over that is not published."
    )
    task_minutes: float = Field(_USUAL.task_minutes, ge=0, description="A person's time for a task.")
    approval_minutes: float = Field(_USUAL.approval_minutes, ge=0)
    csm_hours_a_week: float = Field(_USUAL.csm_hours_a_week, ge=0)
    collision_hours: float = Field(_USUAL.collision_hours, ge=0, description="Two journeys' messages nearer than this.")
    steps: dict[str, StepAnswerAsk] = Field(default_factory=dict, description="By step id, where it differs.")

    def read(self) -> Assumptions:
        """As the simulation takes them."""
        return msgspec.convert(self.model_dump(), Assumptions)


class SimulateAsk(Ask):
    """Which days, and how the world answers. A document that is given is simulated instead of the draft."""

    days: int = Field(90, ge=1, le=1100, description="So many days up to yesterday.")
    source: str | None = Field(None, max_length=400_000, description="YAML of a journey that is not saved.")
    document: dict[str, Any] | None = Field(
        None, description="The same as a document; `source` counts where both are there."
    )
    others: list[str] = Field(
        default_factory=list, max_length=10, description="Keys of live journeys to look for collisions with."
    )
    assumptions: AssumptionsAsk = Field(default_factory=AssumptionsAsk)


class WalkAsk(Ask):
    """Whom to walk through the journey."""

    account: str = Field(max_length=500, description="External id of the account.")
    days: int = Field(90, ge=1, le=1100)
    source: str | None = Field(None, max_length=400_000)
    document: dict[str, Any] | None = None
    assumptions: AssumptionsAsk = Field(default_factory=AssumptionsAsk)


class SpreadShape(Shape):
    """Of some numbers."""

    n: int
    p50: float
    p90: float
    most: float


class StepFlowShape(Shape):
    """One step. standing: runs there at the end."""

    step: str
    kind: str
    label: str
    arrived: int
    asked: int
    ports: dict[str, int]
    standing: int
    accounts: dict[str, list[int]] = Field(
        default_factory=dict,
        description="By way out ('' for those who stand there still): the first 50 accounts' numbers.",
    )
    wait_hours: SpreadShape | None


class MessageLoadShape(Shape):
    """Messages asked for; busiest_week: of one contact."""

    total: int
    contacts: int
    per_contact: SpreadShape | None
    busiest_week: int
    by_step: dict[str, int]


class PersonLoadShape(Shape):
    """Work for one person. owner_id: today's CSM."""

    owner_id: int | None
    who: str
    tasks: int
    hours: float
    hours_a_week: float
    busiest_week_hours: float
    weeks_over: int


class WorkLoadShape(Shape):
    """Tasks, approvals and drafts, in people's hours."""

    tasks: int
    hours: float
    by_step: dict[str, int]
    by_person: list[PersonLoadShape]


class CollisionShape(Shape):
    """What this journey and another one do to the same customers."""

    journey: str
    messages: int
    contacts: int
    accounts: int


class DifferenceShape(Shape):
    """One number, in the published version and in this one."""

    what: str
    published: float
    draft: float


class NamedAccount(Shape):
    """Whom a number means."""

    number: int
    external_id: str
    name: str


class LostShape(Shape):
    """A column that the past does not tell, and why."""

    column: str
    reason: str


class StartedShape(Shape):
    """Runs that this journey's runs started: of a sub-journey, or branches for contacts (under its own key; their steps
    stand among its own)."""

    journey: str
    runs: int
    refused: dict[str, int]
    ended: dict[str, int]
    running: int
    steps: list[StepFlowShape] = Field(default_factory=list)


class SimulationShape(Shape):
    """What the journey would have done from since to until, both included. Nothing was sent and nothing written."""

    journey: str
    since: date
    until: date
    accounts: int
    entered: int
    entered_by: dict[str, int]
    refused: dict[str, int]
    ended: dict[str, int] = Field(description="'status: reason' -> runs.")
    running: int
    steps: list[StepFlowShape]
    messages: MessageLoadShape
    work: WorkLoadShape
    collisions: list[CollisionShape]
    compared: list[DifferenceShape] = Field(description="Against the published version; empty without one.")
    published_steps: list[StepFlowShape] = Field(
        default_factory=list, description="Of the published version where it differs from this one."
    )
    started: list[StartedShape] = Field(default_factory=list, description="Sub-journeys and branches for contacts.")
    named: list[NamedAccount] = Field(default_factory=list, description="The accounts that steps name by number.")
    notes: list[str] = Field(description="What was assumed or left out, in sentences.")
    not_reconstructible: list[LostShape]


class GroundShape(Shape):
    """What a simulation can be asked for. usual: the assumptions where nothing else is said; others: keys of live journeys
    that it may collide with."""

    usual: dict[str, Any]
    others: list[str]


class StageShape(Shape):
    """One thing that would have happened. what: asks, leaves, waits, ends, fails. detail.why: of a branch, what was asked and
    what was known then."""

    at: datetime
    step: str
    what: str
    word: str
    detail: dict[str, str]
    journey: str = Field("", description="Of a sub-journey's run, its key.")


class WalkShape(Shape):
    """One account's way through the journey."""

    entered: int
    refused: dict[str, int]
    stages: list[StageShape]
