"""Engagement: do we and they talk, face to face too, and what do they say when asked?

Reads: interactions and surveys, through days_since_interaction, interactions_90d, meetings_90d, nps_180d.
"""

from __future__ import annotations

from forestay.customers.words import Feed
from forestay.health.dimension import Dimension, Factor, Missing

ENGAGEMENT = Dimension(
    key="engagement",
    name="Engagement",
    weight=0.25,
    factors=(
        Factor(
            measure="days_since_interaction",
            label="Days since last interaction",
            unit="days",
            weight=0.40,
            curve=((0, 100), (14, 95), (30, 80), (60, 50), (90, 25), (120, 0)),
            feed=Feed.INTERACTIONS,
            missing=0,
            why="Monthly contact is the usual rhythm of a CSM; a quarter without any is a relationship lost.",
        ),
        Factor(
            measure="interactions_90d",
            label="Interactions, last 90 days",
            unit="interactions",
            weight=0.25,
            curve=((0, 0), (2, 40), (6, 75), (12, 100)),
            feed=Feed.INTERACTIONS,
            missing=0,
            why="Two a month (6) is healthy, weekly (12) is full marks.",
        ),
        Factor(
            measure="meetings_90d",
            label="Meetings, last 90 days",
            unit="meetings",
            weight=0.15,
            curve=((0, 30), (1, 70), (3, 100)),
            feed=Feed.INTERACTIONS,
            missing=0,
            why="One review a quarter is the least of a relationship; small accounts live without (30, not 0).",
        ),
        Factor(
            measure="nps_180d",
            label="Survey score (NPS question)",
            unit="of 10",
            weight=0.20,
            curve=((0, 0), (6, 35), (7, 60), (8, 80), (9, 95), (10, 100)),
            feed=Feed.SURVEYS,
            missing=Missing.UNKNOWN,
            why="The question's own classes: 0-6 detractors (red), 7-8 passives (yellow), 9-10 promoters (green).",
        ),
    ),
)
