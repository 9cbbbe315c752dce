"""An alarm when runs begin to end otherwise than they used to: a template that broke, an exit that catches everybody.

Gives : look_at_ends(), Shift
Reads : journey_counts
Writes: journey_alarms, once a day and journey
Source: chi-square test of homogeneity of the last day's ends against those of the four weeks before; alarmed where it is
        beyond chance (p < 0.0001, since every journey is looked at every ten minutes) and the mix moved by a fifth or more;
        the tail of chi-square by Wilson and Hilferty, 'The distribution of chi-square', PNAS 17 (1931)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from forestay.journeys.runtime.wire import Driver
from forestay.kit.logs import get_logger

_log = get_logger(__name__)
LEAST = 30
"""Ends of a day, and of the weeks before, below which nothing is said."""
CHANCE, MOVED = 1e-4, 0.2
_ENDS = """
SELECT workspace_id, journey_id, name, sum(count) FILTER (WHERE day >= %(today)s - 1), sum(count) FILTER (WHERE day < %(today)s - 1)
FROM journey_counts WHERE step = -1 AND name LIKE 'ended:%%' AND day >= %(today)s - 29 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
_RAISE = """
INSERT INTO journey_alarms (workspace_id, journey_id, kind, day, detail) VALUES (%s, %s, 'ends', %s, %s)
ON CONFLICT (journey_id, kind, day) DO NOTHING RETURNING id"""


@dataclass(frozen=True, slots=True)
class Shift:
    """A journey whose ends changed. now, before: share by 'status:reason' (0 to 1); moved: half the sum of differences."""

    workspace_id: int
    journey_id: int
    now: dict[str, float]
    before: dict[str, float]
    moved: float


def look_at_ends(driver: Driver, today: date) -> list[Shift]:
    """Journeys for which an alarm was raised by this look; it is told in the log as well."""
    by_journey: dict[tuple[int, int], dict[str, tuple[int, int]]] = {}
    rows: list[Any] = driver.execute(_ENDS, {"today": today}).fetchall()
    for space, journey, name, lately, before in rows:
        by_journey.setdefault((space, journey), {})[name.removeprefix("ended:")] = (int(lately or 0), int(before or 0))
    found = []
    for (space, journey), ends in by_journey.items():
        shift = _shift(space, journey, ends)
        if shift is not None and _raised(driver, shift, today):
            _log.warning("journey_ends_changed", workspace=space, journey=journey, moved=round(shift.moved, 2))
            found.append(shift)
    return found


def _shift(space: int, journey: int, ends: dict[str, tuple[int, int]]) -> Shift | None:
    table = np.array(list(ends.values()), np.float64).T
    totals = table.sum(axis=1)
    if totals.min() < LEAST or len(ends) < 2:
        return None
    now, before = table / totals[:, None]
    moved = float(np.abs(now - before).sum() / 2)
    chance = _chance(table)
    if moved < MOVED or chance >= CHANCE:
        return None
    names = list(ends)
    return Shift(
        space,
        journey,
        dict(zip(names, now.tolist(), strict=True)),
        dict(zip(names, before.tolist(), strict=True)),
        moved,
    )


def _raised(driver: Driver, shift: Shift, today: date) -> bool:
    detail = {"now": shift.now, "before": shift.before, "moved": round(shift.moved, 3)}
    return driver.execute(_RAISE, (shift.workspace_id, shift.journey_id, today, Jsonb(detail))).fetchone() is not None


def _chance(table: npt.NDArray[np.float64]) -> float:
    """How likely two samples of one mix differ this much. table (2, ends): counts, no column empty."""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    square, freedom = float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1
    spread = 2 / (9 * freedom)
    return 0.5 * math.erfc((np.cbrt(square / freedom) - (1 - spread)) / math.sqrt(2 * spread))
