"""Named events of the past: what lets subjects in, and what runs wait for.

Gives : NamedEvents, EventsOfPast, no_events()
Source: the lake's table of events; only events that a journey names are ever read one by one
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NamedEvents:
    """Events (n,) in the order of time. at: microseconds UTC; row: place of the account in the block; code: into names;
    user_key: 'u:<userId>' or 'a:<anonymousId>'; properties: JSON texts, read when they are looked at."""

    names: tuple[str, ...]
    at: Ints
    row: Ints
    code: Ints
    user_key: Sequence[str]
    properties: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.at)

    def named(self, name: str) -> Ints:
        """Places of the events of a name."""
        return np.flatnonzero(self.code == self.names.index(name)) if name in self.names else np.empty(0, np.int64)

    def body(self, place: int) -> dict[str, Any]:
        """Properties of one event; empty where they cannot be read as an object."""
        text = self.properties[place]
        read = msgspec.json.decode(text) if text else {}
        return dict(read) if isinstance(read, Mapping) else {}


class EventsOfPast(Protocol):
    """Whoever can find named events of some accounts: the lake."""

    def named_events(self, accounts: Ints, names: Sequence[str], since: int, until: int) -> NamedEvents:
        """Events of those names on the days since .. until; `row` is the place in `accounts`."""
        ...


def no_events(names: Sequence[str] = ()) -> NamedEvents:
    """None at all."""
    nothing = np.empty(0, np.int64)
    return NamedEvents(tuple(names), nothing, nothing, nothing, (), ())
