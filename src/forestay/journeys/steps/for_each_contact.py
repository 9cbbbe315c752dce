"""From an account to its contacts and back: a branch, or a journey of its own, for each, and a join.

Source: issue 'Journeys' 1 (account journeys that fan out to contacts and join)
A branch is a run of the same version whose subject is the contact; it begins behind 'each' and ends at an exit of its
own. The account's run goes on by 'next' when so many have ended as are waited for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.journeys.answers import deadline
from forestay.journeys.fields import Asked, Duration, GivenName, JourneyKey
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Child, Moves, World
from forestay.journeys.steps.sub_journey import given_value
from forestay.journeys.ways import Test, Way, Ways, When, absent, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

EACH, NONE, TIMEOUT = "each", "none", "timeout"
ENDED = "_ended"
"""Run value: how many branches have ended, by step and pass."""


class ForEachContactSettings(StepSettings):
    """Does something for each of the account's contacts, and waits for all of them, any, some, or none."""

    kind: ClassVar[str] = "for_each_contact"

    who: Literal["sponsor", "champion", "active_users", "all"] = Field("all", title="Contacts")
    if_: Asked | None = Field(None, alias="if", title="Only those", description="A condition over contact.*.")
    most: int = Field(50, ge=1, le=200, title="At most", description="The ones known longest.")
    journey: JourneyKey | None = Field(
        None, title="Journey", description="A journey about contacts; left out, the steps behind 'each' are the branch."
    )
    values: dict[GivenName, str | float | bool] = Field(
        default_factory=dict, max_length=20, title="Give along",
        description="Value of each branch's run -> a value, or run.<value>, event.<property> of this one.",
    )  # fmt: skip
    wait_for: Literal["all", "any", "none"] | Annotated[int, Field(ge=1, le=200)] = Field(
        "all", title="Wait for", description="How many must have ended; 'none' goes on at once."
    )
    timeout: Duration | None = Field(None, title="Wait at most", description="Then it leaves by 'timeout'.")

    @model_validator(mode="after")
    def _only_when_waiting(self) -> Self:
        if self.wait_for == "none" and self.timeout:
            raise ValueError("'timeout' needs something to wait for")
        return self

    def needs(self, started: int) -> int:
        """How many must have ended. started: branches of this step."""
        if self.wait_for == "all":
            return started
        return 1 if self.wait_for == "any" else min(int(self.wait_for), started)


ports = Ways(Way(EACH, (absent("journey"),)), Way("next"), Way(NONE), Way(TIMEOUT, (given("timeout"),)))
"""'each' (without a journey), 'next', 'none' (no such contact), 'timeout' where there is one."""


def arrive(settings: ForEachContactSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Start the branches."""
    awaited = settings.wait_for != "none"
    due = deadline(batch, settings.timeout)
    for place, found in enumerate(world.contacts(batch, settings.who, settings.if_)):
        here, chosen = np.array([place]), found[: settings.most].tolist()
        values = batch.values[place]
        for contact in chosen:
            given = {name: given_value(value, values) for name, value in settings.values.items()}
            start = "" if settings.journey else EACH
            child = Child(place, settings.journey or "", int(batch.account[place]), contact, given, awaited, start)
            moves.start(place, child)
        moves.tell(place, contacts=len(chosen))
        if chosen and awaited:
            moves.put(place, **{ENDED: {**values.get(ENDED, {}), _mark(batch, place): [0, len(chosen)]}})
            moves.wait(here, TokenState.CHILD, due[here])
        else:
            moves.go(here, "next" if chosen else NONE)


def wake(settings: ForEachContactSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on when enough have ended, or by the time-out."""
    due, now = deadline(batch, settings.timeout), micros_of(world.now)
    for place, woken in enumerate(batch.woken or ()):
        here, mark = np.array([place]), _mark(batch, place)
        before: dict[str, Any] = batch.values[place].get(ENDED, {})
        ended, started = before.get(mark, [0, 0])
        if woken.what == "child":
            ended, started = int(woken.body.get("ended", ended + 1)), int(woken.body.get("of", started))
            moves.put(place, **{ENDED: {**before, mark: [ended, started]}})
        if ended >= settings.needs(started):
            moves.tell(place, ended=ended, of=started)
            moves.go(here)
        elif settings.timeout and (woken.what == "timer" or int(due[place]) <= now):
            moves.tell(place, ended=ended, of=started)
            moves.go(here, TIMEOUT)
        else:
            moves.wait(here, TokenState.CHILD, due[here])


def _mark(batch: Batch, place: int) -> str:
    return f"{batch.step}:{int(batch.passed[place])}"


def check(settings: ForEachContactSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """Only an account has contacts."""
    if checking.facts.get("subject") == "contact":
        yield Finding(
            "no_contact", f"{place}.who", "a contact's journey has no contacts to go to; make it about accounts"
        )


KIND = StepKind(
    ForEachContactSettings, "For each contact", arrive, wake, ports=ports, check=check,
    parks=When(((Test("wait_for", "none", negated=True),),)),
)  # fmt: skip
