"""Another journey for the same subject, awaited or not."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.journeys.answers import deadline
from forestay.journeys.fields import Duration, GivenName, JourneyKey
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Child, Moves, World
from forestay.journeys.run_columns import FAMILIES, of_run
from forestay.journeys.ways import Way, Ways, When, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

FAILED, TIMEOUT = "failed", "timeout"
_WELL = ("completed", "goal_met", "left")


class SubJourneySettings(StepSettings):
    """Puts the subject into another journey, and by choice waits until that has ended."""

    kind: ClassVar[str] = "sub_journey"

    journey: JourneyKey = Field(title="Journey")
    values: dict[GivenName, str | float | bool] = Field(
        default_factory=dict, max_length=20, title="Give along",
        description="Value of its run -> a value, or run.<value>, event.<property>, signal.<column> of this one.",
    )  # fmt: skip
    follow: bool = Field(True, title="Wait until it has ended")
    timeout: Duration | None = Field(
        None, title="Wait at most", description="Then it leaves by 'timeout'; the other goes on."
    )

    @model_validator(mode="after")
    def _only_when_followed(self) -> Self:
        if not self.follow and self.timeout:
            raise ValueError("'timeout' needs 'follow'")
        return self


ports = Ways(Way("next"), Way(FAILED, (given("follow"),)), Way(TIMEOUT, (given("follow"), given("timeout"))))
"""'next', 'failed' (it failed, was stopped, or did not let the subject in), and 'timeout' where there is one."""


def arrive(settings: SubJourneySettings, batch: Batch, world: World, moves: Moves) -> None:
    """Start one each."""
    for place, values in enumerate(batch.values):
        given = {name: given_value(value, values) for name, value in settings.values.items()}
        account, contact = int(batch.account[place]), int(batch.contact[place])
        moves.start(place, Child(place, settings.journey, account, contact, given, settings.follow))
    everyone = np.arange(len(batch))
    if settings.follow:
        moves.wait(everyone, TokenState.CHILD, deadline(batch, settings.timeout))
    else:
        moves.go(everyone)


def wake(settings: SubJourneySettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on when it has ended, or by the time-out."""
    due, now = deadline(batch, settings.timeout), micros_of(world.now)
    for place, woken in enumerate(batch.woken or ()):
        here = np.array([place])
        if woken.what == "child":
            moves.tell(place, ended=woken.name)
            moves.go(here, "next" if woken.name in _WELL else FAILED)
        elif settings.timeout and (woken.what == "timer" or int(due[place]) <= now):
            moves.go(here, TIMEOUT)
        else:
            moves.wait(here, TokenState.CHILD, due[here])


def given_value(value: Any, values: dict[str, Any]) -> Any:
    """What is given along: a value as it stands, or one of this run's own."""
    is_own = isinstance(value, str) and value.startswith(tuple(f"{family}." for family in FAMILIES))
    return of_run(values, value) if is_own else value


KIND = StepKind(SubJourneySettings, "Sub-journey", arrive, wake, ports=ports, parks=When(((given("follow"),),)))
