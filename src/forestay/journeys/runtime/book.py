"""The versions of journeys that runs are pinned to, ready to run.

Gives : Book, LiveJourney, register()
Reads : documents of kind 'journey', journeys, journey_steps
Writes: journeys, journey_steps (a row for each key and each step id ever published)
What cannot be read or compiled is logged and left out; runs that are pinned to it wait until somebody mends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forestay.journeys.compiled import Compiled, compile_journey, step_numbers
from forestay.journeys.document import Journey
from forestay.journeys.read import read_journey
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.wire import Driver
from forestay.kit.errors import ForestayError
from forestay.kit.logs import get_logger

_log = get_logger(__name__)

STAMP = """
SELECT md5(coalesce(string_agg(d.id || ':' || d.status, ',' ORDER BY d.id), '')) FROM documents AS d
WHERE d.kind = 'journey' AND d.status IN ('published', 'paused')"""
_LIVE = """
SELECT workspace_id, key, version, status = 'paused', body FROM documents
WHERE kind = 'journey' AND status IN ('published', 'paused') ORDER BY workspace_id, key"""
_VERSION = """
SELECT d.body FROM documents AS d JOIN journeys AS j ON j.workspace_id = d.workspace_id AND j.key = d.key
WHERE j.id = %s AND d.kind = 'journey' AND d.version = %s AND d.status <> 'draft'"""
_PINNED = """
SELECT d.workspace_id, j.id, d.version FROM documents AS d
JOIN journeys AS j ON j.workspace_id = d.workspace_id AND j.key = d.key
WHERE d.kind = 'journey' AND d.status = 'archived'
  AND EXISTS (SELECT FROM journey_counts AS c WHERE c.journey_id = j.id AND c.version = d.version)"""


@dataclass(frozen=True, slots=True)
class LiveJourney:
    """The published version of a journey. is_paused: nobody enters and nothing moves."""

    compiled: Compiled
    is_paused: bool

    @property
    def place(self) -> Place:
        """Its workspace, number and version."""
        return Place(self.compiled.workspace_id, self.compiled.journey_id, self.compiled.version)


class Book:
    """Live journeys by number, and every version that was asked for."""

    def __init__(self) -> None:
        self.live: dict[int, LiveJourney] = {}
        self._versions: dict[Place, Compiled | None] = {}
        self._stamp = ""

    def refresh(self, driver: Driver, stamp: str | None = None) -> bool:
        """Look at what is published; True when that changed. stamp: the answer of STAMP where it is known already."""
        if stamp is None:
            row = driver.execute(STAMP).fetchone()
            stamp = "" if row is None else str(row[0])
        if stamp == self._stamp:
            return False
        self.live = {}
        self._versions = {place: one for place, one in self._versions.items() if one is not None}
        for space, key, version, is_paused, body in driver.execute(_LIVE).fetchall():
            compiled = self._compiled(driver, space, key, version, body)
            if compiled is not None:
                self.live[compiled.journey_id] = LiveJourney(compiled, is_paused)
        for place in driver.execute(_PINNED).fetchall():
            self.version(driver, Place(*place))
        self._stamp = stamp
        return True

    def version(self, driver: Driver, place: Place) -> Compiled | None:
        """The version that a run is pinned to; None when it is gone or cannot be read."""
        if place not in self._versions:
            row = driver.execute(_VERSION, (place.journey_id, place.version)).fetchone()
            self._versions[place] = (
                None if row is None else self._read(driver, place.workspace_id, place.version, row[0])
            )
        return self._versions[place]

    def of_workspace(self, workspace_id: int) -> list[LiveJourney]:
        """The live journeys of one workspace."""
        return [one for one in self.live.values() if one.compiled.workspace_id == workspace_id]

    def versions(self) -> Iterable[Compiled]:
        """Every version known to have had runs."""
        return [one for one in self._versions.values() if one is not None]

    def _compiled(self, driver: Driver, space: int, key: str, version: int, body: Any) -> Compiled | None:
        known = next(
            (
                c
                for p, c in self._versions.items()
                if c and c.key == key and (p.workspace_id, p.version) == (space, version)
            ),
            None,
        )
        return known if known is not None else self._read(driver, space, version, body)

    def _read(self, driver: Driver, space: int, version: int, body: Any) -> Compiled | None:
        try:
            journey = read_journey(body["document"])
            number, numbers = register(driver, space, journey)
            compiled = compile_journey(journey, numbers, version=version, journey_id=number, workspace_id=space)
        except (ForestayError, KeyError, TypeError) as reason:
            _log.error("journey_unreadable", workspace=space, version=version, reason=str(reason)[:300])
            return None
        self._versions[Place(space, number, version)] = compiled
        return compiled


def register(driver: Driver, workspace_id: int, journey: Journey) -> tuple[int, Mapping[str, int]]:
    """The journey's number and its steps' numbers; new ones are given here, for good."""
    here = (workspace_id, journey.key)
    row = driver.execute("SELECT id FROM journeys WHERE workspace_id = %s AND key = %s", here).fetchone()
    if row is None:
        driver.execute("INSERT INTO journeys (workspace_id, key) VALUES (%s, %s) ON CONFLICT DO NOTHING", here)
        row = driver.execute("SELECT id FROM journeys WHERE workspace_id = %s AND key = %s FOR UPDATE", here).fetchone()
    assert row is not None
    number = int(row[0])
    known = _step_numbers(driver, number)
    if set(journey.steps) - set(known):
        driver.execute("SELECT FROM journeys WHERE id = %s FOR UPDATE", (number,))
        known = _step_numbers(driver, number)
        new = {s: n for s, n in step_numbers(journey.steps, known).items() if s not in known}
        _add_steps(driver, workspace_id, number, list(new), list(new.values()))
        known |= new
    return number, {step: known[step] for step in journey.steps}


def _step_numbers(driver: Driver, journey_id: int) -> dict[str, int]:
    rows = driver.execute("SELECT step_id, number FROM journey_steps WHERE journey_id = %s", (journey_id,))
    return {str(step): int(number) for step, number in rows}


def _add_steps(driver: Driver, workspace_id: int, journey_id: int, ids: Sequence[str], numbers: Sequence[int]) -> None:
    driver.execute(
        "INSERT INTO journey_steps (workspace_id, journey_id, step_id, number) "
        "SELECT %s, %s, * FROM unnest(%s::text[], %s::smallint[]) ON CONFLICT DO NOTHING",
        (workspace_id, journey_id, list(ids), list(numbers)),
    )
