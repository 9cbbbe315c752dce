"""What a run keeps of the event or the signal that let it in: what its document names, and small things besides.

Reads : Compiled, the run's first values
Gives : kept()
A waiting run costs its rows: an event of 30 kB would be 30 kB a run. Templates of messages may use what the document
does not name, so whatever is small is kept as well, up to OTHERS bytes together.
"""

from __future__ import annotations

from typing import Any

import msgspec

from forestay.journeys.compiled import Compiled
from forestay.journeys.run_columns import EVENT, SIGNAL

OTHERS = 600
"""Bytes of JSON that properties may take together which the document does not name."""


def kept(compiled: Compiled, values: dict[str, Any]) -> dict[str, Any]:
    """The values without what is large and not named. Values that were given to the run stay as they are."""
    told = {
        part: _kept_of(compiled.words, values[part]) for part in (EVENT, SIGNAL) if isinstance(values.get(part), dict)
    }
    return {**values, **told} if told else values


def _kept_of(words: str, properties: dict[str, Any]) -> dict[str, Any]:
    if len(msgspec.json.encode(properties)) <= OTHERS:
        return properties
    left, found = OTHERS, {}
    for name, value in properties.items():
        if name in words:
            found[name] = value
            continue
        size = len(name) + len(msgspec.json.encode(value))
        if size <= left:
            found[name], left = value, left - size
    return found
