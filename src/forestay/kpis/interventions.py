"""Signals as interventions: which of them count, and the ids behind a number.

Reads: signals
Gives: fired_in(), asked_for_action(), ids_of(), sides(), RECOVERED
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, select

from forestay.kpis.kpi import MOST_IDS, DrillDown, DrillKind, Period, Rows, Side
from forestay.store.tables.signals import signals

RECOVERED = "recovered"
"""The ending of an intervention after which the account stood in a better health band, closed from data."""


def fired_in(workspace_id: int, period: Period) -> ColumnElement[bool]:
    """Signals that fired in the period."""
    return and_(
        signals.c.workspace_id == workspace_id, signals.c.fired_at >= period.since, signals.c.fired_at < period.until
    )


def asked_for_action() -> ColumnElement[bool]:
    """Those that asked for something to be done: no holdout, nothing held back by a cap, pause or cool-down."""
    return and_(~signals.c.is_holdout, signals.c.held_back.is_(None))


def ids_of(conn: Connection, *conditions: ColumnElement[bool]) -> DrillDown:
    """The newest signals that fit."""
    wanted = select(signals.c.id).where(*conditions).order_by(signals.c.fired_at.desc()).limit(MOST_IDS)
    return DrillDown(DrillKind.SIGNAL, tuple(str(number) for number in conn.execute(wanted).scalars()))


def sides(side: Side, counted: ColumnElement[bool], *conditions: ColumnElement[bool]) -> Rows:
    """The signals of one side of a share: those that count, or the others of the whole."""
    return Rows((*conditions, counted if side is Side.COUNTED else counted.is_not(True)))
