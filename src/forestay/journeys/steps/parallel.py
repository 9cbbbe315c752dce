"""Several ways at once, each a branch of the same run; a join brings them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from forestay.journeys.fields import PortName
from forestay.journeys.kind import Checking, Finding, StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import Way, Ways


class ParallelSettings(StepSettings):
    """Goes all its ways at the same time."""

    kind: ClassVar[str] = "parallel"

    branches: Annotated[tuple[PortName, ...], Field(min_length=2, max_length=20)] = Field(
        title="Branches", description="Names of the ways out."
    )


def arrive(settings: ParallelSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Fork them all."""
    moves.fork(np.arange(len(batch)), settings.branches)


def check(settings: ParallelSettings, place: str, checking: Checking) -> Iterator[Finding]:
    """Names are different."""
    for at, name in enumerate(settings.branches):
        if name in settings.branches[:at]:
            yield Finding("same_port", f"{place}.branches[{at}]", f"another way out of this step is called '{name}'")


KIND = StepKind(
    ParallelSettings, "Parallel", arrive, ports=Ways(Way(each="branches")), check=check,
    begin={"branches": ["a", "b"]},
)  # fmt: skip
