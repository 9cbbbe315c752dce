"""What a test is to find out, written down before it begins: outcome, guard rails, how shares are set.

Gives : TestPlan, GuardRail, Outcome (GoalOutcome, GoalHeldOutcome, EventOutcome, HealthOutcome, MeasureOutcome, AccountOutcome,
        RevenueOutcome, RefusalOutcome), OUTCOME_KINDS, Better, Allocating
Source: issue 'Journeys' 7; Kohavi, Tang, Xu (2020), chapters 6 and 7: one overall criterion, guard rails beside it

A split step carries one as `test`. Every outcome has a horizon of days; a subject counts when its horizon is over, so
that early and late subjects are judged alike.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

Days = Annotated[int, Field(ge=1, le=366)]


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"


class _Outcome(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: str

    within_days: Days = Field(30, description="Days after the exposure on which the outcome is looked at.")
    better: Better = Field(Better.HIGHER, description="Whether more of it is good.")

    @property
    def is_yes_no(self) -> bool:
        """Whether a subject's outcome is yes or no (a rate), else a number (a mean)."""
        return True

    @property
    def name(self) -> str:
        """What its rows are found by: kind, what exactly, days."""
        return ":".join((self.kind, *self._exactly(), str(self.within_days)))

    def _exactly(self) -> tuple[str, ...]:
        return ()

    @model_serializer(mode="wrap")
    def _with_kind(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The canonical form leaves defaults out; the kind is one, and says which outcome it is."""
        return {"kind": self.kind, **write(self)}


class GoalOutcome(_Outcome):
    """The run reached the journey's goal."""

    model_config = ConfigDict(title="Goal reached")

    kind: Literal["goal"] = "goal"


class GoalHeldOutcome(_Outcome):
    """The journey's goal holds when the days are over, or its event came within them, whatever became of the run."""

    model_config = ConfigDict(title="Goal holds at the end")

    kind: Literal["goal_held"] = "goal_held"
    within_days: Annotated[int, Field(ge=1, le=28)] = Field(
        28, description="Days after the exposure; events that goals name are kept for 30 days."
    )


class EventOutcome(_Outcome):
    """The subject (with a test by account: anybody of the account) did something."""

    model_config = ConfigDict(title="An event")

    kind: Literal["event"] = "event"
    within_days: Annotated[int, Field(ge=1, le=28)] = Field(
        14, description="Days after the exposure; events that tests wait for are kept for 30 days."
    )
    event: str = Field(description="Name of the event.")

    def _exactly(self) -> tuple[str, ...]:
        return (self.event,)


class HealthOutcome(_Outcome):
    """The account's health score, 0 to 100, or its change since the exposure in points."""

    model_config = ConfigDict(title="Health")

    kind: Literal["health"] = "health"
    change: bool = Field(True, description="The change since the exposure instead of the score itself.")

    def _exactly(self) -> tuple[str, ...]:
        return ("change" if self.change else "score",)

    @property
    def is_yes_no(self) -> bool:
        """A number."""
        return False


class MeasureOutcome(_Outcome):
    """A measure of the account on the day, or its change since the exposure."""

    model_config = ConfigDict(title="A measure")

    kind: Literal["measure"] = "measure"
    measure: str = Field(description="Key of the measure.")
    change: bool = Field(False, description="The change since the exposure instead of the value itself.")

    def _exactly(self) -> tuple[str, ...]:
        return (self.measure, "change" if self.change else "value")

    @property
    def is_yes_no(self) -> bool:
        """A number."""
        return False


class AccountOutcome(_Outcome):
    """What became of the account. churned: left, or pays nothing after paying something; renewed: a subscription that
    was up for renewal went on; expanded: pays more than at the exposure."""

    model_config = ConfigDict(title="What became of the account")

    kind: Literal["account"] = "account"
    became: Literal["churned", "renewed", "expanded"] = Field(description="What is counted.")

    def _exactly(self) -> tuple[str, ...]:
        return (self.became,)

    @model_validator(mode="before")
    @classmethod
    def _churn_is_bad(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("became") == "churned":
            return {"better": Better.LOWER, **given}
        return given


class RevenueOutcome(_Outcome):
    """ARR of the account in the workspace's currency. kept: what is left of the ARR at the exposure; change: the ARR
    now less that at the exposure."""

    model_config = ConfigDict(title="Revenue")

    kind: Literal["revenue"] = "revenue"
    of: Literal["kept", "change"] = Field("kept", description="What is counted.")

    def _exactly(self) -> tuple[str, ...]:
        return (self.of,)

    @property
    def is_yes_no(self) -> bool:
        """A number."""
        return False


class RefusalOutcome(_Outcome):
    """The contact, or anybody of the account, took back consent or was suppressed (unsubscribed, complained)."""

    model_config = ConfigDict(title="Consent taken back")

    kind: Literal["refusal"] = "refusal"
    better: Better = Better.LOWER


Outcome = Annotated[
    GoalOutcome
    | GoalHeldOutcome
    | EventOutcome
    | HealthOutcome
    | MeasureOutcome
    | AccountOutcome
    | RevenueOutcome
    | RefusalOutcome,
    Field(discriminator="kind"),
]
OUTCOME_KINDS: tuple[type[_Outcome], ...] = (
    GoalOutcome, GoalHeldOutcome, EventOutcome, HealthOutcome, MeasureOutcome, AccountOutcome, RevenueOutcome, RefusalOutcome,
)  # fmt: skip


class GuardRail(BaseModel):
    """Stops an arm when its outcome is surely worse than a limit, or worse than control by more than a margin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome
    limit: float | None = Field(None, description="The worst mean allowed; of a yes/no outcome a rate, 0 to 1.")
    worse_by: float | None = Field(None, ge=0, description="How much worse than control is allowed.")
    alpha: float = Field(0.01, gt=0, le=0.2, description="Chance of ever stopping an arm that keeps to it.")

    @model_validator(mode="after")
    def _one_way(self) -> GuardRail:
        if (self.limit is None) == (self.worse_by is None):
            raise ValueError("a guard rail has either a limit or a margin to control (worse_by)")
        if self.limit is not None and self.outcome.is_yes_no and not 0 < self.limit < 1:
            raise ValueError("the limit of a yes/no outcome is a rate between 0 and 1, e.g. 0.02")
        return self


class Allocating(StrEnum):
    """How shares come about."""

    FIXED = "fixed"
    THOMPSON = "thompson"


class TestPlan(BaseModel):
    """One test. The first arm is control where none is named."""

    __test__ = False  # the test runner takes a class of this name for one of its own
    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Outcome = Field(default_factory=GoalOutcome, description="What decides.")
    unit: Literal["subject", "account"] = Field(
        "subject", description="Who is dealt an arm: the journey's subject, or its account with all its contacts."
    )
    also: tuple[Outcome, ...] = Field((), max_length=10, description="Shown beside it; they decide nothing.")
    guard_rails: tuple[GuardRail, ...] = Field((), max_length=10, description="What stops an arm.")
    control: str | None = Field(None, description="The arm that others are compared with.")
    allocating: Allocating = Field(Allocating.FIXED, description="Shares as written, or led by what is seen.")
    floor: float = Field(10, ge=1, le=50, description="Least percent of an arm under Thompson allocation.")
    alpha: float = Field(0.05, gt=0, le=0.2, description="Chance of ever calling a difference that is none.")
    least: int = Field(100, ge=50, description="Subjects with a known outcome in each arm before anything is said.")
    planned: int | None = Field(
        None, ge=100,
        description="Subjects with a known outcome that two arms together shall have, said before the test begins: "
        "narrows the intervals up to there.",
    )  # fmt: skip
    days: int = Field(
        28, ge=7, le=365,
        description="Days in which subjects come in, said before the test begins; counts where no number is planned. "
        "Narrows the intervals towards the last of them.",
        json_schema_extra={"x-unit": "days"},
    )  # fmt: skip
    open_ended: bool = Field(
        False, description="Runs without an end: intervals for no number of subjects in particular, and wider."
    )
    matters_from: float | None = Field(
        None, gt=0, description="Smallest difference that matters; a test surely within it may be stopped as a draw."
    )
    adjust: bool = Field(True, description="Narrow the intervals by what was known before the exposure (CUPED).")

    @property
    def is_by_days(self) -> bool:
        """Whether its days are planned, and not a number of subjects or no end."""
        return self.planned is None and not self.open_ended

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The one that decides, those beside it and those of the guard rails, each once."""
        every = (self.outcome, *self.also, *(rail.outcome for rail in self.guard_rails))
        return tuple({outcome.name: outcome for outcome in every}.values())
