"""What is foreseen of one account: as the last tick stored it, explained by the models that are live.

Reads: account_states, predictions, stored columns, live models and measures
Gives: Foreseen, foreseen_of()

Reasons kept by the nightly explanation know what was usual for the account; where none are kept, they are computed here
from what is stored, without its past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from forestay.api.queries import account_parts as parts
from forestay.api.queries.columns import stored_columns
from forestay.api.queries.predictions import PredictionRow, prediction_of
from forestay.conditions.columns import ColumnTable
from forestay.kit.clock import day_of
from forestay.predictions.kept_reasons import KeptReason, kept
from forestay.predictions.model_document import Purpose, State
from forestay.predictions.rule_score import churn_by_rule
from forestay.predictions.serving import Served, Serving, load_serving
from forestay.signals.columns import RULE_ALERT
from forestay.signals.words import ColumnWords
from forestay.store.tables.governance import workspaces

MOST = 5
RULE_DAYS = 90
"""The rule score speaks of a quarter (D2)."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """The chance 0-1 within so many days."""

    days: int
    probability: float
    until_renewal: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A signal of expansion that speaks."""

    offer: str
    label: str
    strength: float
    sentence: str
    action: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """Readiness 0-100; probability 0-1 of success, None without a model."""

    readiness: float | None
    probability: float | None
    source: str
    opportunities: Sequence[Offered]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Everything foreseen of an account; None where nothing is known."""

    as_of: datetime | None
    source: str
    state: str
    model_version: int | None
    model_id: int | None
    probability: float | None
    low: float | None
    high: float | None
    horizons: Sequence[Horizon]
    alert_threshold: float
    alert_days: int
    is_alert: bool
    reasons: Sequence[KeptReason]
    reasons_as_of: datetime | None
    last_activity_soon: float | None
    expansion: Expansion


def foreseen_of(conn: Connection, workspace_id: int, row: Row[Any], now: datetime) -> Foreseen:
    """What is foreseen of an account (a row of queries.accounts)."""
    zone = str(conn.scalar(select(workspaces.c.zone).where(workspaces.c.id == workspace_id)))
    today = day_of(now, zone)
    columns = stored_columns(conn, workspace_id, today, account_id=row.id)
    table = columns.table if len(columns.ids) else None
    words = ColumnWords(parts.definitions(conn, workspace_id).values())
    serving = load_serving(conn, workspace_id)
    served = serving.churn
    told = None if served is None else prediction_of(conn, workspace_id, row.id, served.version)
    if served is None or told is None or row.churn_model != served.version:
        return _by_rule(row, table, serving, words, today)
    return _by_model(row, table, told, served, serving, words, today)


def _by_rule(row: Row[Any], table: ColumnTable | None, serving: Serving, words: ColumnWords, today: int) -> Foreseen:
    probability = _known(row.churn_score)
    reasons = [] if table is None or probability is None else _rule_reasons(table, words, today)
    return Foreseen(
        row.as_of, "rule", State.OK.value, None, None, probability, None, None, [], RULE_ALERT, RULE_DAYS,
        (probability or 0.0) >= RULE_ALERT, reasons, row.as_of, _soon(table, serving), _expansion(row, table, serving, words),
    )  # fmt: skip


def _by_model(
    row: Row[Any], table: ColumnTable | None, told: PredictionRow, served: Served, serving: Serving, words: ColumnWords,
    today: int,
) -> Foreseen:  # fmt: skip
    enough = told.state == State.OK.value
    reasons, at = told.reasons, told.as_of
    if reasons is None and table is not None and enough:
        reasons = [kept(one) for one in served.model.reasons(table, [0], MOST, words=words, today=today, exact=True)[0]]
    probability = _known(row.churn_score)
    return Foreseen(
        told.as_of, served.model.source.value if enough else "prior", told.state, served.version, served.id, probability,
        _known(told.low), _known(told.high), _horizons(told, served, table), served.alert, served.alert_days,
        _alerting(told, served) >= served.alert, reasons or [], at, _soon(table, serving),
        _expansion(row, table, serving, words),
    )  # fmt: skip


def _alerting(told: PredictionRow, served: Served) -> float:
    """The chance within the days that the alert threshold is about."""
    by_days = dict(zip(served.model.document.horizons, told.horizons, strict=False))
    return by_days.get(served.alert_days, told.horizons[-1] if told.horizons else 0.0)


def _horizons(told: PredictionRow, served: Served, table: ColumnTable | None) -> list[Horizon]:
    found = [
        Horizon(days, round(probability, 4))
        for days, probability in zip(served.model.document.horizons, told.horizons, strict=False)
        if not math.isnan(probability)
    ]
    left = np.nan if table is None else float(table.floats("account.days_to_renewal")[0])
    if table is not None and found and 0 < left <= 30 * served.model.document.periods:
        until = float(served.model.predict(table, intervals=False).within(left)[0])
        if not math.isnan(until):
            found.append(Horizon(int(left), round(until, 4), until_renewal=True))
    return sorted(found, key=lambda one: one.days)


def _rule_reasons(table: ColumnTable, words: ColumnWords, today: int) -> list[KeptReason]:
    from forestay.predictions.reasons import Facts, rule_reasons

    score = churn_by_rule(table)
    names = tuple(dict.fromkeys(name for term in score.terms for name in term.columns))
    values = np.column_stack([table.floats(name) for name in names])
    return [kept(one) for one in rule_reasons(score, [0], Facts(names, values, words, today=today), MOST)[0]]


def _soon(table: ColumnTable | None, serving: Serving) -> float | None:
    served = serving.get(Purpose.EARLY_WARNING)
    if served is None or table is None:
        return None
    return _known(float(served.model.predict(table, intervals=False).probability[0, 0]))


def _expansion(row: Row[Any], table: ColumnTable | None, serving: Serving, words: ColumnWords) -> Expansion:
    if table is None:
        return Expansion(_known(row.readiness), None, "rule", [])
    from forestay.predictions.readiness import readiness

    served = serving.get(Purpose.EXPANSION)
    found = readiness(table, None if served is None else served.model)
    offered = [
        Offered(one.offer.value, one.label, round(one.strength, 3), one.sentence, one.action)
        for one in found.opportunities(0)
    ]
    probability = float(found.probability()[0])
    return Expansion(_known(row.readiness), _known(probability), found.source.value, offered)


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(float(value), 4)
