"""What the worker computes by: the published documents, live models, features and zone of one workspace.

Reads : documents, models, features, workspaces, measure_sets (store)
Gives : Configuration, load_configuration(), stamps()

A document that can no longer be read is left out and logged; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, insert, select, text

from forestay.app.journey_watch import NOTHING, JourneyWatch, watch_of
from forestay.conditions.document import Condition
from forestay.conditions.needs import events_of
from forestay.conditions.segments import check_segments, read_segment
from forestay.health.registry import KEYS as DIMENSION_KEYS
from forestay.health.scorecard import Scorecard, in_order, read_scorecard
from forestay.kit.clock import number_of
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.definition import DOCUMENT, Definition
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.series import SeriesBook
from forestay.predictions.serving import NO_MODELS, Serving, load_serving
from forestay.signals.columns import Making
from forestay.signals.trigger import LiveTrigger, read_trigger
from forestay.signals.words import ColumnWords
from forestay.store.documents import Document, DocumentKind, DocumentStatus, list_live
from forestay.store.shapes import Json
from forestay.store.tables.customers import features
from forestay.store.tables.governance import workspaces
from forestay.store.tables.scores import measure_sets

_log = get_logger(__name__)
_Read = TypeVar("_Read")
_ROLES: TypeAdapter[dict[EventRole, tuple[str, ...]]] = TypeAdapter(dict[EventRole, tuple[str, ...]])
_EVENT = "event:"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything published in one workspace. stamp: changes whenever any of it does.

    watched: event names whose occurrences are kept in `recent_events`. measure_set: number under which the order
    of measures stands in the store.
    """

    stamp: str
    zone: str
    measures: MeasureSet
    scorecards: tuple[Scorecard, ...]
    segments: Mapping[str, Condition]
    triggers: tuple[LiveTrigger, ...]
    events: tuple[str, ...]
    watched: frozenset[str]
    words: ColumnWords
    measure_set: int
    journeys: JourneyWatch = field(default=NOTHING)
    serving: Serving = field(default=NO_MODELS)

    def making(self, top_decile_arr: float = float("inf")) -> Making:
        """How columns are made from it."""
        return Making(self.scorecards, self.segments, top_decile_arr, self.serving)

    def book(self, before: SeriesBook | None = None) -> SeriesBook:
        """The series that this configuration counts; those of `before` keep their places."""
        context = self.measures.context
        return SeriesBook.build(context.features, context.roles, self.events, before)


_STAMPS = text("""
    SELECT w.id, md5(concat_ws('|', w.zone,
      (SELECT string_agg(concat(d.id, d.status), ',' ORDER BY d.id) FROM documents AS d
       WHERE d.workspace_id = w.id AND d.status IN ('published', 'paused')),
      (SELECT string_agg(m.id::text, ',' ORDER BY m.purpose) FROM models AS m
       WHERE m.workspace_id = w.id AND m.status = 'live'),
      (SELECT string_agg(f::text, ',' ORDER BY f.key) FROM features AS f WHERE f.workspace_id = w.id)))
    FROM workspaces AS w""")


def stamps(connection: Connection) -> Mapping[int, str]:
    """By workspace, a word that is another as soon as the configuration is; cheap."""
    return {int(number): str(stamp) for number, stamp in connection.execute(_STAMPS)}


def load_configuration(connection: Connection, workspace_id: int) -> Configuration:
    """The configuration as it is published now."""
    stamp = stamps(connection)[workspace_id]
    live = list_live(connection, workspace_id)
    zone = connection.scalar(select(workspaces.c.zone).where(workspaces.c.id == workspace_id))
    context = MeasureContext(_features(connection, workspace_id), _roles(live))
    measures = _measures(live, context)
    segments = _segments(live)
    triggers = tuple(_triggers(live))
    scorecards = in_order(_each(live, DocumentKind.SCORECARD, read_scorecard))
    named = {name for one in triggers for name in events_of(one.trigger.condition, segments)}
    journeys = watch_of(connection, workspace_id, live, segments)
    counted = (
        journeys.series
        | named
        | {name for card in scorecards for name in _events_of_card(card, segments)}
        | measures.needs.series
    )
    return Configuration(
        stamp=stamp,
        zone=str(zone or "UTC"),
        measures=measures,
        scorecards=scorecards,
        segments=segments,
        triggers=triggers,
        events=tuple(sorted(_names(counted))),
        watched=frozenset(_names(named)) | journeys.listened | journeys.kept,
        words=ColumnWords(measures.by_key.values()),
        measure_set=_measure_set(connection, workspace_id, measures.keys),
        journeys=journeys,
        serving=load_serving(connection, workspace_id),
    )


def _each(live: Sequence[Document], kind: DocumentKind, read: Callable[[Mapping[str, Json]], _Read]) -> list[_Read]:
    found: list[_Read] = []
    for document in live:
        if document.kind is kind:
            try:
                found.append(read(document.body))
            except (ForestayError, ValidationError) as reason:
                _log.error("document_unreadable", kind=kind.value, key=document.key, reason=str(reason)[:300])
    return found


def _triggers(live: Sequence[Document]) -> Iterable[LiveTrigger]:
    for document in live:
        for trigger in _each([document], DocumentKind.TRIGGER, read_trigger):
            yield LiveTrigger(trigger, document.version, document.status is DocumentStatus.PAUSED)


def _measures(live: Sequence[Document], context: MeasureContext) -> MeasureSet:
    """The shipped measures, with a document of the same key in a shipped one's place."""
    own = {one.key: one for one in _each(live, DocumentKind.MEASURE, DOCUMENT.validate_python)}
    shipped = {one.key: own.get(one.key, one) for one in DEFAULT_MEASURES}
    together: list[Definition] = [*shipped.values(), *(one for key, one in own.items() if key not in shipped)]
    try:
        return MeasureSet(together, context)
    except ForestayError as reason:
        _log.error("measures_do_not_fit", reason=str(reason))
        return MeasureSet(DEFAULT_MEASURES, context)


def _segments(live: Sequence[Document]) -> Mapping[str, Condition]:
    segments = _each(live, DocumentKind.SEGMENT, read_segment)
    try:
        return check_segments(segments)
    except ForestayError as reason:
        _log.error("segments_do_not_fit", reason=str(reason))
        return {}


def _roles(live: Sequence[Document]) -> dict[EventRole, tuple[str, ...]]:
    found = _each(live, DocumentKind.EVENT_ROLES, _ROLES.validate_python)
    return found[0] if found else {}


def _features(connection: Connection, workspace_id: int) -> FeatureBook:
    rows = connection.execute(
        select(features).where(features.c.workspace_id == workspace_id).order_by(features.c.position, features.c.key)
    )
    return FeatureBook(
        tuple(
            Feature(
                row.key, row.name, tuple(str(name) for name in row.events), row.is_sticky, row.is_premium, row.module,
                None if row.deployed_on is None else number_of(row.deployed_on),
            )
            for row in rows
        )
    )  # fmt: skip


def _events_of_card(card: Scorecard, segments: Mapping[str, Condition]) -> set[str]:
    conditions = [rule.when for rule in card.exceptions] + ([card.applies_to] if card.applies_to is not None else [])
    return {name for condition in conditions for name in events_of(condition, segments)}


def _names(series: Iterable[str]) -> set[str]:
    return {name.removeprefix(_EVENT) for name in series if name.startswith(_EVENT)}


def _measure_set(connection: Connection, workspace_id: int, keys: Sequence[str]) -> int:
    """The number of this order of measures; a new order gets the next number."""
    mine = measure_sets.c.workspace_id == workspace_id
    known = {
        tuple(row.keys): int(row.number)
        for row in connection.execute(select(measure_sets.c.number, measure_sets.c["keys"]).where(mine))
    }
    if tuple(keys) in known:
        return known[tuple(keys)]
    number = max(known.values(), default=0) + 1
    values = {
        "workspace_id": workspace_id,
        "number": number,
        "keys": list(keys),
        "dimension_keys": list(DIMENSION_KEYS),
    }
    connection.execute(insert(measure_sets).values(values))
    return number
