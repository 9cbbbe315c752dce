"""The last stages of the time-to-intervention clock: first touch and outcome of a signal.

Gives : stamp_touch(), stamp_outcome()
Source: DESIGN section 5; REQUIREMENTS J (time to intervention).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, update

from forestay.store.tables.signals import signals


def stamp_touch(connection: Connection, workspace_id: int, signal_ids: Iterable[int | None], now: datetime) -> None:
    """A person took the task up, or a message reached the customer; the first one counts."""
    if known := [each for each in signal_ids if each is not None]:
        connection.execute(
            update(signals)
            .where(signals.c.workspace_id == workspace_id, signals.c.id.in_(known), signals.c.first_touch_at.is_(None))
            .values(first_touch_at=now)
        )


def stamp_outcome(connection: Connection, workspace_id: int, signal_id: int | None, outcome: str | None,
                  now: datetime) -> None:  # fmt: skip
    """What the work came to; None takes a stamp back when the work is reopened."""
    if signal_id is not None:
        connection.execute(
            update(signals)
            .where(signals.c.workspace_id == workspace_id, signals.c.id == signal_id)
            .values(
                outcome=outcome,
                outcome_at=now if outcome is not None else None,
                first_touch_at=func.coalesce(signals.c.first_touch_at, now),
            )
        )
