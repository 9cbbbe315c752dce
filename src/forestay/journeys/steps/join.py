"""Where branches that ran in parallel meet again: all of them, any one, or so many.

The machine completes joins itself (journeys/joining.py), since only it sees the other tokens of the run.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.words import TokenState


class JoinSettings(StepSettings):
    """Waits for parallel branches; one run goes on, and branches that are not waited for any more are ended."""

    kind: ClassVar[str] = "join"

    wait_for: Literal["all", "any"] | Annotated[int, Field(ge=1, le=20)] = Field(
        "all", title="Wait for", description="all: every branch that can still come; any: the first; or a number."
    )

    def needs(self, coming: int) -> int:
        """How many must have arrived. coming: those that have and those that still can."""
        if self.wait_for == "all":
            return coming
        return 1 if self.wait_for == "any" else min(self.wait_for, coming)


def arrive(settings: JoinSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Stand until the machine lets one of the run's branches go on."""
    moves.wait(np.arange(len(batch)), TokenState.JOIN)


KIND = StepKind(JoinSettings, "Join", arrive, arrive)
