"""The accounts that an intervention could have reached, as columns: one row each.

Gives : Subjects, Floats, Flags, Ints

`outcome` is turned so that more is better (of churn: 1 = stayed), hence an effect above zero is always good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Subjects:
    """In order of time (n,). values: (n, k) as known before, NaN = missing; outcome: 0 to 1 or money, NaN = not known
    yet; chance: of being treated as it was dealt, 0 to 1, NaN where nobody dealt; money: ARR before, NaN unknown."""

    account_ids: Ints
    names: tuple[str, ...]
    values: Floats
    is_treated: Flags
    outcome: Floats
    chance: Floats
    money: Floats

    def __len__(self) -> int:
        return len(self.account_ids)

    def take(self, rows: Ints | Flags) -> Subjects:
        """Those of some places, or where a flag is set."""
        return Subjects(
            self.account_ids[rows], self.names, self.values[rows], self.is_treated[rows], self.outcome[rows],
            self.chance[rows], self.money[rows],
        )  # fmt: skip

    @property
    def known(self) -> Subjects:
        """Those whose outcome is known."""
        return self.take(~np.isnan(self.outcome))

    @property
    def is_dealt(self) -> bool:
        """Whether chance alone decided who was treated, for every one of them."""
        return bool(len(self) and np.isfinite(self.chance).all())

    @property
    def fewest(self) -> int:
        """How many stand in the smaller of the two groups."""
        treated = int(self.is_treated.sum())
        return min(treated, len(self) - treated)
