"""A step that is switched off: who comes passes it by its main way, and the history says so.

Gives : OffSettings, KIND
Not a kind of the document, so not on the registry's shelf: compiled.py puts it in the place of a step with `disabled`.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from forestay.journeys.kind import StepKind, StepSettings
from forestay.journeys.moves import Batch, Moves, World


class OffSettings(StepSettings):
    """Does nothing. port: the way by which it is passed."""

    kind: ClassVar[str] = "off"

    port: str = "next"


def arrive(settings: OffSettings, batch: Batch, world: World, moves: Moves) -> None:
    """Go on, without asking or waiting for anything."""
    for place in range(len(batch)):
        moves.tell(place, switched_off=True)
    moves.go(np.arange(len(batch)), settings.port)


KIND = StepKind(OffSettings, "Switched off", arrive)
