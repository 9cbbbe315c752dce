"""Where one account's health is heading, under which suppositions it would head elsewhere, and where it falls short.

Reads: stored columns, measures_before, the account's scorecard, the live trajectory and the live signature
Gives: HealthAhead and its parts, health_ahead_of(), Answer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from forestay.api.queries.account_parts import definitions
from forestay.api.queries.columns import stored_columns
from forestay.api.queries.health import scorecard_of
from forestay.conditions.columns import ColumnTable
from forestay.health.registry import KEYS
from forestay.health.scorecard import Scorecard
from forestay.health.trend import HORIZONS
from forestay.kit.clock import day_of
from forestay.predictions.health_serving import LiveSignature, LiveTrajectory, live_signature, live_trajectory
from forestay.predictions.scenarios import SCENARIOS, Outlook, Scenario, forecast_under
from forestay.predictions.signature import EVERYBODY, UNUSUAL, Segments, Shortfall, loyal_ones
from forestay.predictions.snapshots import Snapshots
from forestay.predictions.trajectory import SCORE, Forecast
from forestay.store.tables.governance import workspaces
from forestay.store.tables.predictions import measures_before

_NO_MODEL = "no {0} is live: train one with `forestay train --purpose {0}` and promote it"
_NO_SCORE = "the account has no health score, so nothing can be said of where it is heading"
_GONE = "the account has left"
_NO_QUARTER = "what the account did a quarter ago is not known here (yet: it is kept once a day)"
_KNOWN_LITTLE = "too little is known of the account to hold it against loyal ones"


class Answer(StrEnum):
    """Whether there is one."""

    OK = "ok"
    NO_MODEL = "no_model"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True)
class Ahead:
    """The score so many days ahead, 0-100, with its band."""

    days: int
    level: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AheadForecast:
    """horizons: empty unless state is ok. coverage: by horizon, share of outcomes that lay within the band on days after
    the training; mae, mae_unchanged: points by which model and 'nothing changes' missed there; None: not judged."""

    state: Answer
    words: str
    model_id: int | None = None
    model_version: int | None = None
    horizons: Sequence[Ahead] = ()
    coverage: Sequence[float | None] = ()
    mae: Sequence[float | None] = ()
    mae_unchanged: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True)
class Supposed:
    """A scenario. changes: whether it changes anything for this account; score: health at once under it."""

    key: str
    question: str
    state: Answer
    words: str
    changes: bool = False
    score: float | None = None
    horizons: Sequence[Ahead] = ()


@dataclass(frozen=True, slots=True)
class AgainstLoyal:
    """score: 0 nothing short, about 4 at most; p: chance that a loyal account falls as short; segment: whose loyal accounts
    it is held against, None for all; by: the column that names it; loyal_accounts: how many they are."""

    state: Answer
    words: str
    model_id: int | None = None
    model_version: int | None = None
    score: float | None = None
    p: float | None = None
    is_unusual: bool = False
    shortfalls: Sequence[Shortfall] = ()
    segment: str | None = None
    by: str | None = None
    loyal_accounts: int | None = None


@dataclass(frozen=True, slots=True)
class HealthAhead:
    """Everything of one account. quarter_ago: the day that scenarios look back to, or since
    when the account stood as it did then."""

    as_of: datetime | None
    score: float | None
    forecast: AheadForecast
    scenarios: Sequence[Supposed]
    quarter_ago: date | None
    signature: AgainstLoyal


def health_ahead_of(conn: Connection, workspace_id: int, row: Row[Any], now: datetime) -> HealthAhead:
    """Of an account (a row of queries.accounts)."""
    zone = str(conn.scalar(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)))
    today = day_of(now, zone)
    columns = stored_columns(conn, workspace_id, today, account_id=row.id)
    table = columns.table if len(columns.ids) else None
    keys = definitions(conn, workspace_id)
    x = None if table is None else _snapshot(row.id, today, table, tuple(f"measure.{key}" for key in keys))
    before = _quarter_ago(conn, workspace_id, row.id)
    trajectory, reason = live_trajectory(conn, workspace_id), _silence(row, x)
    forecast = _forecast(trajectory, x, reason)
    scenarios: list[Supposed] = []
    if trajectory is not None and x is not None and forecast.state is Answer.OK:
        card = scorecard_of(conn, workspace_id, row.scorecard_key).model_copy(update={"applies_to": None})
        scenarios = [_supposed(one, trajectory, x, before, card) for one in SCENARIOS]
    signature = _against_loyal(live_signature(conn, workspace_id), x, row, table)
    score = None if x is None else _known(float(x.column(SCORE)[0]))
    return HealthAhead(row.as_of, score, forecast, scenarios, None if before is None else before.day, signature)


@dataclass(frozen=True, slots=True)
class _Before:
    day: date
    measures: Mapping[str, float]


def _quarter_ago(conn: Connection, workspace_id: int, account_id: int) -> _Before | None:
    mine = (measures_before.c.workspace_id == workspace_id) & (measures_before.c.account_id == account_id)
    row = conn.execute(select(measures_before.c.day, measures_before.c.measures).where(mine)).one_or_none()
    return None if row is None else _Before(row.day, row.measures)


def _silence(row: Row[Any], x: Snapshots | None) -> str | None:
    """Why nothing is foreseen of the account, None when something is."""
    if row.churned_on is not None:
        return _GONE
    return _NO_SCORE if x is None or np.isnan(x.column(SCORE)[0]) else None


def _snapshot(account_id: int, today: int, table: ColumnTable, measures: tuple[str, ...]) -> Snapshots:
    """The one row, as it was at the last tick."""
    stored = (name for name in measures if name in table)
    names = (*stored, SCORE, *(f"health.{key}" for key in KEYS), *(f"health.change_{days}d" for days in HORIZONS))
    values = np.array([[float(table.floats(name)[0]) for name in names]])
    return Snapshots(np.array([account_id]), np.array([today]), names, values, table.floats("account.arr"))


def _forecast(live: LiveTrajectory | None, x: Snapshots | None, reason: str | None) -> AheadForecast:
    if live is None:
        return AheadForecast(Answer.NO_MODEL, _NO_MODEL.format("trajectory"))
    version = (live.entry.id, live.entry.version)
    if x is None or reason is not None:
        return AheadForecast(Answer.NOT_ENOUGH_DATA, reason or _NO_SCORE, *version)
    horizons = _horizons(live.model.forecast(x))
    figures = [[live.figure(name, one.days) for one in horizons] for name in ("coverage", "mae", "mae_unchanged")]
    words = "where health goes if the account stays; eight outcomes of ten are promised to lie within the band"
    return AheadForecast(Answer.OK, words, *version, horizons, *figures)


def _supposed(one: Scenario, live: LiveTrajectory, x: Snapshots, before: _Before | None, card: Scorecard) -> Supposed:
    if one.looks_back and before is None:
        return Supposed(one.key, one.question, Answer.NOT_ENOUGH_DATA, _NO_QUARTER)
    told = {} if before is None else before.measures
    values = np.array([[told.get(name, np.nan) for name in x.names]])
    then = Snapshots(x.account_ids, x.as_of_days - 90, x.names, values, x.arr)
    found = forecast_under(one, live.model, x, then, (card,))
    changes = bool(found.changed[0])
    return Supposed(one.key, one.question, Answer.OK, _in_words(found, changes), changes,
                    _known(float(found.score[0])), _horizons(found.under))  # fmt: skip


def _in_words(found: Outlook, changes: bool) -> str:
    if not changes:
        return "It would change nothing: it is so already, or nothing is known of it."
    last = len(found.under.horizons) - 1
    under, stands = float(found.under.level[0, last]), float(found.as_it_stands.level[0, last])
    return (
        f"Accounts that look like that stood at {under:.0f} {found.under.horizons[last]} days later; as it stands "
        f"{stands:.0f} is foreseen. It does not say that doing something about it would bring that about."
    )


def _against_loyal(
    live: LiveSignature | None, x: Snapshots | None, row: Row[Any], table: ColumnTable | None
) -> AgainstLoyal:
    if live is None:
        return AgainstLoyal(Answer.NO_MODEL, _NO_MODEL.format("signature"))
    version = (live.entry.id, live.entry.version)
    if row.churned_on is not None:
        return AgainstLoyal(Answer.NOT_ENOUGH_DATA, _GONE, *version)
    found = None if x is None else live.model.judge(x, _segment(live.model.by, table))
    if x is None or found is None or np.isnan(found.score[0]):
        return AgainstLoyal(Answer.NOT_ENOUGH_DATA, _KNOWN_LITTLE, *version)
    p, short, segment = float(found.p[0]), live.model.told(found, x, 0), found.source[0]
    among = loyal_ones(segment)
    words = f"{p:.0%} of {among} fall as short" if short else f"it does as {among} do"
    return AgainstLoyal(
        Answer.OK, words, *version, round(float(found.score[0]), 4), round(p, 4), p < UNUSUAL, short,
        segment or None, live.model.by if segment else None, live.model.segments[segment].accounts,
    )  # fmt: skip


def _segment(by: str, table: ColumnTable | None) -> Segments:
    """What the account's column says, of the one row."""
    told = table[by][0] if by and table is not None and by in table else None
    return np.array([told or EVERYBODY], object)


def _horizons(found: Forecast) -> list[Ahead]:
    return [
        Ahead(days, *(round(float(part[0, at]), 1) for part in (found.level, found.low, found.high)))
        for at, days in enumerate(found.horizons)
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 1)
