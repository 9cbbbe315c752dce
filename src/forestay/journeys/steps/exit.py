"""The end of a run, with its reason."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World
from forestay.journeys.ways import EXITLESS
from forestay.journeys.words import RunStatus

REASON = r"^[a-z0-9][a-z0-9_ -]*$"


class ExitSettings(StepSettings):
    """Ends the run; all its branches end with it."""

    kind: ClassVar[str] = "exit"

    reason: Annotated[str, Field(pattern=REASON, max_length=80)] = Field(
        "done", title="Reason", description="In a word or two; runs are counted by it."
    )


def arrive(settings: ExitSettings, batch: Batch, world: World, moves: Moves) -> None:
    """End them all."""
    moves.end(np.arange(len(batch)), RunStatus.COMPLETED, settings.reason)


KIND = StepKind(ExitSettings, "Exit", arrive, ports=EXITLESS)
