"""Every firing becomes an intervention, or the holdout of one, and is closed from data when its time is over.

Reads : signals, documents (the trigger's version), accounts, subscriptions, health_changes
Gives : note_new(), note_explored(), close_due(), Watched
Writes: interventions; signals.outcome where no person told one
Source: REQUIREMENTS C4, D6; journeys/experiments/readings.py (what churned, ARR on a day and health on a day mean)

What was dealt by chance keeps that chance, as the trigger's version of then says it (never below the floor). Who was
dealt the intervention counts as treated, also where a daily cap kept it back: the holdout's would have been kept back
as well. A paused trigger, or one that only advises, deals nothing: its firings are 'withheld'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, text

from forestay.journeys.experiments.plan import AccountOutcome
from forestay.journeys.experiments.readings import ARR_AFTER, ARR_BEFORE, reading_of
from forestay.journeys.experiments.settling import GRACE
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.outcomes.covariates import covariates_sql
from forestay.outcomes.overlap import FLOOR
from forestay.signals.trigger import Trigger, read_trigger

_log = get_logger(__name__)
FRESH = timedelta(days=2)
_KEPT = timedelta(days=400)
_MOST_AT_ONCE = 20_000

_NEW = text("""
SELECT s.id, s.trigger_key, s.trigger_version, s.account_id, s.fired_at, s.is_holdout, s.held_back, s.evidence
FROM signals AS s WHERE s.workspace_id = :workspace AND s.fired_at > :since
  AND NOT EXISTS (SELECT FROM interventions AS i WHERE i.workspace_id = s.workspace_id AND i.signal_id = s.id)
ORDER BY s.id LIMIT :most""")
_VERSIONS = text("""
SELECT d.key, d.version, d.body FROM documents AS d
JOIN unnest(cast(:keys AS text[]), cast(:versions AS int[])) AS wanted (key, version) USING (key, version)
WHERE d.workspace_id = :workspace AND d.kind = 'trigger'""")
_UP_FOR_RENEWAL = """(SELECT count(*) FROM subscriptions AS s WHERE s.workspace_id = w.id AND s.account_id = x.account_id
    AND s.ended_on IS NULL AND s.renews_on >= (x.at AT TIME ZONE w.zone)::date
    AND s.renews_on <= (x.due_at AT TIME ZONE w.zone)::date)"""
_NOTE = text(f"""
WITH w AS (SELECT id, zone, currency FROM workspaces WHERE id = :workspace),
x AS (
  SELECT * FROM unnest(cast(:signals AS bigint[]), cast(:keys AS text[]), cast(:versions AS int[]),
    cast(:accounts AS bigint[]), cast(:ats AS timestamptz[]), cast(:days AS int[]), cast(:arms AS text[]),
    cast(:chances AS real[]), cast(:aims AS text[]), cast(:values AS float8[]), cast(:segments AS text[]))
    AS one (signal_id, key, version, account_id, at, days, arm, chance, aim, value, segments)
  CROSS JOIN LATERAL (SELECT one.at + one.days * interval '1 day' AS due_at) AS due)
INSERT INTO interventions (workspace_id, trigger_key, trigger_version, signal_id, account_id, arm, propensity, aim, at,
  due_at, value, segments, covariates, arr_before, renewals)
SELECT w.id, x.key, x.version, x.signal_id, x.account_id, x.arm, x.chance, x.aim, x.at, x.due_at, x.value,
  x.segments::text[], {covariates_sql(":now - x.at < :fresh")}, {ARR_BEFORE}, {_UP_FOR_RENEWAL}
FROM x CROSS JOIN w JOIN accounts AS a ON a.id = x.account_id
ON CONFLICT (workspace_id, signal_id) DO NOTHING""")  # noqa: S608 - our own expressions
_BAND = """(SELECT h.band FROM health_changes AS h WHERE h.account_id = x.account_id AND h.at <= {moment}
    ORDER BY h.at DESC LIMIT 1)"""
_RANK = "array_position(ARRAY['red', 'yellow', 'green'], {band})"
_BEFORE, _AFTER = (_RANK.format(band=_BAND.format(moment=moment)) for moment in ("x.at", "x.due_at"))
_CLOSE = text(f"""
WITH w AS (SELECT id, zone, currency FROM workspaces WHERE id = :workspace),
x AS (
  SELECT i.id, i.at, i.due_at, i.arr_before AS start, i.renewals, i.signal_id,
         coalesce(a.merged_into, i.account_id) AS account_id
  FROM interventions AS i JOIN accounts AS a ON a.id = i.account_id
  WHERE i.workspace_id = :workspace AND i.settled_at IS NULL AND i.due_at <= :settled),
found AS (
  SELECT x.id, {reading_of(AccountOutcome(became="churned")).value} = 1 AS churned,
    CASE WHEN x.renewals > 0 THEN {ARR_AFTER} > 0 END AS renewed, {ARR_AFTER} > x.start * 1.0001 AS expanded,
    CASE WHEN {_BEFORE} < 3 THEN {_AFTER} > {_BEFORE} END AS recovered, {ARR_AFTER} AS arr_after,
    (SELECT s.first_touch_at FROM signals AS s WHERE s.id = x.signal_id) AS touched_at
  FROM x CROSS JOIN w)
UPDATE interventions AS i SET churned = f.churned, renewed = f.renewed AND NOT f.churned, expanded = f.expanded,
  recovered = f.recovered, arr_after = f.arr_after, touched_at = f.touched_at, settled_at = :now,
  ending = CASE WHEN f.churned THEN 'churned' WHEN f.expanded THEN 'expanded' WHEN f.renewed THEN 'renewed'
                WHEN f.recovered THEN 'recovered' ELSE 'retained' END
FROM found AS f WHERE i.id = f.id""")  # noqa: S608 - our own expressions
_STAMP = text("""
UPDATE signals AS s SET outcome = i.ending, outcome_at = i.due_at FROM interventions AS i
WHERE i.workspace_id = :workspace AND i.settled_at = :now AND i.arm = 'treated' AND i.signal_id = s.id
  AND s.workspace_id = :workspace AND s.outcome IS NULL AND s.held_back IS NULL""")
_EXPLORED = text("""
SELECT i.account_id FROM interventions AS i
WHERE i.workspace_id = :workspace AND i.trigger_key = :key AND i.arm = 'explored' AND i.due_at > :now
UNION SELECT s.account_id FROM signals AS s
WHERE s.workspace_id = :workspace AND s.trigger_key = :key AND s.status = 'open'""")

Segments = Mapping[int, Sequence[str]]
"""Account number -> keys of the segments that it belongs to."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Accounts that nearly fired, and are watched in silence. share: of all such accounts, 0 to 1; value: of the
    trigger's column, an account each."""

    trigger: Trigger
    version: int
    share: float
    accounts: Sequence[int]
    values: Sequence[float]


def note_new(
    connection: Connection, workspace_id: int, now: datetime, segments: Segments, columns: Mapping[str, str]
) -> int:
    """Take down every firing that is not yet; gives how many. columns: trigger -> the column that is tuned."""
    noted = 0
    while rows := _unnoted(connection, workspace_id, now):
        known = _triggers(connection, workspace_id, rows)
        lines = [
            (row.id, known[row.trigger_key, row.trigger_version], row.trigger_version, row.account_id, row.fired_at,
             *_dealt(row, known[row.trigger_key, row.trigger_version]), _value(row.evidence, columns.get(row.trigger_key)))
            for row in rows
        ]  # fmt: skip
        noted += _insert(connection, workspace_id, lines, now, segments)
        if len(rows) < _MOST_AT_ONCE:
            break
    return noted


def note_explored(
    connection: Connection, workspace_id: int, now: datetime, watched: Watched, segments: Segments
) -> int:
    """Take down accounts that nearly fired; none whose watch is not over, or whose signal is open."""
    where = {"workspace": workspace_id, "key": watched.trigger.key, "now": now}
    taken = set(connection.execute(_EXPLORED, where).scalars())
    lines = [
        (None, watched.trigger, watched.version, account, now, "explored", watched.share, value)
        for account, value in zip(watched.accounts, watched.values, strict=True)
        if account not in taken
    ]
    return _insert(connection, workspace_id, lines, now, segments)


def close_due(connection: Connection, workspace_id: int, now: datetime) -> int:
    """Read what became of those whose time is over a day ago; gives how many. A person's word on a signal stays."""
    parameters = {"workspace": workspace_id, "now": now, "settled": now - GRACE}
    closed = connection.execute(_CLOSE, parameters).rowcount
    if closed:
        connection.execute(_STAMP, {"workspace": workspace_id, "now": now})
    return closed


_Line = tuple[int | None, Trigger, int, int, datetime, str, float | None, float | None]


def _unnoted(connection: Connection, workspace_id: int, now: datetime) -> Sequence[Row[tuple[object, ...]]]:
    return connection.execute(_NEW, {"workspace": workspace_id, "since": now - _KEPT, "most": _MOST_AT_ONCE}).all()


def _triggers(
    connection: Connection, workspace_id: int, rows: Sequence[Row[tuple[object, ...]]]
) -> dict[tuple[str, int], Trigger]:
    """The trigger of each version that fired; one that cannot be read any more stands for a plain one of its key."""
    wanted = {(row.trigger_key, row.trigger_version) for row in rows}
    keys, versions = [key for key, _ in wanted], [version for _, version in wanted]
    found: dict[tuple[str, int], Trigger] = {}
    for row in connection.execute(_VERSIONS, {"workspace": workspace_id, "keys": keys, "versions": versions}):
        try:
            found[row.key, row.version] = read_trigger(row.body)
        except ForestayError as reason:
            _log.warning("trigger_not_readable", trigger=row.key, version=row.version, reason=str(reason)[:200])
    return {pair: found.get(pair) or _plain(pair[0]) for pair in wanted}


def _plain(key: str) -> Trigger:
    condition = {"column": "health.score", "is": "missing"}
    return read_trigger({"key": key, "name": key, "condition": condition, "tier": "assisted", "risk_level": "medium"})


def _dealt(row: Row[tuple[object, ...]], trigger: Trigger) -> tuple[str, float | None]:
    """Arm, and the chance of being treated where one was dealt."""
    if not row.is_holdout and row.held_back not in (None, "cap"):
        return "withheld", None
    share = trigger.holdout_share
    chance = min(max(1 - share, FLOOR), 1 - FLOOR) if share else None
    return ("holdout" if row.is_holdout else "treated"), chance


def _value(evidence: Sequence[Mapping[str, object]], column: str | None) -> float | None:
    found = next((one.get("value") for one in evidence if one.get("column") == column), None)
    return float(found) if isinstance(found, int | float) else None


def _insert(
    connection: Connection, workspace_id: int, lines: Sequence[_Line], now: datetime, segments: Segments
) -> int:
    if not lines:
        return 0
    numbers, triggers, versions, accounts, ats, arms, chances, values = (
        list(column) for column in zip(*lines, strict=True)
    )
    arrays = {
        "signals": numbers, "keys": [one.key for one in triggers], "versions": versions, "accounts": accounts,
        "ats": ats, "days": [one.within_days for one in triggers], "arms": arms, "chances": chances,
        "aims": [one.outcome.value for one in triggers], "values": values,
        "segments": ["{" + ",".join(segments.get(account, ())) + "}" for account in accounts],
    }  # fmt: skip
    return connection.execute(_NOTE, {"workspace": workspace_id, "now": now, "fresh": FRESH, **arrays}).rowcount
