"""From the chance in each period to the chance within a horizon, and person-period rows for training.

Gives : probability_within(), person_periods(), PersonPeriods
Source: DESIGN section 6: discrete-time hazard, P(within h) = 1 - product of (1 - hazard), so it never falls as
        the horizon grows. Inside a period the hazard is spread evenly on the log scale; beyond the last period
        the last hazard goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forestay.predictions.snapshots import PERIOD_DAYS, Flags, Floats, Ints, Labels


def probability_within(hazard: Floats, days: float | Floats) -> Floats:
    """Chance (n,) that it happens within `days` (one number, or one per row), from hazards (n, periods).

    NaN where days is NaN; 0 where days <= 0.

    >>> probability_within(np.array([[0.1, 0.2]]), 60.0).round(3).tolist()
    [0.28]
    """
    survival = np.log1p(-np.minimum(hazard, 1 - 1e-12))
    wanted = np.broadcast_to(np.asarray(days, np.float64) / PERIOD_DAYS, (len(hazard),))
    share = np.clip(wanted[:, None] - np.arange(hazard.shape[1]), 0, 1)
    beyond = np.maximum(wanted - hazard.shape[1], 0)
    result: Floats = -np.expm1((share * survival).sum(axis=1) + beyond * survival[:, -1])
    return result


@dataclass(frozen=True, slots=True)
class PersonPeriods:
    """One row for each period that a snapshot lived to see. rows: (m,) row of the snapshot; period: (m,) 0 ...;
    happened: (m,) whether the event fell in that period."""

    rows: Ints
    period: Ints
    happened: Flags


def person_periods(labels: Labels, periods: int) -> PersonPeriods:
    """Snapshots times periods, those only of which is known whether the event happened in them.

    A period counts when the snapshot was at risk at its beginning and watched to its end.
    """
    happened, known = happened_in(labels, periods)
    rows, period = np.nonzero(known)
    return PersonPeriods(rows, period, happened[rows, period])


def happened_in(labels: Labels, periods: int) -> tuple[Flags, Flags]:
    """(happened, known), each (n, periods): the event fell in the period; the snapshot was at risk and watched in it."""
    starts = PERIOD_DAYS * np.arange(periods)
    event = np.where(labels.seen, np.maximum(labels.event_in_days, 1e-9), np.inf)[:, None]
    watched = (event > starts) & (labels.observed_days[:, None] >= starts + PERIOD_DAYS)
    return watched & (event <= starts + PERIOD_DAYS), watched
