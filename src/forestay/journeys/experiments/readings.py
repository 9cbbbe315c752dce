"""How each kind of outcome is read in the store: at the exposure, and when its horizon is over.

Reads : journey_runs, recent_events, health_changes, account_states, accounts, subscriptions, consents, suppressions
Gives : Reading, reading_of()
Source: kpis/revenue (what MRR on a day is); the expressions speak of one exposure `x` (account_id, contact_id, at,
        due_at, start) of the workspace `w`

What stands as `before` is older than the exposure, else it would carry part of the effect and adjusting by it would
take that away. A measure has no past in the store: it is read at the next evaluation, which is soon enough to compare
with and not old enough to adjust by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forestay.journeys.experiments.plan import (
    AccountOutcome,
    EventOutcome,
    HealthOutcome,
    MeasureOutcome,
    Outcome,
    RevenueOutcome,
)
from forestay.journeys.words import RunStatus


@dataclass(frozen=True, slots=True)
class Reading:
    """SQL expressions: start and before at the exposure, value at the end of the horizon; parameters they name.

    waits: facts of the horizon's last day may still be reported, so it is read a day later. by_worker: only the worker
    can judge it (runtime/goal_outcomes.py); `value` is not asked.
    """

    value: str
    before: str
    start: str = "NULL::float8"
    parameters: Mapping[str, object] = field(default_factory=dict)
    waits: bool = True
    by_worker: bool = False


def reading_of(outcome: Outcome) -> Reading:
    """How this outcome is read."""
    return _READINGS[outcome.kind](outcome)


def _health_on(moment: str) -> str:
    return f"""(SELECT h.score FROM health_changes AS h
        WHERE h.account_id = x.account_id AND h.at <= {moment} ORDER BY h.at DESC LIMIT 1)"""  # noqa: S608


def _arr_on(moment: str, days: int) -> str:
    """On the day of the moment, or some days off it; the account's own ARR where no subscription is known."""
    day = f"(({moment} AT TIME ZONE w.zone)::date + {days})"
    mine = "s.workspace_id = w.id AND s.account_id = x.account_id"
    return f"""(SELECT coalesce(CASE WHEN count(*) > 0
            THEN 12 * coalesce(sum(s.mrr) FILTER (WHERE s.started_on <= {day} AND (s.ended_on IS NULL OR s.ended_on > {day})), 0)
            ELSE (SELECT a.arr FROM accounts AS a WHERE a.id = x.account_id AND coalesce(a.currency, w.currency) = w.currency)
        END, 0)::float8
        FROM subscriptions AS s WHERE {mine} AND coalesce(s.currency, w.currency) = w.currency)"""  # noqa: S608


HEALTH_BEFORE, ARR_BEFORE, ARR_AFTER = _health_on("x.at"), _arr_on("x.at", -1), _arr_on("x.due_at", 0)

_GOAL = f"""(EXISTS (SELECT FROM journey_runs AS r WHERE r.account_id = x.account_id AND r.journey_id = x.journey_id
    AND (x.contact_id = 0 OR r.contact_id = x.contact_id) AND r.status = {RunStatus.GOAL_MET:d}
    AND r.ended_at >= x.at AND r.ended_at <= x.due_at))::int"""

_EVENTS = """FROM recent_events AS e WHERE e.workspace_id = w.id AND e.account_id = x.account_id AND e.name = :event
    AND (x.contact_id = 0 OR e.contact_key IN (
        SELECT i.key FROM identities AS i WHERE i.workspace_id = w.id AND i.contact_id = x.contact_id))"""

_MEASURE = """(SELECT nullif(s.measures[array_position(m.keys, :measure)], 'NaN')::float8 FROM account_states AS s
    JOIN measure_sets AS m ON m.workspace_id = s.workspace_id AND m.number = s.measure_set
    WHERE s.account_id = x.account_id)"""

_REFUSED = """(EXISTS (
    SELECT FROM contacts AS c LEFT JOIN memberships AS b ON b.contact_id = c.id AND b.account_id = x.account_id
    WHERE c.workspace_id = w.id AND (c.id = x.contact_id OR (x.contact_id = 0 AND b.contact_id IS NOT NULL)) AND (
        EXISTS (SELECT FROM consents AS o WHERE o.workspace_id = w.id AND o.contact_id = c.id AND NOT o.is_given
                AND o.at >= x.at AND o.at <= x.due_at)
        OR EXISTS (SELECT FROM suppressions AS p WHERE p.workspace_id = w.id AND p.at >= x.at AND p.at <= x.due_at
                   AND p.address IN (c.email, c.phone)))))::int"""

_CHURNED = f"""(EXISTS (SELECT FROM accounts AS a WHERE a.id = x.account_id
        AND a.churned_on >= (x.at AT TIME ZONE w.zone)::date AND a.churned_on <= (x.due_at AT TIME ZONE w.zone)::date)
    OR (x.start > 0 AND {ARR_AFTER} <= 0))::int"""

_UP_FOR_RENEWAL = """(SELECT count(*) FROM subscriptions AS s WHERE s.workspace_id = w.id AND s.account_id = x.account_id
    AND s.ended_on IS NULL AND s.renews_on >= (x.at AT TIME ZONE w.zone)::date
    AND s.renews_on <= (x.due_at AT TIME ZONE w.zone)::date)"""


def _goal(_: Outcome) -> Reading:
    return Reading(_GOAL, HEALTH_BEFORE, waits=False)


def _goal_held(_: Outcome) -> Reading:
    return Reading("NULL", HEALTH_BEFORE, waits=False, by_worker=True)


def _refusal(_: Outcome) -> Reading:
    return Reading(_REFUSED, HEALTH_BEFORE, waits=False)


def _event(outcome: Outcome) -> Reading:
    assert isinstance(outcome, EventOutcome)
    span = "x.due_at - x.at"
    return Reading(
        f"(EXISTS (SELECT {_EVENTS} AND e.at >= x.at AND e.at <= x.due_at))::int",
        f"(SELECT count(*) {_EVENTS} AND e.at < x.at AND e.at >= x.at - ({span}))",
        parameters={"event": outcome.event},
    )


def _health(outcome: Outcome) -> Reading:
    assert isinstance(outcome, HealthOutcome)
    after = _health_on("x.due_at")
    return Reading(f"{after} - x.start" if outcome.change else after, HEALTH_BEFORE, HEALTH_BEFORE, waits=False)


def _measure(outcome: Outcome) -> Reading:
    assert isinstance(outcome, MeasureOutcome)
    value = f"{_MEASURE} - x.start" if outcome.change else _MEASURE
    return Reading(value, HEALTH_BEFORE, _MEASURE, {"measure": outcome.measure}, waits=False)


def _account(outcome: Outcome) -> Reading:
    assert isinstance(outcome, AccountOutcome)
    if outcome.became == "renewed":
        return Reading(f"CASE WHEN x.start > 0 THEN ({ARR_AFTER} > 0)::int END", HEALTH_BEFORE, _UP_FOR_RENEWAL)
    value = _CHURNED if outcome.became == "churned" else f"({ARR_AFTER} > x.start)::int"
    return Reading(value, HEALTH_BEFORE, ARR_BEFORE)


def _revenue(outcome: Outcome) -> Reading:
    assert isinstance(outcome, RevenueOutcome)
    value = f"least({ARR_AFTER}, x.start)" if outcome.of == "kept" else f"{ARR_AFTER} - x.start"
    return Reading(value, ARR_BEFORE, ARR_BEFORE)


_READINGS: Mapping[str, Callable[[Outcome], Reading]] = {
    "goal": _goal,
    "goal_held": _goal_held,
    "event": _event,
    "health": _health,
    "measure": _measure,
    "account": _account,
    "revenue": _revenue,
    "refusal": _refusal,
}
