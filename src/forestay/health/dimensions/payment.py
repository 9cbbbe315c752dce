"""Payment: does the account pay, and in time?

Reads: billing, through invoices_overdue, late_payments_180d, payment_delay_days_180d.
"""

from __future__ import annotations

from forestay.customers.words import Feed
from forestay.health.dimension import Dimension, Factor, Missing

PAYMENT = Dimension(
    key="payment",
    name="Payment",
    weight=0.10,
    factors=(
        Factor(
            measure="invoices_overdue",
            label="Overdue invoices",
            unit="invoices",
            weight=0.50,
            curve=((0, 100), (1, 50), (2, 20), (3, 0)),
            feed=Feed.BILLING,
            missing=100,
            why="One may be a lost letter, three are a decision.",
        ),
        Factor(
            measure="late_payments_180d",
            label="Late payments, last 180 days",
            unit="payments",
            weight=0.25,
            curve=((0, 100), (1, 75), (3, 30), (5, 0)),
            feed=Feed.BILLING,
            missing=100,
            why="Six monthly invoices lie in the window: most of them late is a habit.",
        ),
        Factor(
            measure="payment_delay_days_180d",
            label="Mean delay of late payments",
            unit="days",
            weight=0.25,
            curve=((0, 100), (7, 80), (30, 40), (60, 0)),
            feed=Feed.BILLING,
            missing=Missing.NEUTRAL,
            why="A week is the mail, a month is the next reminder, two months are collection.",
        ),
    ),
)
