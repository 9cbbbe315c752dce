"""Wait for something to happen, or to become true, with a time-out.

Source: DESIGN section 7 (events that arrive before a wait is registered still count; correlated waits)
A wait for an event begins ARMING: the runtime looks at the events that have come since, and wakes the token with those
that fit() or with 'armed'; from then on new ones wake it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forestay.conditions.evaluate import evaluate
from forestay.journeys.answers import deadline
from forestay.journeys.fields import Asked, Duration, EventName, OwnValue, ValueName
from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Ints, Moves, World
from forestay.journeys.run_columns import of_run, value_at
from forestay.journeys.ways import Way, Ways, When, chosen, given
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of

TIMEOUT = "timeout"
_PROPERTY = Annotated[str, Field(min_length=1, max_length=200)]


class WaitForSettings(StepSettings):
    """Waits until an event of the subject comes, or until a condition is true."""

    kind: ClassVar[str] = "wait_for"

    event: EventName | None = Field(None, title="Event")
    match: dict[_PROPERTY, OwnValue] = Field(
        default_factory=dict, max_length=10, title="Same as",
        description="Property of the event -> the value that it must equal: run.<value>, or event.<property> of the entry.",
    )  # fmt: skip
    if_: Asked | None = Field(None, alias="if", title="Only if", description="Over event.* of the event that comes.")
    since: Literal["now", "entry"] = Field(
        "now", title="Counts from", description="entry: an event that came while the run was on its way counts, too."
    )
    condition: Asked | None = Field(None, title="Condition")
    timeout: Duration | None = Field(None, title="At most", description="Then it leaves by 'timeout'.")
    save: dict[ValueName, _PROPERTY] = Field(
        default_factory=dict, max_length=20, title="Keep", description="Value of the run -> property of the event."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.event is None) == (self.condition is None):
            raise ValueError("wait for an event or for a condition")
        if self.event is None and (self.match or self.if_ is not None or self.save):
            raise ValueError("'match', 'if' and 'save' belong to an event")
        return self


ports = Ways(Way("next"), Way(TIMEOUT, (given("timeout"),)))
"""'next', and 'timeout' where there is one."""


def fits(settings: WaitForSettings, values: Mapping[str, Any], name: str, properties: Mapping[str, Any]) -> bool:
    """Whether an event is the one that a run with these values waits for, but for the 'if'. A value that is missing
    equals nothing."""
    return name == settings.event and all(
        (wanted := of_run(values, own)) is not None and _same(value_at(properties, given), wanted)
        for given, own in settings.match.items()
    )


def arrive(settings: WaitForSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on at once where the condition is true already."""
    if settings.condition is not None:
        _judge(settings, batch, world, moves, np.arange(len(batch)))
    else:
        moves.wait(np.arange(len(batch)), TokenState.ARMING, micros_of(world.now))


def wake(settings: WaitForSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on by the event or the condition; by the time-out when that is over; else wait on."""
    if settings.condition is not None:
        _judge(settings, batch, world, moves, np.arange(len(batch)))
        return
    came = _that_fit(settings, batch, world)
    for place in came.tolist():
        body = batch.woken[place].body if batch.woken else {}
        if settings.save:
            moves.put(place, **{value: value_at(body, given) for value, given in settings.save.items()})
    moves.go(came)
    _wait_or_leave(settings, batch, world, moves, np.setdiff1d(np.arange(len(batch)), came), TokenState.EVENT)


def _that_fit(settings: WaitForSettings, batch: Batch, world: World) -> Ints:
    woken = batch.woken or []
    fitting = [
        place for place, wake in enumerate(woken)
        if wake.what == "event" and fits(settings, batch.values[place], wake.name, wake.body)
    ]  # fmt: skip
    places = np.array(fitting, np.int64)
    if settings.if_ is None or not len(places):
        return places
    return places[evaluate(settings.if_, world.table(batch.at(places)))]


def _judge(settings: WaitForSettings, batch: Batch, world: World, moves: Moves, places: Ints) -> None:
    assert settings.condition is not None
    true = evaluate(settings.condition, world.table(batch))
    moves.go(true)
    _wait_or_leave(settings, batch, world, moves, places[~true], TokenState.CONDITION)


def _wait_or_leave(
    settings: WaitForSettings, batch: Batch, world: World, moves: Moves, places: Ints, state: TokenState
) -> None:  # fmt: skip
    """The time-out counts from when they came, which moves with pauses, and by the settings of now."""
    due, now = deadline(batch, settings.timeout)[places], micros_of(world.now)
    late = due <= now
    moves.go(places[late], TIMEOUT)
    moves.wait(places[~late], state, due[~late])


def _same(one: Any, other: Any) -> bool:
    """Equal, or written the same: an order 17 is the order '17'."""
    return one is not None and (one == other or str(one) == str(other))


KIND = StepKind(
    WaitForSettings,
    "Wait for",
    arrive,
    wake,
    ports=ports,
    parks=When(((given("event"), chosen("since", "now")),)),
    group="time",
    begin={"timeout": {"days": 14}},
)
