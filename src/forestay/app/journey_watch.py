"""What the tick must look out for on behalf of journeys: signals and events that let in, events that wake, conditions.

Reads : live documents of kind 'journey', and those that runs are still pinned to
Gives : JourneyWatch, watch_of(), NOTHING, Way
Writes: journeys, journey_steps (numbers of what is new)

Entries by condition and by segment are judged as triggers are, under keys of their own: the key is made of the
condition, so that a new version with the same condition lets nobody in anew, and one with another ignores those who
match already (invariant 6: publishing causes no effect by itself).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from forestay.conditions.document import Condition, InSegment, Not
from forestay.conditions.needs import events_of
from forestay.customers.words import RiskLevel, Tier
from forestay.journeys.compiled import Compiled, compile_journey
from forestay.journeys.entries import ConditionEntry, EventEntry, SegmentEntry, SignalEntry
from forestay.journeys.experiments.evaluate import events_of as events_of_tests
from forestay.journeys.read import read_journey
from forestay.journeys.runtime.book import register
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.signals.trigger import Existing, LiveTrigger, Trigger
from forestay.store.database import raw
from forestay.store.documents import Document, DocumentKind, DocumentStatus

_log = get_logger(__name__)
_PINNED = """
SELECT d.body, d.version FROM documents AS d JOIN journeys AS j ON j.workspace_id = d.workspace_id AND j.key = d.key
WHERE d.workspace_id = %s AND d.kind = 'journey' AND d.status = 'archived' AND j.status <> 'stopped'
  AND EXISTS (SELECT FROM journey_counts AS c WHERE c.journey_id = j.id AND c.version = d.version)
ORDER BY d.id DESC LIMIT 200"""


class Way(NamedTuple):
    """One entry of a live journey. entry: its place in the document; by: the word of what brings in."""

    journey_id: int
    entry: int
    by: str


@dataclass(frozen=True, slots=True)
class JourneyWatch:
    """by_signal: trigger key -> ways in; by_event: event name -> ways in; listened: events that wake, let in or are a
    goal; kept: events that tests count; series: what conditions count; hidden: conditions judged as triggers; of_hidden:
    their keys -> ways in."""

    by_signal: Mapping[str, Sequence[Way]] = field(default_factory=dict)
    by_event: Mapping[str, Sequence[Way]] = field(default_factory=dict)
    listened: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    series: frozenset[str] = frozenset()
    hidden: tuple[LiveTrigger, ...] = ()
    of_hidden: Mapping[str, Sequence[Way]] = field(default_factory=dict)


NOTHING = JourneyWatch()


def watch_of(
    connection: Connection, workspace_id: int, live: Sequence[Document], segments: Mapping[str, Condition]
) -> JourneyWatch:
    """What the live journeys of a workspace ask the tick to watch. One that cannot be read is logged and left out.

    A paused one lets nobody in; its runs go on being told what happens.
    """
    published, paused = (
        [(one.body, one.version) for one in live if one.kind is DocumentKind.JOURNEY and one.status is status]
        for status in (DocumentStatus.PUBLISHED, DocumentStatus.PAUSED)
    )
    journeys = list(_compiled(connection, workspace_id, published))
    rows = raw(connection).execute(_PINNED, (workspace_id,)).fetchall()
    pinned = list(_compiled(connection, workspace_id, [*paused, *rows]))
    if not journeys and not pinned:
        return NOTHING
    by_signal: dict[str, list[Way]] = {}
    by_event: dict[str, list[Way]] = {}
    of_hidden: dict[str, list[Way]] = {}
    hidden: dict[str, LiveTrigger] = {}
    for one in journeys:
        for number, entry in enumerate(one.journey.entry):
            if isinstance(entry, SignalEntry):
                by_signal.setdefault(entry.signal, []).append(Way(one.journey_id, number, "signal"))
            elif isinstance(entry, EventEntry):
                by_event.setdefault(entry.event, []).append(Way(one.journey_id, number, "event"))
            elif isinstance(entry, ConditionEntry | SegmentEntry):
                trigger = _hidden(one, entry)
                by = "segment" if isinstance(entry, SegmentEntry) else "condition"
                hidden[trigger.key] = LiveTrigger(trigger, one.version)
                of_hidden.setdefault(trigger.key, []).append(Way(one.journey_id, number, by))
    together = [*journeys, *pinned]
    asked = [condition for one in together for condition in one.conditions]
    asked += [one.trigger.condition for one in hidden.values()]
    return JourneyWatch(
        by_signal, by_event, frozenset(name for one in together for name in one.events),
        frozenset(name for one in together for name in events_of_tests(one.journey)),
        frozenset(name for condition in asked for name in events_of(condition, segments)),
        tuple(hidden.values()), of_hidden,
    )  # fmt: skip


def _compiled(connection: Connection, workspace_id: int, bodies: Iterable[Sequence[object]]) -> Iterable[Compiled]:
    for body, version in bodies:
        try:
            journey = read_journey(body["document"])  # type: ignore[index]
            number, numbers = register(raw(connection), workspace_id, journey)
            yield compile_journey(
                journey, numbers, version=int(str(version)), journey_id=number, workspace_id=workspace_id
            )  # fmt: skip
        except (ForestayError, KeyError, TypeError) as reason:
            _log.error("journey_unreadable", workspace=workspace_id, version=version, reason=str(reason)[:300])


def _hidden(one: Compiled, entry: ConditionEntry | SegmentEntry) -> Trigger:
    """The entry as a trigger that nobody sees; colons keep its key apart from everybody's."""
    if isinstance(entry, ConditionEntry):
        condition = entry.condition
    else:
        inside = InSegment(segment=entry.segment)
        condition = inside if entry.when == "enters" else Not(not_=inside)
    digest = hashlib.sha256(condition.model_dump_json(by_alias=True).encode()).hexdigest()[:12]
    return Trigger.model_construct(
        key=f"journey:{one.key}:{digest}", name=one.key, condition=condition, until=None, tier=Tier.AUTOMATED,
        risk_level=RiskLevel.LOW, cooldown_days=0, holdout_share=0, daily_cap_per_csm=None, existing=Existing.IGNORE,
        actions=(), evidence=(),
    )  # fmt: skip
