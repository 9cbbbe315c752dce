"""Measures computed: definitions in, one column for each out.

Reads : measures.definition, measures.substrate
Gives : MeasureSet, evaluate()
Source: DESIGN section 4: online and offline are one implementation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from forestay.kit.errors import Invalid
from forestay.measures.definition import Definition, references
from forestay.measures.features import MeasureContext
from forestay.measures.reading import Needs, Reading, RecordingSubstrate
from forestay.measures.substrate import Floats, Substrate, spread


class MeasureSet:
    """Definitions that fit together: every key once, no unknown reference, no cycle."""

    def __init__(self, definitions: Sequence[Definition], context: MeasureContext | None = None) -> None:
        """Check the definitions.

        Raises:
            Invalid: two share a key, one reads a measure that is not there, or some read each other in a circle.
        """
        self.context = context or MeasureContext()
        self.by_key = {definition.key: definition for definition in definitions}
        if len(self.by_key) != len(definitions):
            raise Invalid("two measures share a key; rename one of them", place="measures", code="duplicate_key")
        for definition in definitions:
            self._check(definition.key, ())

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys in the order of the definitions."""
        return tuple(self.by_key)

    @cached_property
    def needs(self) -> Needs:
        """What the measures read: series, reach, facts, traits."""
        return self.needs_of(self.keys)

    def needs_of(self, keys: Iterable[str]) -> Needs:
        """What some of the measures read."""
        recording = RecordingSubstrate()
        self.evaluate(recording, keys)
        return recording.needs

    def evaluate(self, substrate: Substrate, keys: Iterable[str] | None = None) -> dict[str, Floats]:
        """Columns of the measures `keys` (all if None), float64 of the substrate's shape, NaN = missing.

        Raises:
            Invalid: a key names no measure.
        """
        read = Reading(substrate, self.context, self.by_key)
        columns: dict[str, Floats] = {}
        with np.errstate(invalid="ignore"):
            for key in self.keys if keys is None else keys:
                if key not in self.by_key:
                    raise Invalid(f"there is no measure '{key}'", place="measures", code="unknown_measure")
                columns[key] = spread(read.measure(key), substrate.shape)
        return columns

    def _check(self, key: str, path: tuple[str, ...]) -> None:
        if key in path:
            circle = " -> ".join((*path[path.index(key) :], key))
            raise Invalid(f"measures read each other in a circle: {circle}", place=path[0], code="measure_cycle")
        if key not in self.by_key:
            raise Invalid(f"reads the measure '{key}', which does not exist", place=path[-1], code="unknown_measure")
        for other in references(self.by_key[key]):
            self._check(other, (*path, key))


def evaluate(
    definitions: Sequence[Definition],
    substrate: Substrate,
    keys: Iterable[str] | None = None,
    context: MeasureContext | None = None,
) -> dict[str, Floats]:
    """Columns of definitions over a substrate; keep a MeasureSet where it happens more than once."""
    return MeasureSet(definitions, context).evaluate(substrate, keys)
