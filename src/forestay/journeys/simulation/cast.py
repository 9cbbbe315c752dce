"""The journeys that take part in a replay: one, and those that its steps start, and theirs.

Gives : started_by(), cast_of()
"""

from __future__ import annotations

from collections.abc import Mapping

from forestay.journeys.compiled import Compiled, compile_journey
from forestay.journeys.document import Journey
from forestay.journeys.steps.for_each_contact import ForEachContactSettings
from forestay.journeys.steps.sub_journey import SubJourneySettings


def started_by(journey: Journey) -> set[str]:
    """Keys of the journeys that its steps start."""
    settings = (step.settings for step in journey.steps.values())
    return {
        str(one.journey)
        for one in settings
        if isinstance(one, SubJourneySettings | ForEachContactSettings) and one.journey
    }


def cast_of(journey: Journey, journeys: Mapping[str, Journey]) -> dict[str, Compiled]:
    """The journey first, then all that may be started, by key. journeys: published ones; what starts itself starts the
    version that is replayed. Raises NotRunnable where a document cannot be compiled."""
    cast = {journey.key: compile_journey(journey)}
    coming = [journey]
    while coming:
        for key in sorted(started_by(coming.pop()) - cast.keys()):
            if key in journeys:
                cast[key] = compile_journey(journeys[key])
                coming.append(journeys[key])
    return cast
