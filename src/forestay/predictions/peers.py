"""Whom an account is compared with: others of about its size, or a segment that the caller names.

Reads : training rows (n, k) with yearly revenue; quantiles kept in a model's document
Gives : peer_groups(), Peers, Standing
Source: DESIGN section 6 ('peer percentile'); sizes are thirds of the workspace's own accounts by yearly revenue, so
        'mid-market' means the middle of this company's customers
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from forestay.predictions.model_document import FeatureSummary, ModelDocument, PeerGroup
from forestay.predictions.snapshots import Floats, Snapshots

SIZES = ("small", "mid-market", "large")
STEPS = 21
"""Quantiles kept: 0, 5, ... 100 %."""
FEWEST = 60
"""Accounts of known revenue below which there are no sizes."""
_ALL = "all accounts"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a value lies among peers. below, above: share 0-1 of peers with a lower, a higher value; among: whom, in
    words ('mid-market accounts')."""

    below: float
    above: float
    among: str


@dataclass(frozen=True)
class Peers:
    """Quantiles by segment and column. segments: segment -> column -> ascending quantiles, evenly spaced from the
    lowest to the highest; '' is everybody. bounds: (over, up to) of yearly revenue by segment where that decides."""

    segments: Mapping[str, Mapping[str, npt.NDArray[np.floating]]]
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: ModelDocument) -> Peers:
        """As kept with the model."""
        named = {"": document.features} | {one.name: one.features for one in document.peers}
        segments = {
            name: {one.name: np.array(one.quantiles) for one in features if one.quantiles}
            for name, features in named.items()
        }
        bounds = {
            one.name: (
                -np.inf if one.over_arr is None else one.over_arr,
                np.inf if one.up_to_arr is None else one.up_to_arr,
            )
            for one in document.peers
        }
        return cls(segments, bounds)

    def segment_of(self, arr: float) -> str:
        """The size of an account by its yearly revenue; '' when unknown."""
        for name, (over, up_to) in self.bounds.items():
            if over < arr <= up_to:
                return name
        return ""

    def standing(self, column: str, value: float, segment: str = "") -> Standing | None:
        """Where the value lies; among everybody when the segment does not know the column; None when nobody does."""
        for name in (segment, ""):
            quantiles = self.segments.get(name, {}).get(column)
            if quantiles is not None and len(quantiles) and not np.isnan(value):
                among = f"{name} accounts" if name else _ALL
                return Standing(_share_below(quantiles, value), _share_below(-quantiles[::-1], -value), among)
        return None


def peer_groups(x: Snapshots) -> tuple[PeerGroup, ...]:
    """Thirds by yearly revenue of the accounts (their last snapshot); none when too few have revenue."""
    last = _last_rows(x)
    arr = x.arr[last]
    known = last[~np.isnan(arr)]
    if len(known) < FEWEST:
        return ()
    cuts = [None, *(float(one) for one in np.quantile(x.arr[known], [1 / 3, 2 / 3])), None]
    made = (_group(x, known, name, cuts[at], cuts[at + 1]) for at, name in enumerate(SIZES))
    return tuple(one for one in made if one.accounts >= FEWEST // len(SIZES) // 2)


def _group(x: Snapshots, rows: npt.NDArray[np.intp], name: str, over: float | None, up_to: float | None) -> PeerGroup:
    arr = x.arr[rows]
    inside = (arr > (-np.inf if over is None else over)) & (arr <= (np.inf if up_to is None else up_to))
    features = tuple(_summary(column, x.values[rows[inside], at]) for at, column in enumerate(x.names))
    return PeerGroup(name=name, over_arr=over, up_to_arr=up_to, accounts=int(inside.sum()), features=features)


def _summary(name: str, values: Floats) -> FeatureSummary:
    known = values[~np.isnan(values)].astype(np.float64)
    quantiles: Sequence[float] = np.quantile(known, np.linspace(0, 1, STEPS)).tolist() if len(known) else ()
    return FeatureSummary(name=name, missing=1 - len(known) / max(len(values), 1), quantiles=tuple(quantiles))


def _last_rows(x: Snapshots) -> npt.NDArray[np.intp]:
    """The row of each account's latest day."""
    order = np.lexsort((x.as_of_days, x.account_ids))
    ids = x.account_ids[order]
    last: npt.NDArray[np.intp] = order[np.append(ids[1:] != ids[:-1], np.ones(min(len(ids), 1), bool))]
    return last


def _share_below(quantiles: npt.NDArray[np.floating], value: float) -> float:
    """Share of peers strictly below the value, between the quantiles on a straight line."""
    at = int(np.searchsorted(quantiles, value))
    if at == 0:
        return 0.0
    if at == len(quantiles):
        return 1.0
    before, after = float(quantiles[at - 1]), float(quantiles[at])
    return (at - 1 + (value - before) / (after - before)) / max(len(quantiles) - 1, 1)
