"""Who comes in and gets nothing, so that it can be seen what a journey does, and what all of them do together.

Gives : HeldOut, hold_out()
Reads : workspaces.settings.global_holdout_share (0 to 1, none where it is no number), the journey's holdout_share
The workspace's holdout is asked first. Who is in it tells nothing of the single journey, and is no subject of the
journey's own holdout. A branch of a run has its run's arm already and is dealt none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from forestay.journeys.compiled import Compiled
from forestay.journeys.experiments.assignment import (
    GLOBAL_HOLDOUT,
    HOLDOUT,
    JOURNEY_HOLDOUT,
    TREATED,
    holdout_odds,
    is_held_out,
)
from forestay.journeys.moves import Ints
from forestay.journeys.runtime.wire import Driver
from forestay.journeys.tokens import Exposure, Flags

_SHARE = """
SELECT least(greatest((settings ->> 'global_holdout_share')::float8, 0), 1) FROM workspaces
WHERE id = %s AND jsonb_typeof(settings -> 'global_holdout_share') = 'number'"""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """is_held (n,): gets nothing. exposures: of every run that takes part in a holdout, with its arm."""

    is_held: Flags
    exposures: list[Exposure]


def hold_out(driver: Driver, compiled: Compiled, accounts: Ints, is_branch: Flags) -> HeldOut:
    """Deal the runs of these accounts (n,), in their order, into the holdouts."""
    row: Any = driver.execute(_SHARE, (compiled.workspace_id,)).fetchone()
    everywhere = float(row[0]) if row is not None else 0.0
    here = compiled.journey.holdout_share
    is_held = np.zeros(len(accounts), bool)
    exposures: list[Exposure] = []
    for share, test, key in ((everywhere, GLOBAL_HOLDOUT, None), (here, JOURNEY_HOLDOUT, compiled.key)):
        dealt = np.flatnonzero(~is_branch & ~is_held)
        if share and len(dealt):
            out = is_held_out(accounts[dealt], share, key)
            exposures += _exposed(dealt, out, test, holdout_odds(share))
            is_held[dealt] = out
    return HeldOut(is_held, exposures)


def _exposed(places: Ints, out: Flags, test: str, odds: dict[str, float]) -> Iterator[Exposure]:
    for place, is_out in zip(places.tolist(), out.tolist(), strict=True):
        yield Exposure(place, test, 1, HOLDOUT if is_out else TREATED, odds)
