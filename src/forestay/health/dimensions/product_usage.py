"""Product usage: do the people who were paid for work with the product, often, and as much as before?

Reads: telemetry, through seat_use_30d, active_days_28d, usage_change_28d, days_since_activity.
"""

from __future__ import annotations

from forestay.customers.words import Feed
from forestay.health.dimension import Dimension, Factor, Missing

PRODUCT_USAGE = Dimension(
    key="product_usage",
    name="Product usage",
    weight=0.35,
    factors=(
        Factor(
            measure="seat_use_30d",
            label="Seats in use",
            unit="share",
            weight=0.30,
            curve=((0, 0), (0.2, 30), (0.4, 55), (0.6, 75), (0.8, 92), (1, 100)),
            feed=Feed.TELEMETRY,
            missing=Missing.UNKNOWN,
            why="Below sixty per cent idle licences count as stagnant, so the line stands in the upper yellow.",
        ),
        Factor(
            measure="active_days_28d",
            label="Active days, last 28",
            unit="days",
            weight=0.20,
            curve=((0, 0), (4, 30), (10, 65), (16, 88), (20, 100)),
            feed=Feed.TELEMETRY,
            missing=0,
            why="Twenty working days are a full month; weekly use (4 days) is a habit barely kept.",
        ),
        Factor(
            measure="usage_change_28d",
            label="Usage against the 28 days before",
            unit="ratio",
            weight=0.25,
            curve=((0, 0), (0.5, 25), (0.8, 60), (1, 88), (1.2, 100)),
            feed=Feed.TELEMETRY,
            missing=Missing.NEUTRAL,
            why="A fall by a fifth is what we call a downward trend, so there this factor stands on the red line (60).",
        ),
        Factor(
            measure="days_since_activity",
            label="Days since last activity",
            unit="days",
            weight=0.25,
            curve=((0, 100), (3, 95), (7, 75), (14, 40), (30, 0)),
            feed=Feed.TELEMETRY,
            missing=0,
            why="A weekend is nothing, a silent week is worth a look, a silent month is gone.",
        ),
    ),
)
