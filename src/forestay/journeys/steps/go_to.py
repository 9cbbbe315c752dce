"""A jump to another step, so that a drawing needs no line across it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import Way, Ways


class GoToSettings(StepSettings):
    """Goes on at another step, named as `to`."""

    kind: ClassVar[str] = "go_to"


def arrive(settings: GoToSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go there."""
    moves.go(np.arange(len(batch)), "to")


KIND = StepKind(GoToSettings, "Go to", arrive, ports=Ways(Way("to")))
