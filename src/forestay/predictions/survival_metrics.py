"""How good a prediction of time was: the order of ends, the squared error over time, and how early an alert came.

Gives : concordance(), ibs(), censoring_survival(), lead_time(), LeadTime
Source: Harrell's C; Graf et al. 1999 (integrated Brier score weighted by the inverse chance of not being censored)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.snapshots import Floats, Ints

Array = npt.NDArray[np.float64]


def concordance(risk: Floats, time: Floats, happened: npt.ArrayLike) -> float:
    """Harrell's C 0-1: of pairs whose order of ends is known, the share where the earlier end had the higher risk.

    time: (n,) to the event or to censoring, any unit. Ties in risk count half. NaN without a comparable pair.
    """
    seen, when, sure = np.asarray(happened, bool), np.asarray(time), np.asarray(risk)
    won = pairs = 0.0
    for moment in np.unique(when[seen]):
        ended = seen & (when == moment)
        later = np.sort(sure[(when > moment) | (~seen & (when == moment))])
        mine = sure[ended]
        below, upto = np.searchsorted(later, mine, "left"), np.searchsorted(later, mine, "right")
        won += float((below + 0.5 * (upto - below)).sum())
        pairs += float(len(later) * len(mine))
    return won / pairs if pairs else float("nan")


def censoring_survival(time: Floats, happened: npt.ArrayLike) -> tuple[Array, Array]:
    """(moments, G): Kaplan-Meier of not being censored just after each moment of censoring."""
    seen, when = np.asarray(happened, bool), np.asarray(time, np.float64)
    moments = np.unique(when[~seen])
    at_risk = np.array([((when > moment) | (~seen & (when == moment))).sum() for moment in moments], np.float64)
    gone = np.array([(~seen & (when == moment)).sum() for moment in moments], np.float64)
    return moments, np.asarray(np.cumprod(1 - gone / np.maximum(at_risk, 1)), np.float64)


def ibs(
    survival: Floats,
    times: Floats,
    time: Floats,
    happened: npt.ArrayLike,
    *,
    censoring: tuple[Array, Array] | None = None,
) -> float:
    """Integrated Brier score over `times` (m,), from survival chances (n, m); 0 is perfect, .25 a coin.

    time, happened: (n,) what became of each. censoring: from censoring_survival() of the training part; that of
    these rows when left out.
    """
    seen, when = np.asarray(happened, bool), np.asarray(time, np.float64)
    moments, chance = censoring_survival(when, seen) if censoring is None else censoring
    before_end = np.maximum(_at(moments, chance, when, "left"), 1e-9)
    scores = np.empty(len(times))
    for at, moment in enumerate(times):
        now = np.maximum(_at(moments, chance, np.array([moment]), "right")[0], 1e-9)
        ended, living = seen & (when <= moment), when > moment
        part = ended * survival[:, at] ** 2 / before_end + living * (1 - survival[:, at]) ** 2 / now
        scores[at] = part.mean()
    if len(times) == 1:
        return float(scores[0])
    return float(np.trapezoid(scores, times) / (times[-1] - times[0]))


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How early events were foreseen. events: how many; foreseen: alerted at least once in the `reach` days before;
    median_days, p25_days, p75_days: from the first such alert to the event, NaN when none."""

    events: int
    foreseen: int
    median_days: float
    p25_days: float
    p75_days: float


def lead_time(
    account_ids: Ints, as_of_days: Ints, event_in_days: Floats, alerted: npt.ArrayLike, *, reach: float = 180
) -> LeadTime:
    """Days from each account's first alert within `reach` days before its event, to the event.

    Rows are snapshots (n,); event_in_days +inf when none was seen; alerted: (n,) whether p was over the threshold.
    """
    near = np.isfinite(event_in_days) & (event_in_days <= reach)
    ids, day = np.asarray(account_ids)[near], (as_of_days[near] + event_in_days[near]).astype(np.int64)
    ends = np.unique(np.column_stack([ids, day]), axis=0)
    told = np.asarray(alerted, bool)[near]
    keys, place = np.unique(np.column_stack([ids[told], day[told]]), axis=0, return_inverse=True)
    earliest = np.full(len(keys), -np.inf)
    np.maximum.at(earliest, place.reshape(-1), event_in_days[near][told])
    if not len(earliest):
        return LeadTime(len(ends), 0, *[float("nan")] * 3)
    low, middle, high = np.quantile(earliest, [0.25, 0.5, 0.75])
    return LeadTime(len(ends), len(earliest), float(middle), float(low), float(high))


def _at(moments: Array, chance: Array, when: Array, side: str) -> Array:
    """G at each `when`; side 'left': just before it."""
    place = np.searchsorted(moments, when, side="right" if side == "right" else "left")
    steps: Array = np.append(1.0, chance)[place]
    return steps
