"""Measures as they stood before an intervention, read once for each and kept; and all that is known of accounts now.

Reads : interventions, accounts, account_states, measure_sets; whoever holds the lake gives the measures of a past day
Gives : Exposures, waiting_for_measures(), keep_measures(), present_values()
Writes: interventions.covariates

A day's measures are those at its end, so an intervention has those of the day before: nothing of it is in them. An array
that is shorter than COVARIATES waits; one whose measures nobody can tell is filled with missing values, so that it is
asked for once and never again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, text

from forestay.outcomes.covariates import COVARIATES, FROM_STORE, MEASURES, carried_sql, covariates_sql, values_of
from forestay.outcomes.subjects import Floats, Ints

SPAN_DAYS = 31
"""Days whose measures are read in one go."""

_WAITING = text(f"""
WITH mine AS (
  SELECT i.id, coalesce(a.merged_into, i.account_id) AS account_id,
    (i.at AT TIME ZONE w.zone)::date - 1 - date '1970-01-01' AS day
  FROM interventions AS i JOIN workspaces AS w ON w.id = i.workspace_id JOIN accounts AS a ON a.id = i.account_id
  WHERE i.workspace_id = :workspace AND cardinality(i.covariates) < {len(COVARIATES)})
SELECT id, account_id, day FROM mine WHERE day > (SELECT max(day) FROM mine) - {SPAN_DAYS} ORDER BY id""")  # noqa: S608
_KEEP = text(f"""
WITH w AS (SELECT id, zone, currency FROM workspaces WHERE id = :workspace),
x AS (SELECT i.id, i.account_id, i.at, i.covariates, one.measures::real[] AS measures
  FROM unnest(cast(:numbers AS bigint[]), cast(:lines AS text[])) AS one (id, measures)
  JOIN interventions AS i ON i.id = one.id AND i.workspace_id = :workspace),
made AS (SELECT x.id, {carried_sql("x.covariates")} || x.measures AS covariates
  FROM x CROSS JOIN w JOIN accounts AS a ON a.id = x.account_id)
UPDATE interventions AS i SET covariates = made.covariates FROM made WHERE i.id = made.id""")  # noqa: S608
_PRESENT = text(f"""
SELECT x.account_id, {covariates_sql("true")} AS covariates, s.measures, s.measure_set
FROM (SELECT id AS account_id, cast(:now AS timestamptz) AS at FROM accounts
      WHERE workspace_id = :workspace AND merged_into IS NULL AND churned_on IS NULL) AS x
CROSS JOIN (SELECT id, zone, currency FROM workspaces WHERE id = :workspace) AS w
JOIN accounts AS a ON a.id = x.account_id LEFT JOIN account_states AS s ON s.account_id = x.account_id
ORDER BY x.account_id""")  # noqa: S608 - our own expressions
_SETS = text("SELECT number, keys FROM measure_sets WHERE workspace_id = :workspace")


@dataclass(frozen=True, slots=True)
class Exposures:
    """Interventions (n,) whose measures are not kept yet. days: the day before each, since 1970-01-01 on the workspace's
    calendar, all within SPAN_DAYS."""

    ids: Ints
    account_ids: Ints
    days: Ints

    def __len__(self) -> int:
        return len(self.ids)


def waiting_for_measures(connection: Connection, workspace_id: int) -> Exposures:
    """The newest that wait; none when all is kept."""
    rows = connection.execute(_WAITING, {"workspace": workspace_id}).all()
    table = np.array([tuple(row) for row in rows], np.int64).reshape(len(rows), 3)
    return Exposures(table[:, 0], table[:, 1], table[:, 2])


def keep_measures(connection: Connection, workspace_id: int, exposures: Exposures, values: Floats) -> None:
    """values: (n, measures) in the order of MEASURES, NaN = missing; after it none of them waits any more."""
    lines = ["{" + ",".join(map(str, line)) + "}" for line in values.tolist()]
    connection.execute(_KEEP, {"workspace": workspace_id, "numbers": exposures.ids.tolist(), "lines": lines})


def present_values(connection: Connection, workspace_id: int, now: datetime) -> tuple[Ints, Floats]:
    """Account numbers (n,) and their covariates as they are now (n, k), of all who are customers."""
    rows = connection.execute(_PRESENT, {"workspace": workspace_id, "now": now}).all()
    values = values_of([row.covariates for row in rows])
    sets = {row.number: row.keys for row in connection.execute(_SETS, {"workspace": workspace_id})}
    for number, keys in sets.items():
        at = {f"measure.{key}": place for place, key in enumerate(keys)}
        here = [n for n, row in enumerate(rows) if row.measure_set == number]
        told = np.full((len(here), len(keys)), np.nan)
        for line, n in zip(told, here, strict=True):
            given = [np.nan if value is None else value for value in rows[n].measures[: len(line)]]
            line[: len(given)] = given
        for place, name in enumerate(MEASURES, len(FROM_STORE)):
            if name in at:
                values[here, place] = told[:, at[name]]
    return np.array([row.account_id for row in rows], np.int64), values
