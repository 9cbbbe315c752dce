"""A dimension of health: weighted curves from measures to points, as data that a scorecard may override.

Gives : Factor, Dimension, Missing, curve()
Source: REQUIREMENTS B1, B5; docs/health.md says for each curve where its points come from.

A factor turns one measure into 0 (worst) to 100 (best) points on a piecewise-linear curve; outside its
first and last point the curve stays level. A dimension is the weighted mean of its factors.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from forestay.customers.words import Feed

Floats = npt.NDArray[np.float64]
Points = Annotated[float, Field(ge=0, le=100)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class Missing(StrEnum):
    """What it means that an account has no value although the feed is live."""

    NEUTRAL = "neutral"
    """There is nothing to judge (no ticket, so no satisfaction): the others carry its weight."""
    UNKNOWN = "unknown"
    """We should know and don't (seats never told): the others carry its weight, confidence falls."""


class Factor(BaseModel):
    """One measure of a dimension and its curve. Weights are relative within the dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=100)]
    label: Annotated[str, Field(max_length=100)]
    unit: Annotated[str, Field(max_length=20)] = ""
    weight: Weight
    curve: Annotated[tuple[tuple[Finite, Points], ...], Field(min_length=2, max_length=20)]
    """(value of the measure, points), values rising."""
    feed: Feed
    missing: Missing | Points = Missing.NEUTRAL
    """For a live feed: a number is evidence of so many points (never active = 0)."""
    why: Annotated[str, Field(max_length=1000)] = ""
    """Source or reasoning of the curve."""

    @field_validator("curve")
    @classmethod
    def _rises(cls, points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        values = [value for value, _ in points]
        if any(later <= earlier for earlier, later in pairwise(values)):
            raise ValueError("the values of a curve must rise from point to point")
        return points


class Dimension(BaseModel):
    """One side of the customer relationship, 0-100; `weight` is its share of the health score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    weight: Weight
    factors: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=30)]


def curve(factor: Factor, values: Floats) -> Floats:
    """Points 0-100 of the measure's values, any shape; NaN stays NaN unless missing itself is evidence."""
    known, points = zip(*factor.curve, strict=True)
    found: Floats = np.interp(values, known, points)
    if not isinstance(factor.missing, Missing):
        np.copyto(found, float(factor.missing), where=np.isnan(values))
    return found
