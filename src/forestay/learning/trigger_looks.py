"""The daily look at every trigger: what feedback says of it and of each segment, and what to do.

Reads : live triggers, what book.py reads
Gives : look_at_triggers()
Writes: trigger_tunings
Source: REQUIREMENTS D6

Whoever publishes a threshold by hand begins anew: bounds lie around it, and only firings from then on count. A segment is
judged apart once it says something of its own, and gets a line of its own when that is moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import numpy as np
from sqlalchemy import Connection

from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.learning.book import Tuned, forget_tunings, read_firings, read_tunings, save_tuning, settings_of
from forestay.learning.feedback import LEAST, Move, Setting, State, decide
from forestay.learning.precision import Firings, precision_of, recall_of
from forestay.learning.thresholds import Tunable, has_own, tunable_of
from forestay.learning.tuning import (
    Findings,
    TuningSettings,
    late_words,
    retrain_words,
    routing_words,
    seen,
    target_of,
)
from forestay.signals.trigger import read_trigger
from forestay.store.documents import Document, DocumentKind, DocumentStatus, list_live

_log = get_logger(__name__)


def look_at_triggers(
    connection: Connection, workspace_id: int, now: datetime, segments: Sequence[str] = ()
) -> list[Tuned]:
    """Judge every live trigger, whole and by segment (keys); gives what was found, and keeps it."""
    settings, before = settings_of(connection, workspace_id), read_tunings(connection, workspace_id)
    found: list[Tuned] = []
    for document in list_live(connection, workspace_id, DocumentKind.TRIGGER):
        if document.status is DocumentStatus.PAUSED:
            continue
        own = [segment for segment in segments if has_own(document.body, segment)]
        for segment in ("", *segments):
            tuned = _look(connection, workspace_id, now, settings, document, segment, own, before)
            if tuned is not None:
                save_tuning(connection, workspace_id, tuned)
                found.append(tuned)
    forget_tunings(connection, workspace_id, now)
    return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """How it was tuned so far; version: from which firings count."""

    version: int
    anchor: float | None
    threshold: float | None
    state: State
    moved_at: datetime | None = None


def _look(
    connection: Connection, workspace_id: int, now: datetime, settings: TuningSettings, document: Document, segment: str,
    own: Sequence[str], before: Mapping[tuple[str, str], Tuned],
) -> Tuned | None:  # fmt: skip
    """None for a segment without a line of its own of which too little is known."""
    try:
        trigger = read_trigger(document.body)
    except ForestayError as reason:
        _log.warning("trigger_not_readable", trigger=document.key, reason=str(reason)[:200])
        return None
    start = _standing(document, segment, before)
    dial = tunable_of(document.body, segment, start.anchor)
    firings = read_firings(
        connection, workspace_id, document.key, now, start.version, segment, () if segment else own
    )  # fmt: skip
    setting = Setting(target_of(settings, document.key, trigger.risk_level), trigger.advise_only)
    findings = _findings(dial, start.state, firings, setting, (now - _EPOCH).days)
    if segment and segment not in own:
        if findings.precision.hits + findings.precision.misses < LEAST:
            return None
        if findings.move not in (Move.TIGHTEN, Move.LOOSEN):  # advising only is a matter of the whole trigger
            findings = msgspec.structs.replace(findings, move=Move.STAY, to=None)
    return Tuned(
        document.key, segment, start.version, start.anchor, start.threshold, start.state, start.moved_at, findings, now
    )  # fmt: skip


def _standing(document: Document, segment: str, before: Mapping[tuple[str, str], Tuned]) -> _Standing:
    """As it was kept; anew where a person has published another threshold since."""
    dial = tunable_of(document.body, segment)
    threshold = dial.threshold if dial else None
    mine, whole = before.get((document.key, segment)), before.get((document.key, ""))
    if mine is not None and mine.threshold == threshold:
        return _Standing(mine.version, mine.anchor, mine.threshold, mine.state, mine.moved_at)
    borrowed = whole if segment and not has_own(document.body, segment) else None
    version, anchor = (borrowed.version, borrowed.anchor) if borrowed else (document.version, threshold)
    return _Standing(version, anchor, threshold, State(dial.step if dial else 0.0))


def _findings(dial: Tunable | None, state: State, firings: Firings, setting: Setting, today: int) -> Findings:
    fired = firings.fired
    suggestion = decide(dial, state, firings, setting, today)
    by_outcome = precision_of(_outcomes_only(fired), setting.target)
    column = dial.column if dial else None
    return Findings(
        target=setting.target, precision=seen(suggestion.precision), by_outcome=seen(by_outcome), recall=recall_of(firings),
        watched=int(firings.is_explored.sum()), move=suggestion.move, reason=suggestion.reason, to=suggestion.to,
        column=column, threshold=dial.threshold if dial else None, low=dial.low if dial else None,
        high=dial.high if dial else None, late=late_words(fired), routing=routing_words(fired),
        retrain=retrain_words(by_outcome, setting.target, column),
    )  # fmt: skip


def _outcomes_only(fired: Firings) -> Firings:
    """As if nobody had said anything."""
    nothing = np.zeros(len(fired.value), bool)
    silent = replace(fired, accurate=nothing, inaccurate=nothing, known=nothing, idle=nothing)
    return silent.take(fired.is_over)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
