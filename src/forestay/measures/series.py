"""Which events feed which series of the activity cube.

Reads : measures.features (features, roles of events), event names that measures and conditions mention
Gives : SeriesBook, Expanded, ANY
Source: DESIGN section 4; names as in measures.substrate.

Only names that feed a series of their own get a code; every other name, however many there are, is code 0 and
feeds 'any' alone. So the dictionary is as large as the configuration and never as large as the stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.measures.features import EventRoles, FeatureBook
from forestay.measures.ring import Ints

ANY = "any"
OTHER_CODE = 0
_Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Expanded:
    """One entry for every (event, series) that it feeds; arrays int64 (n,)."""

    rows: Ints
    series: Ints
    days: Ints
    weights: Ints | None


class SeriesBook:
    """Series by index ('any' is 0) and the series that each event name feeds.

    >>> book = SeriesBook.build(FeatureBook(), {}, events=["Report Run"])
    >>> book.names, book.codes(["Report Run", "Never Heard Of"]).tolist()
    (('any', 'event:Report Run'), [1, 0])
    """

    def __init__(self, names: Sequence[str], feeding: Mapping[str, Sequence[int]]) -> None:
        """names[0] is 'any'; feeding: event name -> series indices, without 0 (which all feed)."""
        self.names = tuple(names)
        self._index = {name: n for n, name in enumerate(self.names)}
        self._code = {event: n for n, event in enumerate(feeding, start=1)}
        lists = [[0], *([0, *sorted(set(series) - {0})] for series in feeding.values())]
        self._sizes = np.array([len(entry) for entry in lists], np.int64)
        self._starts = np.concatenate(([0], np.cumsum(self._sizes)))[:-1]
        self._series = np.array([series for entry in lists for series in entry], np.int64)

    @classmethod
    def build(
        cls, features: FeatureBook, roles: EventRoles, events: Iterable[str] = (), before: SeriesBook | None = None
    ) -> SeriesBook:
        """The series of a configuration; series of the book `before` keep their index, new ones come behind."""
        wanted: dict[str, tuple[str, ...]] = {f"feature:{f.key}": f.events for f in features.features}
        wanted["features:sticky"] = features.events(sticky=True)
        wanted["features:premium"] = features.events(premium=True)
        wanted |= {f"role:{role}": names for role, names in roles.items()}
        wanted |= {f"event:{name}": (name,) for name in events}
        wanted = {name: fed_by for name, fed_by in wanted.items() if fed_by}
        kept = before.names if before else (ANY,)
        names = [*kept, *(name for name in wanted if name not in kept)]
        index = {name: n for n, name in enumerate(names)}
        feeding: dict[str, list[int]] = {}
        for name, fed_by in wanted.items():
            for event in fed_by:
                feeding.setdefault(event, []).append(index[name])
        return cls(names, feeding)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def event_names(self) -> tuple[str, ...]:
        """Event names with a code, by code - 1."""
        return tuple(self._code)

    def index(self, name: str) -> int | None:
        """Index of a series, None for a series that nothing feeds (its counts are 0)."""
        return self._index.get(name)

    def codes(self, events: Iterable[str]) -> _Codes:
        """Codes of event names, int32; 0 = feeds 'any' only."""
        find = self._code.get
        return np.fromiter((find(name, OTHER_CODE) for name in events), np.int32)

    def series_of(self, event: str) -> tuple[int, ...]:
        """The series that an event name feeds, 'any' first."""
        code = self._code.get(event, OTHER_CODE)
        start = int(self._starts[code])
        return tuple(int(s) for s in self._series[start : start + int(self._sizes[code])])

    def events_of(self, name: str) -> tuple[str, ...]:
        """The event names that feed a series; empty for 'any', which every name feeds."""
        index = self._index.get(name)
        return () if not index else tuple(event for event in self._code if index in self.series_of(event))

    def expand(
        self,
        codes: npt.NDArray[np.integer],
        rows: npt.NDArray[np.integer],
        days: npt.NDArray[np.integer],
        weights: npt.NDArray[np.integer] | None = None,
    ) -> Expanded:
        """Every event (arrays (n,)) once for each series that it feeds, ready for ActivityCube.add()."""
        sizes = self._sizes[codes]
        source = np.repeat(np.arange(len(codes)), sizes)
        ends = np.cumsum(sizes)
        inside = np.arange(len(source)) - np.repeat(ends - sizes, sizes)
        series = self._series[np.repeat(self._starts[codes], sizes) + inside]
        taken = None if weights is None else weights[source].astype(np.int64, copy=False)
        where, when = rows[source].astype(np.int64, copy=False), days[source].astype(np.int64, copy=False)
        return Expanded(where, series, when, taken)
