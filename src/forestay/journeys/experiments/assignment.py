"""Who gets which arm: sticky by hash, moved only where a share changed, and with the probability written down.

Reads : numbers of accounts or contacts, an Allocation (shares as they are now)
Gives : Allocation, assign(), is_held_out(), holdout_odds(), HOLDOUT, TREATED, JOURNEY_HOLDOUT, GLOBAL_HOLDOUT
Source: kit.buckets (XXH64); Kohavi, Tang, Xu, 'Trustworthy Online Controlled Experiments' (2020), chapter 4.4:
        assignment by a hash of the unit and the experiment; a new bucket version deals the cards anew on purpose.

The arms lie side by side in [0, 1) in the document's order, each as wide as its share. An arm that a guard rail stopped
keeps its place there; only those who fall into it are dealt out anew among the arms that are left, by their shares.
So a stopped arm moves nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forestay.kit.buckets import buckets

HOLDOUT, TREATED = "holdout", "treated"
"""Arms of a holdout, as exposures name them. A split may have an arm called 'holdout' of its own."""

JOURNEY_HOLDOUT, GLOBAL_HOLDOUT = "$holdout", "$global"
"""The `test` of exposures that tell who is held out of a journey, and out of every journey."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Allocation:
    """How a test spreads its subjects now.

    shares: arm -> percent, 0 to 100, together 100, in the document's order. stopped: arms that get nobody any more.
    bucket_version: from 1; a higher one deals everybody anew.
    """

    shares: Mapping[str, float]
    bucket_version: int = 1
    stopped: frozenset[str] = field(default_factory=frozenset)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms in the document's order; `assign` answers with places in it."""
        return tuple(self.shares)

    @property
    def propensities(self) -> dict[str, float]:
        """arm -> probability with which a new subject gets it (0 to 1): what an exposure keeps as `shares`."""
        whole = sum(self.shares.values())
        open_share = sum(share for arm, share in self.shares.items() if arm not in self.stopped)
        if open_share <= 0:  # every arm is stopped: the shares count as before, so that nobody is left without a way
            return {arm: share / whole for arm, share in self.shares.items()}
        return {arm: 0.0 if arm in self.stopped else share / open_share for arm, share in self.shares.items()}


def assign(keys: Ints, journey: str, test: str, allocation: Allocation) -> Ints:
    """Arm of each subject. keys: account or contact numbers (n,); gives places in `allocation.arms` (n,).

    >>> half = Allocation({"a": 50, "b": 50})
    >>> assign(np.arange(6), "rescue", "split", half).tolist()
    [1, 1, 0, 0, 0, 1]
    """
    salt = f"test:{journey}:{test}:{allocation.bucket_version}"
    arms = _deal(keys, salt, np.array([*allocation.shares.values()], np.float64))
    chances = np.array([*allocation.propensities.values()], np.float64)
    stopped = np.flatnonzero(chances[arms] == 0)
    if len(stopped):
        arms[stopped] = _deal(keys[stopped], f"{salt}:again", chances)
    return arms


def is_held_out(accounts: Ints, share: float, journey: str | None = None) -> npt.NDArray[np.bool_]:
    """Whether each account is held out of a journey, or of all journeys (None), for good.

    accounts: numbers (n,); share: 0 to 1. The two holdouts are drawn independently. Contacts go with their account, so
    that colleagues are treated alike.
    """
    salt = "holdout" if journey is None else f"holdout:journey:{journey}"
    return buckets(accounts, salt) < share


def holdout_odds(share: float) -> dict[str, float]:
    """What an exposure to a holdout keeps as `shares`; share: 0 to 1. The exposure's arm is HOLDOUT or TREATED."""
    return {TREATED: 1 - share, HOLDOUT: share}


def _deal(keys: Ints, salt: str, weights: npt.NDArray[np.float64]) -> Ints:
    edges = np.cumsum(weights / weights.sum())
    edges[np.flatnonzero(weights)[-1] :] = 1.0  # rounding never leaves anybody beyond the last arm that takes people
    return np.searchsorted(edges, buckets(keys, salt), side="right").astype(np.int64)
