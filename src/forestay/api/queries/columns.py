"""The columns of conditions for many accounts at once, out of what the last tick stored.

Reads: account_states, measure_sets, accounts, live segments
Gives: StoredColumns, stored_columns()

Row order is by account number. Inline events are not among what is stored, so a condition that names one
is refused (conditions.evaluate says so); everything else is as of each account's last tick.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, select

from forestay.conditions.columns import ColumnTable
from forestay.conditions.document import Condition
from forestay.customers.kinds import account_field
from forestay.health.registry import KEYS
from forestay.kit.clock import number_of
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.traits import TraitColumns
from forestay.store.tables.customers import accounts
from forestay.store.tables.scores import account_states as states
from forestay.store.tables.scores import measure_sets

Floats = npt.NDArray[np.float64]
_TEXTS = ("plan", "lifecycle_stage", "industry", "country")
_FIELDS = (*_TEXTS, "zone", "seats", "arr", "currency", "customer_since", "renews_on", "churned_on")
"""Columns of an account that answer as traits too."""
_HORIZONS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """ids: int64 (n,) account numbers; table: columns of shape (n,), NaN or None = missing."""

    ids: npt.NDArray[np.int64]
    table: ColumnTable


def stored_columns(
    conn: Connection,
    workspace_id: int,
    today: int,
    *,
    segments: Mapping[str, Condition] | None = None,
    account_id: int | None = None,
    account_ids: Sequence[int] | None = None,
) -> StoredColumns:
    """Columns of every account that has been scored (or of one, or some). today: day number on the workspace's calendar."""
    rows = _rows(conn, workspace_id, [account_id] if account_id is not None else account_ids)
    sets = _measure_keys(conn, workspace_id)
    columns: dict[str, npt.NDArray[Any]] = {
        **_measures(rows, sets),
        **_health(rows),
        **_accounts(rows, today),
        "churn.probability": _floats(row.churn_score for row in rows),
        "expansion.readiness": _floats(row.readiness for row in rows),
    }

    def trait(key: str) -> npt.NDArray[Any]:
        return _trait(rows, key)

    table = ColumnTable((len(rows),), columns, families={"trait": trait}, segments=segments)
    return StoredColumns(np.array([row.id for row in rows], np.int64), table)


def _rows(conn: Connection, workspace_id: int, only: Sequence[int] | None) -> Sequence[Row[Any]]:
    wanted = (
        select(accounts, states.c.score, states.c.band, states.c.confidence, states.c.band_confidence,
               states.c.dimensions, states.c.trends, states.c.churn_score, states.c.readiness,
               states.c.measures, states.c.measure_set)
        .join(states, states.c.account_id == accounts.c.id)
        .where(accounts.c.workspace_id == workspace_id, accounts.c.merged_into.is_(None))
        .order_by(accounts.c.id)
    )  # fmt: skip
    if only is not None:
        wanted = wanted.where(accounts.c.id.in_(only))
    return conn.execute(wanted).all()


def _measure_keys(conn: Connection, workspace_id: int) -> dict[int, list[str]]:
    mine = measure_sets.c.workspace_id == workspace_id
    return {
        row.number: row.keys for row in conn.execute(select(measure_sets.c.number, measure_sets.c["keys"]).where(mine))
    }


def _measures(rows: Sequence[Row[Any]], sets: Mapping[int, list[str]]) -> dict[str, Floats]:
    """Rows were stored under the set of measures of their time; a measure that was not in it is missing."""
    stored = [name for keys in sets.values() for name in keys]
    names = dict.fromkeys([*stored, *(measure.key for measure in DEFAULT_MEASURES)])
    made = {name: np.full(len(rows), np.nan) for name in names}
    by_set: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        by_set.setdefault(row.measure_set, []).append(at)
    for number, places in by_set.items():
        keys = sets.get(number, [])
        block = np.full((len(places), len(keys)), np.nan)
        for line, at in enumerate(places):
            values = rows[at].measures[: len(keys)]
            block[line, : len(values)] = [np.nan if value is None else value for value in values]
        for column, name in enumerate(keys):
            made[name][places] = block[:, column]
    return {f"measure.{name}": values for name, values in made.items()}


def _health(rows: Sequence[Row[Any]]) -> dict[str, npt.NDArray[Any]]:
    score = _floats(row.score for row in rows)
    made: dict[str, npt.NDArray[Any]] = {
        "health.score": score,
        "health.band": np.array([row.band for row in rows], object),
        "health.confidence": _floats(row.confidence for row in rows),
        "health.band_confidence": _floats(row.band_confidence for row in rows),
    }
    for at, key in enumerate(KEYS):
        made[f"health.{key}"] = _floats(_at(row.dimensions, at) for row in rows)
    for at, days in enumerate(_HORIZONS):
        change = _floats(_at(row.trends, at) for row in rows)
        before = score - change
        made[f"health.change_{days}d"] = change
        made[f"health.ratio_{days}d"] = np.divide(score, before, out=np.full(score.shape, np.nan), where=before > 0)
    return made


def _accounts(rows: Sequence[Row[Any]], today: int) -> dict[str, npt.NDArray[Any]]:
    made: dict[str, npt.NDArray[Any]] = {
        f"account.{key}": np.array([getattr(row, key) for row in rows], object) for key in _TEXTS
    }
    arr = _floats(row.arr for row in rows)
    top = np.nanquantile(arr, 0.9) if np.isfinite(arr).sum() >= 10 else np.inf
    made["account.arr"] = arr
    made["account.is_top_decile"] = (np.nan_to_num(arr) >= top).astype(np.float64)
    made["account.seats"] = _floats(row.seats for row in rows)
    made["account.days_to_renewal"] = _floats(row.renews_on and number_of(row.renews_on) - today for row in rows)
    made["account.is_churned"] = np.array(
        [row.churned_on is not None and number_of(row.churned_on) <= today for row in rows], np.float64
    )
    return made


def _floats(values: Iterable[Any]) -> Floats:
    return np.array([np.nan if value is None else float(value) for value in values], np.float64)


def _at(packed: Sequence[float | None] | None, place: int) -> float | None:
    return packed[place] if packed is not None and place < len(packed) else None


def _trait(rows: Sequence[Row[Any]], key: str) -> npt.NDArray[Any]:
    """A trait as the worker has it in memory: numbers, flags and days of the calendar as float64, else text. A key under
    which nobody has one may be another name of a field."""
    kept, field = TraitColumns(), key
    if key not in _FIELDS and not any(key in row.traits for row in rows):
        field = account_field(key)
    for at, row in enumerate(rows):
        value = getattr(row, field) if field in _FIELDS else row.traits.get(field)
        if isinstance(value, str | int | float | bool | date | Decimal):
            kept.set(at, field, float(value) if isinstance(value, Decimal) else value)
    return kept.get(field, slice(0, len(rows)))
