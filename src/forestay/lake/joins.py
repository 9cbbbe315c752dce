"""Accounts and users that turned out to be one: who stands for whom.

Reads : lake table `joins`
Gives : Joins
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Joins:
    """Numbers that stay for numbers that went, built by following the joins in their order.

    >>> joins = Joins.of([(1, 2), (2, 5)])
    >>> joins.into(1), joins.into(2), joins.into(9), sorted(joins.gone_into(5))
    (5, 5, 9, [1, 2])
    """

    _stays: dict[int, int] = field(default_factory=dict)
    _gone: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Joins:
        """From (gone, into), in the order in which they happened."""
        joins = cls()
        for gone, into in pairs:
            joins.add(gone, into)
        return joins

    def add(self, gone: int, into: int) -> None:
        """`gone`, and all that had gone into it, became part of `into`."""
        stays, goes = self.into(into), self.into(gone)
        if stays == goes:
            return
        moved = self._gone.pop(goes, set()) | {goes}
        self._gone.setdefault(stays, set()).update(moved)
        self._stays.update(dict.fromkeys(moved, stays))

    def into(self, number: int) -> int:
        """The number that stands for it now; itself when it never went."""
        return self._stays.get(number, number)

    def gone_into(self, number: int) -> frozenset[int]:
        """All numbers that went into this one."""
        return frozenset(self._gone.get(number, ()))

    def items(self) -> Iterable[tuple[int, int]]:
        """(gone, into) for every number that went."""
        return self._stays.items()
