"""Tokens for the next turn of the machine, and what woke each.

Gives : Ready
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forestay.journeys.moves import Ints, Wake


@dataclass(slots=True)
class Ready:
    """Gathered in the order of moments; a token may be woken by several things."""

    places: list[Ints] = field(default_factory=list)
    woken: list[Wake | None] = field(default_factory=list)

    def add(self, places: Ints, woken: Sequence[Wake | None]) -> None:
        """Some more, place for place."""
        if len(places):
            self.places.append(places)
            self.woken += woken

    def once(self) -> tuple[Ints, list[Wake | None], Mapping[int, Sequence[Wake]]]:
        """Every token once with what woke it first, and by its index what else did."""
        if not self.places:
            return np.empty(0, np.int64), [], {}
        whole = np.concatenate(self.places)
        places, first, index = np.unique(whole, return_index=True, return_inverse=True)
        later: dict[int, list[Wake]] = {}
        if len(places) < len(whole):
            is_first = np.zeros(len(whole), bool)
            is_first[first] = True
            for n in np.flatnonzero(~is_first).tolist():
                wake = self.woken[n]
                if wake is not None:
                    later.setdefault(int(index[n]), []).append(wake)
        return places, [self.woken[n] for n in first.tolist()], later
