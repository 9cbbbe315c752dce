"""Signals as the API lists them, each with its account, and the verdicts on them.

Reads: signals, accounts, feedback
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from forestay.customers.words import RiskLevel, SignalStatus, Tier
from forestay.kit.errors import NotFound
from forestay.store.tables.customers import accounts
from forestay.store.tables.signals import feedback, signals

_ACCOUNT = (accounts.c.external_id.label("account_external_id"), accounts.c.name.label("account_name"))


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """Which signals. account: external id; since, until: by fired_at, half-open."""

    account: str | None = None
    trigger: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: SignalStatus | None = None
    tier: Tier | None = None
    risk_level: RiskLevel | None = None
    held_back: str | None = None


def signals_where(workspace_id: int, wanted: SignalFilter) -> Select[Any]:
    """All columns of the signals asked for, with their account."""
    found = (
        select(signals, *_ACCOUNT)
        .join(accounts, accounts.c.id == signals.c.account_id)
        .where(signals.c.workspace_id == workspace_id)
    )
    same = {
        signals.c.trigger_key: wanted.trigger,
        signals.c.status: wanted.status,
        signals.c.tier: wanted.tier,
        signals.c.risk_level: wanted.risk_level,
        signals.c.held_back: wanted.held_back,
        accounts.c.external_id: wanted.account,
    }
    for column, value in same.items():
        if value is not None:
            found = found.where(column == value)
    if wanted.since is not None:
        found = found.where(signals.c.fired_at >= wanted.since)
    if wanted.until is not None:
        found = found.where(signals.c.fired_at < wanted.until)
    return found


def one_signal(conn: Connection, workspace_id: int, signal_id: int) -> Row[Any]:
    """A signal with its account. Raises NotFound."""
    row = conn.execute(signals_where(workspace_id, SignalFilter()).where(signals.c.id == signal_id)).one_or_none()
    if row is None:
        raise NotFound("signal", str(signal_id))
    return row


def verdicts_of(conn: Connection, workspace_id: int, signal_id: int) -> list[Row[Any]]:
    """The verdicts on a signal, oldest first."""
    mine = (feedback.c.workspace_id == workspace_id) & (feedback.c.signal_id == signal_id)
    return list(conn.execute(select(feedback).where(mine).order_by(feedback.c.at)).all())
