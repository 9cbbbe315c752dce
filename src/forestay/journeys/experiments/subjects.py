"""The subjects of a test with their arms, odds and outcomes, as columns.

Reads : journey_exposures, journey_outcomes
Gives : Subjects, Seen, read_subjects()

A subject counts once, from its first exposure on and in the arm of that one, whatever came later (a re-entry after the
shares had moved, two accounts that were merged): so it is compared as it was dealt, and those few are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from forestay.journeys.experiments.plan import Outcome
from forestay.journeys.experiments.settling import TestPlace
from forestay.kit.clock import now

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_FIRST = """
WITH every AS (
  SELECT run_id, arm, at, shares::text AS shares,
         CASE WHEN :by_account OR contact_id = 0 THEN -coalesce(a.merged_into, account_id) ELSE contact_id END AS unit
  FROM journey_exposures AS e LEFT JOIN accounts AS a ON a.id = e.account_id
  WHERE e.workspace_id = :workspace AND journey_id = ANY(:journeys) AND test = :test AND bucket_version = :version),
first AS (
  SELECT DISTINCT ON (unit) run_id, arm, at, shares,
         min(arm) OVER mine <> max(arm) OVER mine AS crossed
  FROM every WINDOW mine AS (PARTITION BY unit) ORDER BY unit, at, run_id)
SELECT run_id, arm, shares, crossed, extract(epoch FROM at - min(at) OVER ())::float8 / 86400 AS day,
       extract(epoch FROM cast(:now AS timestamptz) - min(at) OVER ())::float8 / 86400 AS age FROM first ORDER BY at, run_id"""

_OUTCOMES = """
SELECT run_id, value, before FROM journey_outcomes
WHERE workspace_id = :workspace AND journey_id = ANY(:journeys) AND test = :test AND bucket_version = :version
  AND outcome = :outcome AND settled_at IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Known:
    """One outcome of the subjects (n,). is_settled: its horizon is over; value: NaN where not, or where there was
    none; before: what was known before the exposure, NaN where missing."""

    is_settled: Flags
    value: Floats
    before: Floats


@dataclass(frozen=True, slots=True)
class Subjects:
    """In order of exposure (n,). age: days since the first exposure; arm: place in names; day: of the exposure, from 0; chances (n, arms):
    probabilities as written at the exposure; known: by name of outcome; crossed: how many were later exposed to another
    arm too."""

    names: tuple[str, ...]
    age: float
    arm: Ints
    day: Floats
    chances: Floats
    known: Mapping[str, Known]
    crossed: int


def read_subjects(
    connection: Connection,
    place: TestPlace,
    planned: Mapping[str, float],
    outcomes: Sequence[Outcome],
    *,
    by_account: bool,
    at: datetime | None = None,
) -> Subjects:
    """planned: arm -> probability by the document, for exposures that kept none; by_account: unit of the test; at: the
    moment of the look, now if None."""
    where: dict[str, object] = {
        "workspace": place.workspace_id,
        "journeys": list(place.journey_ids),
        "test": place.test,
        "version": place.bucket_version,
    }
    rows = connection.execute(text(_FIRST), {**where, "by_account": by_account, "now": at or now()}).all()
    names = tuple(dict.fromkeys([*planned, *(row.arm for row in rows)]))
    numbers = {name: number for number, name in enumerate(names)}
    runs = np.array([row.run_id for row in rows], np.int64)
    return Subjects(
        names,
        float(rows[0].age) if rows else 0.0,
        np.array([numbers[row.arm] for row in rows], np.int64),
        np.array([row.day for row in rows], np.float64),
        _chances([row.shares for row in rows], names, planned),
        {
            outcome.name: _known(connection.execute(text(_OUTCOMES), {**where, "outcome": outcome.name}).all(), runs)
            for outcome in outcomes
        },
        sum(row.crossed for row in rows),
    )


def _chances(written: Sequence[str | None], names: Sequence[str], planned: Mapping[str, float]) -> Floats:
    different = {shares: _row(shares, names, planned) for shares in set(written)}
    return np.array([different[shares] for shares in written], np.float64).reshape(len(written), len(names))


def _row(shares: str | None, names: Sequence[str], planned: Mapping[str, float]) -> list[float]:
    odds = planned if shares is None else msgspec.json.decode(shares, type=dict[str, float])
    whole = sum(odds.values()) or 1.0
    return [odds.get(name, 0.0) / whole for name in names]


def _known(rows: Sequence[object], runs: Ints) -> Known:
    table = np.array([tuple(row) for row in rows], np.float64).reshape(len(rows), 3)  # type: ignore[arg-type]
    is_settled, value, before = np.zeros(len(runs), bool), np.full(len(runs), np.nan), np.full(len(runs), np.nan)
    order = np.argsort(runs)
    at = np.searchsorted(runs[order], table[:, 0])
    inside = at < len(runs)
    places = order[at[inside]]
    same = runs[places] == table[inside, 0]  # outcomes of later exposures of a subject do not count
    is_settled[places[same]] = True
    value[places[same]] = table[inside, 1][same]
    before[places[same]] = table[inside, 2][same]
    return Known(is_settled, value, before)
