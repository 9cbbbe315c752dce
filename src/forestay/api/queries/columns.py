"""The columns of conditions for many accounts at once, out of what the last tick stored.

Reads: account_states, measure_sets, accounts, live segments
Gives: StoredColumns, stored_columns()

Row order is by account number. Inline events are not among what is stored, so a condition that names one
is refused (conditions.evaluate says so); everything else is as of each account's last tick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

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
_SCORES = ("score", "band", "confidence", "band_confidence", "churn_score", "readiness")
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
    """Columns of every account that has been scored (or of one, or some). today: day number on the workspace's calendar.

    Traits of everybody are read when a condition names one, so `conn` must still be open then; those of some at once.
    """
    stored = _Stored(conn, workspace_id, [account_id] if account_id is not None else account_ids)
    columns: dict[str, npt.NDArray[Any]] = {
        **_measures(stored),
        **_health(stored),
        **_accounts(stored, today),
        "churn.probability": stored.floats("churn_score"),
        "expansion.readiness": stored.floats("readiness"),
    }
    table = ColumnTable((len(stored.ids),), columns, families={"trait": stored.trait}, segments=segments)
    return StoredColumns(stored.ids, table)


class _Stored:
    """What stands in the store of the wanted accounts, column by column. only: None for everybody's."""

    def __init__(self, conn: Connection, workspace_id: int, only: Sequence[int] | None) -> None:
        self._conn, self._workspace_id = conn, workspace_id
        self._mine = [accounts.c.workspace_id == workspace_id, accounts.c.merged_into.is_(None)]
        self._mine += [accounts.c.id.in_(only)] if only is not None else []
        self._columns = self._read()
        self.ids = np.array(self._columns["id"], np.int64)
        self._traits = None if only is None else dict(self._of_traits(accounts.c.traits))

    def floats(self, name: str) -> Floats:
        """float64 (n,), NaN = missing."""
        return np.array(self._columns[name], np.float64)

    def objects(self, name: str) -> npt.NDArray[np.object_]:
        """(n,), None = missing."""
        return np.array(self._columns[name], object)

    def measures(self) -> Iterator[tuple[list[str], npt.NDArray[np.int64], Floats]]:
        """Measures as sets of them were stored: their names, whose (places), and values (whose, names). As text, since
        single precision is what was meant only in its shortest form."""
        parted = (
            select(
                states.c.measure_set,
                func.array_agg(aggregate_order_by(states.c.account_id, states.c.account_id)).label("whose"),
                func.string_agg(
                    func.array_to_string(states.c.measures, ",", "NaN"),
                    aggregate_order_by(literal(","), states.c.account_id),
                ).label("values"),
            )
            .join(accounts, accounts.c.id == states.c.account_id)
            .where(*self._mine, func.cardinality(states.c.measures) > 0)
            .group_by(states.c.measure_set, func.cardinality(states.c.measures))
        )
        mine = measure_sets.c.workspace_id == self._workspace_id
        sets = dict(
            self._conn.execute(select(measure_sets.c.number, measure_sets.c["keys"]).where(mine)).tuples().all()
        )
        for keys in sets.values():
            yield keys, np.empty(0, np.int64), np.empty((0, len(keys)))
        for number, whose, values in self._conn.execute(parted):
            keys = sets.get(number, [])
            block = np.fromstring(values, sep=",").reshape(len(whose), -1)[:, : len(keys)]
            yield keys[: block.shape[1]], np.searchsorted(self.ids, np.array(whose, np.int64)), block

    def trait(self, key: str) -> npt.NDArray[Any]:
        """A trait as the worker has it in memory: numbers, flags and days of the calendar as float64, else text. A key
        under which nobody has one may be another name of a field."""
        kept, field = TraitColumns(), key
        values = self._values(key)
        if not values:
            field = account_field(key)
            values = self._values(field) if field != key else values
        for number, value in values.items():
            if isinstance(value, str | int | float | bool | date | Decimal):
                kept.set(number, field, float(value) if isinstance(value, Decimal) else value)
        return kept.get(field, slice(0, len(self.ids)))

    def _values(self, key: str) -> dict[int, Any]:
        """A trait's values by the account's place; none where nobody has it."""
        if key in _FIELDS:
            return dict(enumerate(self._columns[key]))
        if self._traits is not None:
            return {place: traits[key] for place, traits in self._traits.items() if key in traits}
        return dict(self._of_traits(accounts.c.traits[key], accounts.c.traits.has_key(key)))

    def _of_traits(self, wanted: ColumnElement[Any], *which: ColumnElement[bool]) -> Iterator[tuple[int, Any]]:
        asked = select(accounts.c.id, wanted).join(states, states.c.account_id == accounts.c.id)
        found = self._conn.execute(asked.where(*self._mine, *which)).tuples().all()
        places = np.searchsorted(self.ids, np.array([number for number, _ in found], np.int64)).tolist()
        return zip(places, (value for _, value in found), strict=True)

    def _read(self) -> dict[str, tuple[Any, ...]]:
        shown = [
            accounts.c.id, *(accounts.c[name] for name in _FIELDS),
            *(states.c[name] for name in _SCORES),
            *(states.c.dimensions[at].label(f"dimension_{key}") for at, key in enumerate(KEYS, 1)),
            *(states.c.trends[at].label(f"trend_{days}") for at, days in enumerate(_HORIZONS, 1)),
        ]  # fmt: skip
        wanted = select(*shown).join(states, states.c.account_id == accounts.c.id).where(*self._mine)
        rows = self._conn.execute(wanted.order_by(accounts.c.id)).tuples().all()
        columns = zip(*rows, strict=True) if rows else ((),) * len(shown)
        return dict(zip(map(str, wanted.selected_columns.keys()), columns, strict=True))


def _measures(stored: _Stored) -> dict[str, Floats]:
    """Rows were stored under the set of measures of their time; a measure that was not in it is missing."""
    made = {measure.key: np.full(len(stored.ids), np.nan) for measure in DEFAULT_MEASURES}
    for names, places, block in stored.measures():
        for at, name in enumerate(names):
            made.setdefault(name, np.full(len(stored.ids), np.nan))[places] = block[:, at]
    return {f"measure.{name}": values for name, values in made.items()}


def _health(stored: _Stored) -> dict[str, npt.NDArray[Any]]:
    score = stored.floats("score")
    made: dict[str, npt.NDArray[Any]] = {
        "health.score": score,
        "health.band": stored.objects("band"),
        "health.confidence": stored.floats("confidence"),
        "health.band_confidence": stored.floats("band_confidence"),
    }
    for key in KEYS:
        made[f"health.{key}"] = stored.floats(f"dimension_{key}")
    for days in _HORIZONS:
        change = stored.floats(f"trend_{days}")
        before = score - change
        made[f"health.change_{days}d"] = change
        made[f"health.ratio_{days}d"] = np.divide(score, before, out=np.full(score.shape, np.nan), where=before > 0)
    return made


def _accounts(stored: _Stored, today: int) -> dict[str, npt.NDArray[Any]]:
    made: dict[str, npt.NDArray[Any]] = {f"account.{key}": stored.objects(key) for key in _TEXTS}
    arr = stored.floats("arr")
    top = np.nanquantile(arr, 0.9) if np.isfinite(arr).sum() >= 10 else np.inf
    made["account.arr"] = arr
    made["account.is_top_decile"] = (np.nan_to_num(arr) >= top).astype(np.float64)
    made["account.seats"] = stored.floats("seats")
    made["account.days_to_renewal"] = _days(stored.objects("renews_on")) - today
    made["account.is_churned"] = (_days(stored.objects("churned_on")) <= today).astype(np.float64)
    return made


def _days(dates: npt.NDArray[np.object_]) -> Floats:
    """Day numbers, NaN = missing."""
    return np.array([np.nan if one is None else number_of(one) for one in dates], np.float64)
