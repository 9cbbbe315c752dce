"""The subjects of an intervention out of the store: of triggers by their holdouts, of journeys by theirs.

Reads : interventions, signals, tasks, messages; journey_exposures, journey_outcomes
Gives : Read, Tally, read_triggers(), read_journeys()

An account counts once a trigger, with its first firing. Each reading has the outcome that the trigger is for, turned so
that more is better, and the ARR at the end of the window: never more than before where the aim is to keep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, Row, text

from forestay.journeys.experiments.assignment import JOURNEY_HOLDOUT, TREATED, holdout_odds
from forestay.journeys.experiments.plan import AccountOutcome, RevenueOutcome
from forestay.journeys.experiments.settling import TestPlace
from forestay.journeys.experiments.subjects import read_subjects
from forestay.outcomes.covariates import COVARIATES, values_of
from forestay.outcomes.roi import Spent
from forestay.outcomes.subjects import Floats, Subjects

CHURNED, KEPT = AccountOutcome(became="churned", within_days=90), RevenueOutcome(within_days=90)
JOURNEY_COVARIATES = ("health.score", "account.log_arr")

SOON = timedelta(days=14)
"""Where nobody was held out, those who were touched within so many days of the firing count as treated."""

_ROWS = text("""
SELECT DISTINCT ON (i.account_id) i.account_id, i.at, i.arm, i.propensity, i.aim, i.covariates, i.arr_before,
  i.arr_after, i.churned, i.renewed, i.expanded, coalesce(i.touched_at, s.first_touch_at) AS touched_at, i.settled_at
FROM interventions AS i LEFT JOIN signals AS s ON s.id = i.signal_id
WHERE i.workspace_id = :workspace AND i.trigger_key = :key AND i.arm <> 'explored'
ORDER BY i.account_id, i.at""")
_TALLIES = text("""
SELECT i.trigger_key, count(*) FILTER (WHERE i.arm = 'treated') AS treated,
  count(*) FILTER (WHERE i.arm = 'treated' AND i.settled_at IS NOT NULL) AS settled,
  count(*) FILTER (WHERE i.arm = 'treated' AND CASE i.aim WHEN 'churned' THEN NOT i.churned AND (i.recovered OR i.renewed)
    WHEN 'renewed' THEN i.renewed ELSE i.expanded END) AS reached,
  min(i.aim) AS aim
FROM interventions AS i WHERE i.workspace_id = :workspace AND i.arm <> 'explored' AND i.at > :since
GROUP BY i.trigger_key ORDER BY i.trigger_key""")
_SPENT = text("""
SELECT s.trigger_key, count(DISTINCT t.id) FILTER (WHERE t.first_touch_at IS NOT NULL) AS tasks,
  count(DISTINCT e.id) FILTER (WHERE e.channel <> 'task' AND e.status = 'sent') AS messages
FROM signals AS s LEFT JOIN tasks AS t ON t.signal_id = s.id LEFT JOIN effects AS e ON e.signal_id = s.id
WHERE s.workspace_id = :workspace AND s.fired_at > :since GROUP BY s.trigger_key""")
_JOURNEYS = text("""
SELECT j.id, j.key, (d.body->>'holdout_share')::float8 AS share, d.body->>'name' AS name
FROM journeys AS j JOIN documents AS d ON d.workspace_id = j.workspace_id AND d.kind = 'journey' AND d.key = j.key
WHERE j.workspace_id = :workspace AND d.status IN ('published', 'paused')
  AND (d.body->>'holdout_share')::float8 > 0 ORDER BY j.key""")
_JOURNEY_SPENT = text("""
SELECT count(DISTINCT t.id) FILTER (WHERE t.first_touch_at IS NOT NULL) AS tasks,
  count(DISTINCT e.id) FILTER (WHERE e.channel <> 'task' AND e.status = 'sent') AS messages
FROM effects AS e LEFT JOIN tasks AS t ON t.effect_id = e.id
WHERE e.workspace_id = :workspace AND e.journey_id = :journey AND e.created_at > :since""")


@dataclass(frozen=True, slots=True)
class Tally:
    """Of the treated in the period: how many; whose window is over; whose aim was reached."""

    treated: int
    settled: int
    reached: int


@dataclass(frozen=True, slots=True)
class Read:
    """One intervention's subjects. kind: 'trigger' or 'journey'; aim: 'churned', 'renewed' or 'expanded'; subjects:
    outcome 0 or 1; revenue: the same accounts, outcome = ARR after; spent: on those of the period."""

    kind: str
    key: str
    aim: str
    subjects: Subjects
    revenue: Subjects
    tally: Tally
    spent: Spent


def read_triggers(
    connection: Connection, workspace_id: int, since: datetime, only: str | None = None
) -> Iterator[Read]:
    """Every trigger that fired since, or one."""
    where = {"workspace": workspace_id, "since": since}
    spent = {row.trigger_key: Spent(row.tasks, row.messages) for row in connection.execute(_SPENT, where)}
    for tally in connection.execute(_TALLIES, where).all():
        key = str(tally.trigger_key)
        if only not in (None, key):
            continue
        rows = connection.execute(_ROWS, {"workspace": workspace_id, "key": key}).all()
        rows = sorted(rows, key=lambda row: row.at)
        subjects, revenue = _of_rows(rows, tally.aim)
        counted = Tally(tally.treated, tally.settled, tally.reached)
        yield Read("trigger", key, tally.aim, subjects, revenue, counted, spent.get(key, Spent(0, 0)))


def read_journeys(
    connection: Connection, workspace_id: int, since: datetime, only: str | None = None
) -> Iterator[Read]:
    """Every journey with a holdout, or one; its aim is that accounts stay."""
    for row in connection.execute(_JOURNEYS, {"workspace": workspace_id}).all():
        if only not in (None, row.key):
            continue
        place = TestPlace(workspace_id, (row.id,), JOURNEY_HOLDOUT, 1)
        found = read_subjects(connection, place, holdout_odds(row.share), (CHURNED, KEPT), by_account=True)
        where = {"workspace": workspace_id, "journey": row.id, "since": since}
        spent = connection.execute(_JOURNEY_SPENT, where).one()
        place_of = found.names.index(TREATED)
        churned, kept = found.known[CHURNED.name], found.known[KEPT.name]
        values = np.column_stack([churned.before, np.log1p(np.maximum(kept.before, 0))])
        subjects = Subjects(
            np.arange(len(found.arm)), JOURNEY_COVARIATES, values, found.arm == place_of, 1 - churned.value,
            found.chances[:, place_of], kept.before,
        )  # fmt: skip
        is_treated = subjects.is_treated
        tally = Tally(
            int(is_treated.sum()), int((is_treated & ~np.isnan(churned.value)).sum()),
            int((is_treated & (churned.value == 0)).sum()),
        )  # fmt: skip
        revenue = replace(_with_money(subjects), outcome=kept.value)
        yield Read("journey", row.key, "churned", subjects, revenue, tally, Spent(spent.tasks, spent.messages))


def _of_rows(rows: Sequence[Row[tuple[object, ...]]], aim: str) -> tuple[Subjects, Subjects]:
    """Where chance dealt, those who were dealt; else those who were touched against those who were not."""
    dealt = [row for row in rows if row.propensity is not None]
    is_dealt = any(row.arm == "holdout" for row in dealt)
    chosen = dealt if is_dealt else rows
    treated = [row.arm == "treated" if is_dealt else _was_touched(row) for row in chosen]
    subjects = Subjects(
        np.array([row.account_id for row in chosen], np.int64),
        COVARIATES,
        values_of([row.covariates for row in chosen]),
        np.array(treated, bool),
        _floats([_good(row, aim) for row in chosen]),
        _floats([row.propensity if is_dealt else None for row in chosen]),
        _floats([row.arr_before for row in chosen]),
    )
    after = _floats([row.arr_after if row.settled_at is not None else None for row in chosen])
    most = subjects.money if aim != "expanded" else np.inf
    return subjects, replace(_with_money(subjects), outcome=np.minimum(after, most))


def _with_money(subjects: Subjects) -> Subjects:
    """With ARR itself among what is known: it says most of the ARR afterwards."""
    values = np.column_stack([subjects.values, subjects.money])
    return replace(subjects, names=(*subjects.names, "account.arr"), values=values)


def _was_touched(row: Row[tuple[object, ...]]) -> bool:
    """Soon: who is reached only because they stayed long enough says nothing of what reaching them does."""
    return row.touched_at is not None and row.touched_at - row.at <= SOON


def _good(row: Row[tuple[object, ...]], aim: str) -> float | None:
    if row.settled_at is None:
        return None
    happened = {"churned": row.churned, "renewed": row.renewed, "expanded": row.expanded}[aim]
    return None if happened is None else float(happened != (aim == "churned"))


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else float(value) for value in values], np.float64)
