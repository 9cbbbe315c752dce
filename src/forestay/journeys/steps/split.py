"""Split by chance: shares of the subjects go different ways, the same subject always the same way.

Source: REQUIREMENTS E5 (sticky hashed assignment, holdouts, exposure logged); experiments/assignment.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from forestay.journeys.experiments.assignment import HOLDOUT, Allocation, assign
from forestay.journeys.experiments.plan import Allocating, MeasureOutcome, TestPlan
from forestay.journeys.fields import Part, PortName
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Exposure, Moves, World
from forestay.journeys.ways import Way, Ways, given

_CLOSE = 1e-6


class Arm(Part):
    """One way out and its share."""

    port: PortName = Field(title="Port", description="Name of the arm and of its way out.")
    share: float = Field(
        ge=0, le=100, title="Share", description="Percent of the subjects.", json_schema_extra={"x-unit": "%"}
    )


class SplitSettings(StepSettings):
    """Sends shares of the subjects different ways, always the same subject the same way, and logs who saw what."""

    kind: ClassVar[str] = "split"

    arms: tuple[Arm, ...] = Field(
        min_length=2, max_length=20, title="Arms", description="Shares add up to 100, with the holdout's."
    )
    holdout: float = Field(
        0, ge=0, le=50, title="Holdout", description="Percent that go out by 'holdout', to measure against.",
        json_schema_extra={"x-unit": "%"},
    )  # fmt: skip
    bucket_version: int = Field(
        1, ge=1, le=10_000, title="Bucket version", description="Raise it to draw afresh; the old results stay apart."
    )
    test: TestPlan = Field(
        default_factory=TestPlan, title="Test", description="What is to be found out, and what stops an arm."
    )


ports = Ways(Way(each="arms", item="port"), Way(HOLDOUT, (given("holdout"),)))
"""The arms in order, and 'holdout' where there is one."""


def arrive(settings: SplitSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Draw for all at once, and log it. The subject is the contact where there is one and the test is not by account."""
    allocation = allocation_of(settings, world.allocation(batch.journey, batch.step))
    is_by_contact = (batch.contact > 0) & (settings.test.unit == "subject")
    keys = np.where(is_by_contact, batch.contact, batch.account)
    names, odds = allocation.arms, allocation.propensities
    for place, number in enumerate(assign(keys, batch.journey, batch.step, allocation).tolist()):
        moves.port[place] = names[number]
        moves.expose(Exposure(place, batch.step, names[number], odds, allocation.bucket_version))


def allocation_of(settings: SplitSettings, now: Allocation | None = None) -> Allocation:
    """How the shares stand: as they were moved, as long as that speaks of the same arms and bucket version.

    Only allocation moves shares; where they are fixed, the document's count and only stopped arms are taken over.
    """
    shares = {arm.port: arm.share for arm in settings.arms}
    if settings.holdout:
        shares[HOLDOUT] = settings.holdout
    if now is not None and now.shares.keys() == shares.keys() and now.bucket_version == settings.bucket_version:
        led = now.shares if settings.test.allocating is Allocating.THOMPSON else shares
        return Allocation({port: led[port] for port in shares}, now.bucket_version, now.stopped)
    return Allocation(shares, settings.bucket_version)


def check(settings: SplitSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """Shares are whole, names are different."""
    whole = sum(arm.share for arm in settings.arms) + settings.holdout
    if abs(whole - 100) > _CLOSE:
        yield Finding("shares_not_100", f"{place}.arms", f"the shares add up to {whole:g} %, not to 100 %")
    names = [arm.port for arm in settings.arms]
    for at, name in enumerate(names):
        if name in names[:at] or name == HOLDOUT:
            yield Finding("same_port", f"{place}.arms[{at}].port", f"another way out of this step is called '{name}'")
    yield from _check_test(settings, f"{place}.test", checking)


def _check_test(settings: SplitSettings, place: str, checking: Checking) -> Iterator[Finding]:
    test, arms = settings.test, ports(settings)
    if test.control is not None and test.control not in arms:
        yield Finding("unknown_arm", f"{place}.control", f"'{test.control}' is no arm of this split")
    is_led = test.allocating is Allocating.THOMPSON
    if is_led and test.floor * len(settings.arms) > 100 - settings.holdout:
        yield Finding("floor_too_high", f"{place}.floor", f"{len(settings.arms)} arms cannot all have {test.floor:g} %")
    for outcome in test.outcomes:
        column = f"measure.{outcome.measure}" if isinstance(outcome, MeasureOutcome) else None
        if column is not None and checking.columns is not None and column not in checking.columns:
            yield Finding("unknown_measure", place, f"{column} is not known here")


KIND = StepKind(
    SplitSettings, "A/B split", arrive, ports=ports, check=check,
    begin={"arms": [{"port": "a", "share": 50}, {"port": "b", "share": 50}]},
)  # fmt: skip
