"""The goal as a step: a run that comes here has met it, and ends content."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.steps.exit import REASON
from forestay.journeys.ways import EXITLESS
from forestay.journeys.words import RunStatus


class GoalSettings(StepSettings):
    """Ends the run with its goal met."""

    kind: ClassVar[str] = "goal"

    reason: Annotated[str, Field(pattern=REASON, max_length=80)] = Field(
        "goal", title="Goal", description="In a word or two; runs are counted by it."
    )


def arrive(settings: GoalSettings, batch: Batch, world: World, moves: Moves) -> None:
    """End them all."""
    moves.end(np.arange(len(batch)), RunStatus.GOAL_MET, settings.reason)


KIND = StepKind(GoalSettings, "Goal", arrive, ports=EXITLESS)
