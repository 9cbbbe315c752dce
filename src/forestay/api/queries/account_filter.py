"""Which accounts a list shows, as conditions for the store.

Gives: AccountFilter, conditions_of(), LASTING, TEXTS
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, cast, exists, func, literal, or_
from sqlalchemy.dialects.postgresql import REAL

from forestay.customers.words import Band, SignalStatus, TaskStatus
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.scores import account_states as states
from forestay.store.tables.signals import signals

LASTING = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value, TaskStatus.SNOOZED.value)
"""A task that somebody still has to do."""
TREND_30D: ColumnElement[Any] = func.nullif(states.c.trends[2], cast(literal("NaN"), REAL), type_=REAL())
TEXTS: dict[str, ColumnElement[Any]] = {
    "lifecycle_stage": accounts.c.lifecycle_stage, "plan": accounts.c.plan, "country": accounts.c.country,
    "industry": accounts.c.industry,
}  # fmt: skip
_MAY_MISS: dict[str, ColumnElement[Any]] = {
    **TEXTS, "band": states.c.band, "renews_on": accounts.c.renews_on, "arr": accounts.c.arr,
    "churn": states.c.churn_score, "readiness": states.c.readiness,
}  # fmt: skip
MISSABLE = tuple(_MAY_MISS)
"""What an account may be asked not to have."""


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts. q: part of name or id; owner_id: of a member; money in the account's currency; lists: any of them;
    trend: change of health in 30 days, points; missing: words of MISSABLE that are not known."""

    q: str | None = None
    band: tuple[Band, ...] = ()
    owner_id: int | None = None
    unowned: bool = False
    lifecycle_stage: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    arr_min: float | None = None
    arr_max: float | None = None
    score_min: float | None = None
    score_max: float | None = None
    trend_min: float | None = None
    trend_max: float | None = None
    churn_min: float | None = None
    churn_max: float | None = None
    readiness_min: float | None = None
    readiness_max: float | None = None
    renews_after: date | None = None
    renews_before: date | None = None
    signal: str | None = None
    has_task: bool | None = None
    has_signal: bool | None = None
    include_churned: bool = True
    segment: str | None = None
    """Who belongs to it is judged outside the store and handed to page_numbers()."""


def conditions_of(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    """All of them must hold; columns of account_states are missing (null) for who was never scored."""
    conditions = [*_texts(wanted), *_ranges(wanted), *_work(wanted)]
    if wanted.q:
        like = [column.icontains(wanted.q, autoescape=True) for column in (accounts.c.name, accounts.c.external_id)]
        conditions.append(or_(*like))
    if wanted.band:
        conditions.append(states.c.band.in_([band.value for band in wanted.band]))
    if wanted.unowned:
        conditions.append(accounts.c.owner_id.is_(None))
    if wanted.owner_id is not None:
        conditions.append(accounts.c.owner_id == wanted.owner_id)
    if not wanted.include_churned:
        conditions.append(accounts.c.churned_on.is_(None))
    return conditions


def _texts(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    named = {name: getattr(wanted, name) for name in TEXTS}
    found: list[ColumnElement[bool]] = [TEXTS[name].in_(values) for name, values in named.items() if values]
    return found + [_MAY_MISS[name].is_(None) for name in wanted.missing]


def _ranges(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    least: dict[ColumnElement[Any], float | date | None] = {
        accounts.c.arr: wanted.arr_min, states.c.score: wanted.score_min, TREND_30D: wanted.trend_min,
        states.c.churn_score: wanted.churn_min, states.c.readiness: wanted.readiness_min,
        accounts.c.renews_on: wanted.renews_after,
    }  # fmt: skip
    most: dict[ColumnElement[Any], float | None] = {
        accounts.c.arr: wanted.arr_max, states.c.score: wanted.score_max, TREND_30D: wanted.trend_max,
        states.c.churn_score: wanted.churn_max, states.c.readiness: wanted.readiness_max,
    }  # fmt: skip
    ranges = [column >= value for column, value in least.items() if value is not None]
    ranges += [column <= value for column, value in most.items() if value is not None]
    if wanted.renews_before is not None:
        ranges.append(accounts.c.renews_on < wanted.renews_before)
    return ranges


def _work(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    """Signals that are open and tasks still to do."""
    firing = exists().where(signals.c.account_id == accounts.c.id, signals.c.status == SignalStatus.OPEN.value)
    waiting = exists().where(tasks.c.account_id == accounts.c.id, tasks.c.status.in_(LASTING))
    found: list[ColumnElement[bool]] = []
    if wanted.signal is not None:
        found.append(firing.where(signals.c.trigger_key == wanted.signal))
    for asked, question in ((wanted.has_task, waiting), (wanted.has_signal, firing)):
        if asked is not None:
            found.append(question if asked else ~question)
    return found
