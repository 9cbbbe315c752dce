"""The named column table that conditions are asked of: every value of some accounts, by name, when needed.

Gives: ColumnTable, Events, UnknownColumn, Values
Columns are numpy arrays broadcastable to the table's shape: (accounts,) online, (accounts, days)
offline. float64 with NaN = missing, bool, or object arrays of str with None = missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from forestay.conditions.document import Condition
from forestay.kit.errors import Invalid
from forestay.measures.substrate import spread

Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Events(Protocol):
    """What inline event parts read; a measures.Substrate is one."""

    def event_count(self, series: str, days: int, ending_days_ago: int = 0) -> Floats:
        """Events of the series in the last `days` days, NaN when the source is not connected."""
        ...

    def days_since_event(self, series: str) -> Floats:
        """Whole days since the last one, NaN when there never was one in reach."""
        ...


class UnknownColumn(Invalid):
    """No column of this name exists; check the spelling against the names that are near."""

    code = "unknown_column"

    def __init__(self, name: str, known: Iterable[str], *, place: str = "") -> None:
        self.name, self.near = name, get_close_matches(name, list(known), n=3, cutoff=0.6)
        hint = f"; did you mean {' or '.join(self.near)}?" if self.near else ""
        super().__init__(f"there is no column '{name}'{hint}", place=place)


class ColumnTable:
    """Columns by name: given ones, lazy ones (computed once, when first asked), and families by prefix.

    shape: (accounts,) or (accounts, days). families: 'trait' -> function of the rest of the name, giving
    the values or None when there is no such column. events: None when no event can be read here;
    events_known: False when the telemetry source was never connected, so that 'no event' is unknown.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        columns: Mapping[str, Values] | None = None,
        *,
        lazy: Mapping[str, Callable[[], Values]] | None = None,
        families: Mapping[str, Callable[[str], Values | None]] | None = None,
        events: Events | None = None,
        events_known: bool | Flags = True,
        segments: Mapping[str, Condition] | None = None,
    ) -> None:
        self.shape = shape
        self.events, self.events_known = events, events_known
        self.segments: Mapping[str, Condition] = segments or {}
        self.judged: dict[str, tuple[Flags, Flags]] = {}
        """Segments already judged, as (yes, no)."""
        self._columns: dict[str, Values] = dict(columns or {})
        self._lazy = dict(lazy or {})
        self._families = dict(families or {})

    def __getitem__(self, name: str) -> Values:
        """The column. Raises UnknownColumn with near names."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._resolve(name)
        return found

    def __contains__(self, name: str) -> bool:
        try:
            self[name]
        except UnknownColumn:
            return False
        return True

    def floats(self, name: str) -> Floats:
        """The column as float64 of the table's shape; a text column is all missing."""
        values = self[name]
        if values.dtype == object:
            return np.full(self.shape, np.nan)
        return spread(values.astype(np.float64, copy=False), self.shape)

    def put(self, name: str, values: Values) -> None:
        """Add a column that was computed from others, or replace one; what was judged before is forgotten."""
        self._columns[name] = values
        self.judged.clear()

    def lazily(self, name: str, compute: Callable[[], Values]) -> None:
        """Add a column that is computed when it is first asked for."""
        self._lazy[name] = compute

    def add_family(self, name: str, values_of: Callable[[str], Values | None]) -> None:
        """Columns '<name>.<rest>' by a function of the rest, beside those that there are."""
        self._families[name] = values_of

    def forget(self) -> None:
        """Let go of every column and of what would compute one; the table answers nothing any more."""
        for part in (self._columns, self._lazy, self._families, self.judged):
            part.clear()
        self.events = None

    def names(self) -> list[str]:
        """Every column that can be listed (families answer more)."""
        return sorted({*self._columns, *self._lazy})

    def _resolve(self, name: str) -> Values:
        if name in self._lazy:
            return self._lazy[name]()
        family, _, rest = name.partition(".")
        values = self._families[family](rest) if family in self._families else None
        if values is None:
            raise UnknownColumn(name, self.names())
        return values
