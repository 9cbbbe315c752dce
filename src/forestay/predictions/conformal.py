"""Bands that hold what they promise: quantiles of past errors, group by group, from the recent past only.

Reads : errors of forecasts whose outcome is known by now (outcome - forecast), oldest first
Gives : Bands, fit_bands(), upper_quantile(), conformal_p()
Source: Vovk et al., Algorithmic Learning in a Random World (Mondrian conformal prediction); DESIGN section 6 ('rolling
        conformal bands')

Errors of an account at 95 points differ from those of one at 40 (it cannot rise by much), so each group of like
accounts has a band of its own. A new week's errors push out those of the oldest week: levels of noise wander.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

Floats = npt.NDArray[np.float64]

COVERAGE = 0.8
GROUPS = 6
FEWEST_ERRORS = 60
"""Of a group; below it the band is that of all accounts together."""


@dataclass(frozen=True, slots=True)
class Bands:
    """edges (groups - 1,): of the figure by which accounts are grouped, ascending; low, high (groups,): what to add to
    a forecast. coverage: the share promised, 0-1. errors: how many it was learned from."""

    edges: Floats
    low: Floats
    high: Floats
    coverage: float
    errors: int

    def around(self, forecast: Floats, by: Floats) -> tuple[Floats, Floats]:
        """Lower and upper end (n,) for forecasts (n,) of accounts with the grouping figure `by` (n,)."""
        group = np.searchsorted(self.edges, by)
        return forecast + self.low[group], forecast + self.high[group]

    def to_document(self) -> dict[str, JsonValue]:
        """JSON of plain numbers."""
        return {
            "edges": self.edges.round(4).tolist(), "low": self.low.round(4).tolist(), "high": self.high.round(4).tolist(),
            "coverage": self.coverage, "errors": self.errors,
        }  # fmt: skip

    @classmethod
    def from_document(cls, document: dict[str, JsonValue]) -> Bands:
        """Read what to_document() gave."""
        edges, low, high = (np.array(document[name], np.float64) for name in ("edges", "low", "high"))
        return cls(edges, low, high, float(str(document["coverage"])), int(str(document["errors"])))


def fit_bands(errors: Floats, by: Floats, *, coverage: float = COVERAGE, groups: int = GROUPS) -> Bands:
    """Bands from errors (n,) of accounts with the grouping figure `by` (n,); rows with a NaN have no say."""
    known = ~(np.isnan(errors) | np.isnan(by))
    errors, by = errors[known], by[known]
    if not len(errors):
        return Bands(np.zeros(0), np.full(1, -np.inf), np.full(1, np.inf), coverage, 0)
    edges = np.unique(np.quantile(by, np.linspace(0, 1, groups + 1)[1:-1]))
    group = np.searchsorted(edges, by)
    each = [errors[group == number] for number in range(len(edges) + 1)]
    each = [one if len(one) >= FEWEST_ERRORS else errors for one in each]
    tail = (1 - coverage) / 2
    high = np.array([upper_quantile(one, 1 - tail) for one in each])
    low = np.array([-upper_quantile(-one, 1 - tail) for one in each])
    return Bands(edges, low, high, coverage, len(errors))


def upper_quantile(errors: Floats, level: float) -> float:
    """The smallest value that a next error does not exceed with at least this chance; infinite when too few to say.

    >>> upper_quantile(np.arange(1.0, 10.0), 0.8)
    8.0
    """
    place = int(np.ceil((len(errors) + 1) * level))
    return float(np.sort(errors)[place - 1]) if place <= len(errors) else float("inf")


def conformal_p(score: Floats, ordinary: Floats) -> Floats:
    """Chance (n,) that an ordinary account scores as high: (1 + ordinary scores at or above) / (1 + all of them); NaN
    stays NaN.

    >>> conformal_p(np.array([9.0, 0.0]), np.arange(9.0)).tolist()
    [0.1, 1.0]
    """
    known = np.sort(ordinary[~np.isnan(ordinary)])
    above = len(known) - np.searchsorted(known, np.nan_to_num(score), side="left")
    return np.where(np.isnan(score), np.nan, (1 + above) / (1 + len(known)))
