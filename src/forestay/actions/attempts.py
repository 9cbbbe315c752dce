"""Attempts and their outcomes, many at once, fenced so that a late worker changes nothing.

Reads : effects, effect_attempts
Gives : begin_attempts(), settle_all(), settle_in_place(), Tried, LOST
Source: DESIGN section 7: the attempt is recorded before the call; an unclear answer ends in `unknown`. One statement
        for a batch: a transaction for each would be most of the price of a message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from forestay.actions.channel import Effect, Outcome, Result
from forestay.actions.outcomes import Answer, tell_settled
from forestay.customers.words import EffectStatus
from forestay.journeys.runtime.taking_back import given_up
from forestay.kit.retry import Backoff
from forestay.store.database import raw

LOST = "the worker stopped between the call and its record"
_FINAL = {
    Result.SENT: EffectStatus.SENT,
    Result.FAILED: EffectStatus.FAILED,
    Result.UNKNOWN: EffectStatus.UNKNOWN,
    Result.SKIPPED: EffectStatus.SKIPPED,
}

_BEGIN = """
WITH wanted AS (
  SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS u (id, attempts, lease)
), begun AS (
  UPDATE effects AS e SET attempts = e.attempts + 1, leased_until = %s FROM wanted AS w
  WHERE e.id = w.id AND e.status = 'pending' AND e.attempts = w.attempts AND e.leased_until = w.lease
    AND e.leased_until > %s
  RETURNING e.workspace_id, e.id, e.attempts
)
INSERT INTO effect_attempts (workspace_id, effect_id, number, started_at)
SELECT workspace_id, id, attempts, %s FROM begun RETURNING effect_id, number"""

_END = """
UPDATE effect_attempts AS a SET ended_at = %s, outcome = u.outcome, detail = u.detail
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[]) AS u (id, number, outcome, detail)
WHERE a.effect_id = u.id AND a.number = u.number
  AND (a.outcome IS NULL OR a.outcome = 'unknown' OR a.detail = %s)
RETURNING a.effect_id"""

_SETTLE = f"""
UPDATE effects AS e SET leased_until = NULL, updated_at = %s,
  status = CASE WHEN u.status = 'skipped' OR (u.status = 'pending' AND e.reason LIKE 'withdrawn:%%')
    THEN {given_up(was="CASE u.status WHEN 'skipped' THEN 'skipped' ELSE 'cancelled' END")} ELSE u.status END,
  reason = CASE WHEN u.status = 'pending' AND e.reason LIKE 'withdrawn:%%' THEN e.reason ELSE u.reason END,
  due_at = COALESCE(u.due_at, e.due_at), provider_id = COALESCE(u.provider_id, e.provider_id)
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
  AS u (id, number, status, reason, due_at, provider_id)
WHERE e.id = u.id AND e.attempts = u.number AND e.status IN ('pending', 'unknown')
RETURNING e.id, e.status"""  # noqa: S608 - our own words

_IN_PLACE = """
WITH done AS (
  SELECT * FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
    AS u (id, number, status, reason, due_at, provider_id, outcome, detail)
), tried AS (
  INSERT INTO effect_attempts (workspace_id, effect_id, number, started_at, ended_at, outcome, detail)
  SELECT %s, id, number, %s, %s, outcome, detail FROM done
)
UPDATE effects AS e SET status = d.status, reason = d.reason, attempts = d.number, leased_until = NULL, updated_at = %s,
  due_at = COALESCE(d.due_at, e.due_at), provider_id = COALESCE(d.provider_id, e.provider_id)
FROM done AS d WHERE e.id = d.id"""


class Tried(NamedTuple):
    """One attempt of an effect and what it came to."""

    effect: Effect
    number: int
    outcome: Outcome


def begin_attempts(
    connection: Connection, effects: Sequence[Effect], now: datetime, until: datetime
) -> Mapping[int, int]:
    """Open the next attempt of each and renew its lease; effect -> number, without those whose lease is not ours."""
    wanted = sorted(effects, key=lambda effect: effect.id)
    columns = ([e.id for e in wanted], [e.attempts for e in wanted], [e.lease for e in wanted])
    begun = raw(connection).execute(_BEGIN, (*columns, until, now, now)).fetchall()
    return {int(str(effect)): int(str(number)) for effect, number in begun}


def settle_all(
    connection: Connection, tried: Sequence[Tried], now: datetime, backoff: Backoff
) -> list[EffectStatus | None]:
    """Record what attempts came to, place for place. None where somebody settled it meanwhile (a person, or a recovery
    that was not a mere 'unknown'): a late true answer may replace an 'unknown' of the same attempt, nothing else."""
    if not tried:
        return []
    driver = raw(connection)
    ends = _columns((t.effect.id, t.number, t.outcome.result.value, _detail(t)) for t in tried)
    ended = {row[0] for row in driver.execute(_END, (now, *ends, LOST))}
    changes = {t.effect.id: _change(t, now, backoff) for t in tried if t.effect.id in ended}
    if not changes:
        return [None] * len(tried)
    settled = {row[0]: EffectStatus(str(row[1])) for row in driver.execute(_SETTLE, (now, *_columns(changes.values())))}
    tell_settled(connection, _of_journeys(tried, settled.keys()), now, _answers(tried))
    return [settled.get(t.effect.id) for t in tried]


def settle_in_place(
    connection: Connection, done: Sequence[tuple[Effect, Outcome]], now: datetime, backoff: Backoff
) -> Sequence[EffectStatus]:
    """Record attempts and outcomes of effects that claim() locked in this very transaction, and whose work was done
    in it: nobody else can have touched them, so there is nothing to fence and all are written at once."""
    if not done:
        return []
    tried = [Tried(effect, effect.attempts + 1, outcome) for effect, outcome in done]
    changes = [_change(each, now, backoff) for each in tried]
    rows = [(*change, t.outcome.result.value, _detail(t)) for change, t in zip(changes, tried, strict=True)]
    raw(connection).execute(_IN_PLACE, (*_columns(rows), done[0][0].workspace_id, now, now, now))
    tell_settled(connection, _of_journeys(tried, {t.effect.id for t in tried}), now, _answers(tried))
    return [EffectStatus(change[2]) for change in changes]


_Change = tuple[int, int, str, str | None, datetime | None, str | None]


def _change(tried: Tried, now: datetime, backoff: Backoff) -> _Change:
    effect, number, outcome = tried
    status, reason = _status_of(outcome, number, backoff)
    due = now + backoff.wait(number, at_least=outcome.retry_after) if status is EffectStatus.PENDING else None
    return effect.id, number, status.value, reason, due, outcome.provider_id


def _status_of(outcome: Outcome, number: int, backoff: Backoff) -> tuple[EffectStatus, str | None]:
    if outcome.result not in (Result.RETRY, Result.UNCLEAR):
        return _FINAL[outcome.result], _clean(outcome.detail)[:500] or None
    if backoff.is_spent(number):
        return EffectStatus.FAILED, _clean(f"gave up after {number} attempts: {outcome.detail}")[:500]
    return EffectStatus.PENDING, _clean(f"will be tried again: {outcome.detail}")[:500]


def _detail(tried: Tried) -> str:
    return _clean(tried.outcome.detail)[:500]


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # PostgreSQL keeps no NUL in text


def _of_journeys(tried: Sequence[Tried], settled: Collection[object]) -> list[int]:
    return [t.effect.id for t in tried if t.effect.token_id is not None and t.effect.id in settled]


def _answers(tried: Sequence[Tried]) -> Mapping[int, Answer]:
    return {t.effect.id: Answer(t.outcome.word, t.outcome.answer) for t in tried if t.outcome.word or t.outcome.answer}


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
