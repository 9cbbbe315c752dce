"""Traits of accounts as columns: what is true of an account now.

Reads : columns of the account (plan, seats, renews_on, ...) and keys of its traits
Gives : TraitColumns
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forestay.customers.kinds import account_field
from forestay.kit.clock import number_of
from forestay.measures.ring import Ints
from forestay.measures.substrate import Floats, Values

Trait = str | float | int | bool | date | None
MAX_KEYS = 500
"""Keys beyond this many are not kept as columns; the account's JSON still has them."""


class TraitColumns:
    """One column for each key, by row: float64 for numbers, flags (0/1) and dates (day numbers), else text.

    A key that first came as a number and then as text becomes text for every account; numbers among
    text are written as text. Missing is NaN or None.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, Floats] = {}
        self._texts: dict[str, npt.NDArray[np.object_]] = {}
        self.dropped_keys = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that any account has had."""
        return (*self._numbers, *self._texts)

    def set(self, row: int, key: str, value: Trait) -> None:
        """Set one trait; None forgets it."""
        if key not in self._numbers and key not in self._texts and not self._admit(key, value):
            return
        if key in self._numbers and isinstance(value, str):
            self._become_text(key)
        if key in self._numbers:
            self._numbers[key] = _at_least(self._numbers[key], row, np.nan)
            self._numbers[key][row] = _number(value)
        else:
            self._texts[key] = _at_least(self._texts[key], row, None)
            self._texts[key][row] = _text(value)

    def set_many(self, row: int, traits: Mapping[str, Trait]) -> None:
        """Set several traits of one account."""
        for key, value in traits.items():
            self.set(row, key, value)

    def get(self, key: str, rows: Ints | slice) -> Values:
        """The trait of rows (n,): float64 or object array; all NaN for a key that nobody has.

        A key under which nobody has one may be another name of a field: who tells a 'tier' tells the plan.
        """
        if key not in self._texts and key not in self._numbers:
            key = account_field(key)
        at = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        if key in self._texts:
            return _read(self._texts[key], at, None)
        return _read(self._numbers.get(key, np.empty(0)), at, np.nan)

    def clear(self, row: int) -> None:
        """Forget everything about one account."""
        for column in self._numbers.values():
            column[row : row + 1] = np.nan
        for texts in self._texts.values():
            texts[row : row + 1] = None

    def dump(self, folder: Path) -> None:
        """Write the columns: numbers as numpy files, text as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        names = list(self._numbers)
        for n, name in enumerate(names):
            np.save(folder / f"traits-{n:05}.npy", self._numbers[name], allow_pickle=False)
        texts = {key: column.tolist() for key, column in self._texts.items()}
        (folder / "traits.json").write_text(json.dumps({"numbers": names, "texts": texts}))

    @classmethod
    def load(cls, folder: Path) -> TraitColumns:
        """Read back what dump() wrote."""
        traits, kept = cls(), json.loads((folder / "traits.json").read_text())
        for n, name in enumerate(kept["numbers"]):
            traits._numbers[name] = np.load(folder / f"traits-{n:05}.npy", allow_pickle=False)
        for key, values in kept["texts"].items():
            traits._texts[key] = np.array([*values, None], object)[:-1]
        return traits

    def _admit(self, key: str, value: Trait) -> bool:
        if value is None:
            return False
        if len(self._numbers) + len(self._texts) >= MAX_KEYS:
            self.dropped_keys += 1
            return False
        if isinstance(value, str):
            self._texts[key] = np.empty(0, object)
        else:
            self._numbers[key] = np.empty(0, np.float64)
        return True

    def _become_text(self, key: str) -> None:
        numbers = self._numbers.pop(key)
        column = np.empty(len(numbers), object)
        column[:] = [None if np.isnan(number) else f"{number:.15g}" for number in numbers]
        self._texts[key] = column


def _number(value: Trait) -> float:
    """A number as it stands in a column.

    >>> _number(date(1970, 1, 3)), _number(True)
    (2.0, 1.0)
    """
    if isinstance(value, datetime):
        return float(number_of(value.date()))
    if isinstance(value, date):
        return float(number_of(value))
    return float("nan") if value is None else float(value)


def _text(value: Trait) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else f"{value:.15g}"


def _at_least(column: Values, row: int, empty: float | None) -> Values:
    if row < len(column):
        return column
    longer = np.full(max(64, row + 1 + row // 2), empty, column.dtype)
    longer[: len(column)] = column
    return longer


def _read(column: Values, rows: Ints, empty: float | None) -> Values:
    out = np.full(len(rows), empty, column.dtype)
    known = rows < len(column)
    out[known] = column[rows[known]]
    return out
