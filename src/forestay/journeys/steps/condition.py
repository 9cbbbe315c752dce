"""Branch: the first branch whose condition is known to be true, else the port 'else'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from pydantic import Field

from forestay.conditions.evaluate import evaluate
from forestay.journeys.fields import Asked, Part, PortName
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import Way, Ways

ELSE = "else"


class Branch(Part):
    """One way out, and when it is taken."""

    if_: Asked = Field(alias="if", title="If", description="What must be true; unknown is not true.")
    port: PortName = Field(title="Port", description="Name of the way out.")


class ConditionSettings(StepSettings):
    """Goes on by the first branch that is true at that moment, else by 'else'."""

    kind: ClassVar[str] = "condition"

    branches: tuple[Branch, ...] = Field(
        min_length=1, max_length=20, title="Branches", description="Asked in this order; the first that is true counts."
    )


ports = Ways(Way(each="branches", item="port"), Way(ELSE))
"""The branches' ports in order, then 'else'; branches may share one."""


def arrive(settings: ConditionSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Decide for all at once."""
    table = world.table(batch)
    undecided = np.ones(len(batch), bool)
    for branch in settings.branches:
        true = evaluate(branch.if_, table) & undecided
        moves.go(true, branch.port)
        undecided &= ~true
        if not undecided.any():
            return
    moves.go(undecided, ELSE)


def check(settings: ConditionSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """A branch after one with the same condition is never taken."""
    seen: set[object] = set()
    for at, branch in enumerate(settings.branches):
        asked = branch.if_.model_dump_json()
        if asked in seen:
            yield Finding(
                "same_condition", f"{place}.branches[{at}].if",
                "an earlier branch asks the same, so this one is never taken", is_error=False,
            )  # fmt: skip
        seen.add(asked)


KIND = StepKind(ConditionSettings, "Branch", arrive, ports=ports, check=check, begin={"branches": [{"port": "yes"}]})
