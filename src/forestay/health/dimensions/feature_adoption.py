"""Feature adoption: how much of what was built for them do they use, and do the sticky parts hold?

Reads: telemetry, through feature_adoption_30d, unused_features_45d, sticky_change_7d.
"""

from __future__ import annotations

from forestay.customers.words import Feed
from forestay.health.dimension import Dimension, Factor, Missing

FEATURE_ADOPTION = Dimension(
    key="feature_adoption",
    name="Feature adoption",
    weight=0.10,
    factors=(
        Factor(
            measure="feature_adoption_30d",
            label="Deployed features in use",
            unit="share",
            weight=0.60,
            curve=((0, 0), (0.25, 45), (0.5, 75), (0.8, 100)),
            feed=Feed.TELEMETRY,
            missing=Missing.UNKNOWN,
            why="Nobody uses everything: half is good, four fifths is all that can be asked.",
        ),
        Factor(
            measure="unused_features_45d",
            label="Features unused for 45 days",
            unit="features",
            weight=0.20,
            curve=((0, 100), (1, 80), (3, 45), (6, 0)),
            feed=Feed.TELEMETRY,
            missing=Missing.UNKNOWN,
            why="After 45 days without use we offer a guide; one unused feature is ordinary, six are a pattern.",
        ),
        Factor(
            measure="sticky_change_7d",
            label="Sticky features against their usual week",
            unit="ratio",
            weight=0.20,
            curve=((0, 0), (0.5, 30), (0.8, 70), (1, 100)),
            feed=Feed.TELEMETRY,
            missing=Missing.NEUTRAL,
            why="Half of the usual week is what we call a sharp decline.",
        ),
    ),
)
