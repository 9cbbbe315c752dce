"""Support: is the account stuck, angry or well served?

Reads: tickets, through open_tickets, escalations_30d, csat_90d, response_hours_90d.
"""

from __future__ import annotations

from forestay.customers.words import Feed
from forestay.health.dimension import Dimension, Factor, Missing

SUPPORT = Dimension(
    key="support",
    name="Support",
    weight=0.20,
    factors=(
        Factor(
            measure="open_tickets",
            label="Open tickets",
            unit="tickets",
            weight=0.30,
            curve=((0, 100), (2, 85), (5, 50), (10, 20), (20, 0)),
            feed=Feed.TICKETS,
            missing=100,
            why="Some open tickets are a sign of use; five at once keep people from their work.",
        ),
        Factor(
            measure="escalations_30d",
            label="Escalations, last 30 days",
            unit="escalations",
            weight=0.30,
            curve=((0, 100), (1, 40), (2, 10), (3, 0)),
            feed=Feed.TICKETS,
            missing=100,
            why="An escalation with falling use is a churn alarm, so one alone is below the red line.",
        ),
        Factor(
            measure="csat_90d",
            label="Ticket satisfaction, last 90 days",
            unit="of 5",
            weight=0.25,
            curve=((1, 0), (3, 40), (4, 75), (4.5, 90), (5, 100)),
            feed=Feed.TICKETS,
            missing=Missing.NEUTRAL,
            why="CSAT counts 4 and 5 as satisfied: 4 stands in the upper yellow, 3 is red.",
        ),
        Factor(
            measure="response_hours_90d",
            label="Hours to first response",
            unit="hours",
            weight=0.15,
            curve=((1, 100), (4, 90), (24, 60), (72, 20), (168, 0)),
            feed=Feed.TICKETS,
            missing=Missing.NEUTRAL,
            why="A day is the promise that most support contracts make for ordinary tickets.",
        ),
    ),
)
