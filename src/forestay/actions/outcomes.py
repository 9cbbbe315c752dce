"""What became of what a run asked for, told to its token in the transaction that settled it.

Reads : effects, requests, journey_tokens
Gives : tell_settled(), tell_task(), Answer
Writes: journey_inbox
Source: contract of journeys: message: sent | skipped:<reason> | failed:<reason> | unknown | cancelled; webhook: answered
        | failed | unknown; task: the chosen outcome | cancelled; approval and draft: approved | rejected.

A request with several recipients is told once, when the last of them is settled: sent when one arrived, else unknown,
failed, cancelled, skipped, in this order. Only a token that waits for an outcome at the very step and pass that asked is
told: most messages are not followed, and what an earlier step asked for is not the present one's answer. The token's row
and the request were committed together, so it waits already when the effect is settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from forestay.customers.words import ChannelKind, EffectStatus
from forestay.journeys import inbox
from forestay.journeys.inbox import Outcome
from forestay.journeys.words import TokenState
from forestay.store.shapes import Json

_STRONGEST = (
    EffectStatus.SENT,
    EffectStatus.UNKNOWN,
    EffectStatus.FAILED,
    EffectStatus.CANCELLED,
    EffectStatus.SKIPPED,
)
_WITH_REASON = (EffectStatus.FAILED, EffectStatus.SKIPPED)

_IS_WAITING = f"""EXISTS (
      SELECT FROM journey_tokens AS t WHERE t.id = e.token_id AND t.state = {int(TokenState.OUTCOME)} AND t.step = e.step
        AND r.cause = 'run:' || t.run_id || ':' || t.step || ':' || t.passed)"""
_SETTLED = text(f"""
    SELECT DISTINCT r.id FROM effects AS e JOIN requests AS r ON r.id = e.request_id
    WHERE e.id = ANY(:ids) AND e.token_id IS NOT NULL AND e.status <> 'pending'
      AND NOT (e.channel = 'task' AND e.status = 'sent') AND {_IS_WAITING}""")  # noqa: S608 - our own constants
_LOCKED = text("SELECT id, cause, slot FROM requests WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
_EFFECTS = text("""
    SELECT id, workspace_id, request_id, token_id, channel, status, reason FROM effects
    WHERE request_id = ANY(:ids) AND token_id IS NOT NULL ORDER BY id""")
_ASKED = text(f"""
    SELECT r.cause, r.slot FROM effects AS e JOIN requests AS r ON r.id = e.request_id
    WHERE e.id = :effect AND {_IS_WAITING}""")  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel says beyond the status. word: instead of the status' own; body: values."""

    word: str | None = None
    body: Mapping[str, object] = field(default_factory=dict)


def tell_settled(
    connection: Connection, effect_ids: Iterable[int], now: datetime, answers: Mapping[int, Answer] | None = None
) -> None:
    """Tell the tokens of requests that have come to an end. effect_ids: settled in this transaction; a task that was
    opened has not ended. answers: by effect."""
    if not (ids := list(effect_ids)):
        return
    ended = list(connection.scalars(_SETTLED, {"ids": ids}))
    if not ended:
        return
    # Two workers that settle two recipients of one request: the lock makes the later one see both.
    requests = {row["id"]: row for row in connection.execute(_LOCKED, {"ids": sorted(ended)}).mappings()}
    by_request: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(_EFFECTS, {"ids": ended}).mappings():
        by_request[row["request_id"]].append(row)
    told: defaultdict[int, list[Outcome]] = defaultdict(list)
    for number, rows in by_request.items():
        if all(row["status"] != EffectStatus.PENDING for row in rows):
            told[rows[0]["workspace_id"]].append(_outcome(requests[number], rows, answers or {}, now))
    for workspace_id, outcomes in told.items():
        inbox.report(connection, workspace_id, outcomes)


def tell_task(connection: Connection, task: RowMapping, word: str, body: Mapping[str, Json], now: datetime) -> None:
    """A person has ended a task (row of `tasks`) that a run waits for."""
    if task["token_id"] is None:
        return
    asked = connection.execute(_ASKED, {"effect": task["effect_id"]}).mappings().one_or_none()
    if asked is not None:
        place: dict[str, Json] = {"cause": asked["cause"], "slot": asked["slot"], "task": task["id"]}
        inbox.report(connection, task["workspace_id"], [Outcome(task["token_id"], word, now, {**place, **body})])


def _outcome(
    request: RowMapping, rows: Sequence[RowMapping], answers: Mapping[int, Answer], now: datetime
) -> Outcome:  # fmt: skip
    strongest = min(rows, key=lambda row: _STRONGEST.index(EffectStatus(row["status"])))
    answer = answers.get(strongest["id"], Answer())
    body: dict[str, Json] = {
        "cause": request["cause"], "slot": request["slot"], "recipients": len(rows),
        "sent": sum(row["status"] == EffectStatus.SENT for row in rows), **_plain(answer.body),
    }  # fmt: skip
    if strongest["reason"]:
        body["reason"] = strongest["reason"]
    return Outcome(strongest["token_id"], answer.word or _word(strongest), now, body)


def _word(row: RowMapping) -> str:
    status = EffectStatus(row["status"])
    if status is EffectStatus.FAILED and row["channel"] == ChannelKind.WEBHOOK:
        return status.value
    reason = str(row["reason"] or "").partition(":")[0].strip()
    return f"{status.value}:{reason}" if status in _WITH_REASON and reason else status.value


def _plain(values: Mapping[str, object]) -> dict[str, Json]:
    return dict(values)  # type: ignore[arg-type]
