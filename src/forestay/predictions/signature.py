"""The success signature: what loyal, high-value accounts do, and where an account falls short of it.

Reads : Snapshots; which rows were of loyal, high-value accounts; a segment for each row
Gives : Signature, SegmentSignature, Shortfalls, Shortfall, fit_signature(), loyal_rows(), loyal_ones()
Source: REQUIREMENTS C5; DESIGN section 6 (one-sided deviations from loyal accounts plus conformal p-value); measured in
        docs/trajectory-and-anomalies.md

No churn is needed to learn it, so it works from the first day. A measure counts only on its worse side: nobody is
reproached for using more than others. How far an account falls short is the mean of its distances in units of the
loyal accounts' own spread (all measures alike: weights by how well each tells loyal accounts from the rest did worse).
The p-value is the chance that a loyal account, of those not learned from, falls as short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from forestay.kit.errors import ForestayError
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.predictions.conformal import conformal_p
from forestay.predictions.snapshots import Flags, Snapshots

Floats = npt.NDArray[np.float64]
Segments = npt.NDArray[np.object_]
"""The segment of each row (n,) of str, EVERYBODY where it has none."""
Document = dict[str, JsonValue]

KIND = "signature"
EVERYBODY = ""
"""The segment of accounts whose own has too few loyal ones."""
FEWEST_LOYAL = 30
"""Loyal accounts of a segment below which it has no signature of its own."""
LOYAL_TENURE_DAYS, LOYAL_YEARS_AHEAD = 365, 0.5
UNUSUAL = 0.05
"""p below it: few loyal accounts look like this."""

_QUANTILES = np.linspace(0, 1, 21)
_USUAL_LOW, _MIDDLE, _USUAL_HIGH = 4, 10, 16
"""Places of the 20 %, 50 % and 80 % quantile: what is called usual lies between the outer two."""
_FARTHEST = 4.0
_KEPT_SCORES = 201
_LEFT_OUT = frozenset({"mrr", "seats_contracted", "tenure_days"})
"""Size and age are no behaviour."""


class NoLoyalAccounts(ForestayError):
    """Too few accounts have been loyal for long enough to learn from: wait, or import history."""

    code = "no_loyal_accounts"
    http_status = 409

    def __init__(self, accounts: int) -> None:
        super().__init__(f"a success signature needs {FEWEST_LOYAL} loyal accounts; there are {accounts}")


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One measure on which an account falls short: its value, what is usual (20 % to 80 % of loyal accounts), the share
    of loyal accounts that do better (0-1), how much it adds to the score, and a sentence."""

    column: str
    value: float
    usual_low: float
    usual_high: float
    share_better: float
    weight: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """Of n accounts. score: 0 = nothing short, about 4 at most; NaN where hardly anything is known. p: chance that a
    loyal account falls as short, 0-1. parts (n, k): what each column adds to the score. source: segment judged by."""

    names: tuple[str, ...]
    score: Floats
    p: Floats
    parts: Floats
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SegmentSignature:
    """quantiles (k, 21) of loyal accounts, 0, 5, ... 100 %; spread (k,): distance from the middle to the worse fifth;
    weight (k,): sums to 1, 0 where loyal accounts are all alike; ordinary: scores of loyal accounts not learned from; accounts: loyal ones learned from."""

    quantiles: Floats
    spread: Floats
    weight: Floats
    ordinary: Floats
    accounts: int


@dataclass(frozen=True, slots=True)
class Signature:
    """names (k,): columns; better (k,): +1 where more is better, -1 where less is; labels (k,): for sentences;
    segments: by name, EVERYBODY always among them. by: the column of an account that names its segment, '' for none."""

    names: tuple[str, ...]
    better: Floats
    labels: tuple[str, ...]
    segments: dict[str, SegmentSignature]
    by: str = ""

    def judge(self, x: Snapshots, segment: Segments) -> Shortfalls:
        """How far the rows (n,) fall short of the loyal accounts of their segments (n,) of str."""
        values = x.only(self.names).values.astype(np.float64)
        source = np.array([one if one in self.segments else EVERYBODY for one in segment], object)
        score, p, parts = np.full(len(x), np.nan), np.full(len(x), np.nan), np.zeros(values.shape)
        for name in set(source.tolist()):
            rows, form = np.flatnonzero(source == name), self.segments[name]
            parts[rows] = _parts(values[rows], form.quantiles, form.spread, form.weight, self.better)
            score[rows] = _score(parts[rows], values[rows], form.weight)
            p[rows] = conformal_p(score[rows], form.ordinary)
        return Shortfalls(self.names, score, p, parts, tuple(source.tolist()))

    def told(self, found: Shortfalls, x: Snapshots, row: int, most: int = 5) -> list[Shortfall]:
        """Where one row falls short most, largest first; only columns on which it lies outside what is usual."""
        form, values = self.segments[found.source[row]], x.only(self.names).values[row].astype(np.float64)
        told: list[Shortfall] = []
        for at in np.argsort(-found.parts[row], kind="stable"):
            low, high = form.quantiles[at, _USUAL_LOW], form.quantiles[at, _USUAL_HIGH]
            is_short = values[at] < low if self.better[at] > 0 else values[at] > high
            if found.parts[row, at] > 0 and is_short and len(told) < most:
                told.append(self._shortfall(found.source[row], int(at), float(values[at]), float(found.parts[row, at])))
        return told

    def _shortfall(self, segment: str, at: int, value: float, part: float) -> Shortfall:
        form = self.segments[segment]
        quantiles = form.quantiles[at]
        ahead = quantiles > value if self.better[at] > 0 else quantiles < value
        share = float(np.clip(ahead.mean(), 0.05, 0.99))
        low, high = float(quantiles[_USUAL_LOW]), float(quantiles[_USUAL_HIGH])
        usual = _number(low) if _number(low) == _number(high) else f"{_number(low)} to {_number(high)}"
        sentence = f"{self.labels[at]}: {_number(value)}, where {loyal_ones(segment)} have {usual}; {share:.0%} of them do better."
        return Shortfall(self.names[at], value, low, high, share, part, sentence)

    def to_document(self) -> Document:
        """JSON of plain numbers."""
        segments: dict[str, JsonValue] = {
            name: {
                "quantiles": [[_short(one) for one in row] for row in form.quantiles.tolist()],
                "spread": [_short(one) for one in form.spread.tolist()],
                "weight": [_short(one) for one in form.weight.tolist()],
                "ordinary": [_short(one) for one in form.ordinary.tolist()],
                "accounts": form.accounts,
            }
            for name, form in self.segments.items()
        }
        return {"kind": KIND, "names": list(self.names), "better": self.better.tolist(), "labels": list(self.labels),
                "segments": segments, "by": self.by}  # fmt: skip

    @classmethod
    def from_document(cls, document: Document) -> Signature:
        """Read what to_document() gave."""
        written = cast(dict[str, Any], document)
        segments = {name: _read_segment(form) for name, form in written["segments"].items()}
        names, labels = tuple(written["names"]), tuple(written["labels"])
        return cls(names, np.array(written["better"]), labels, segments, written.get("by", ""))


def _read_segment(form: dict[str, Any]) -> SegmentSignature:
    quantiles, spread, weight, ordinary = (
        np.array(form[key], np.float64) for key in ("quantiles", "spread", "weight", "ordinary")
    )
    return SegmentSignature(quantiles, spread, weight, ordinary, form["accounts"])


def loyal_ones(segment: str) -> str:
    """How sentences name the loyal accounts of a segment.

    >>> loyal_ones("pro"), loyal_ones("")
    ("loyal 'pro' accounts", 'loyal accounts')
    """
    return f"loyal '{segment}' accounts" if segment else "loyal accounts"


def loyal_rows(x: Snapshots, stays_days: Floats, segment: Segments | None = None) -> Flags:
    """Rows (n,) of loyal, high-value accounts: customers for a year, known to stay half a year more, revenue in the
    upper half of all, or of their segment. stays_days (n,): days after the snapshot for which the account is known to
    have stayed."""
    value, is_valuable = np.nan_to_num(x.arr), np.zeros(len(x), bool)
    for name in np.unique(segment) if segment is not None else (EVERYBODY,):
        here = np.ones(len(x), bool) if segment is None else segment == name
        known = value[here & (value > 0)]
        is_valuable |= here & (value >= (np.median(known) if len(known) else 0.0))
    with np.errstate(invalid="ignore"):
        tenure = x.column("measure.tenure_days")
        is_old = (tenure >= LOYAL_TENURE_DAYS) | np.isnan(tenure)
    return np.asarray(is_valuable & is_old & (stays_days >= 365 * LOYAL_YEARS_AHEAD), bool)


def fit_signature(
    x: Snapshots, loyal: Flags, segment: Segments, *, better: Mapping[str, bool] | None = None, by: str = "",
    loyal_there: Flags | None = None,
) -> Signature:  # fmt: skip
    """Learn from snapshots (n,), one or several of an account. better: column -> whether more is better; from the
    default measures if None. by: the column that names segments; loyal_there: loyal by the standards of their segment,
    `loyal` if None. Raises NoLoyalAccounts."""
    known = better if better is not None else _known_better()
    names = tuple(name for name in x.names if name in known and np.isfinite(x.column(name)[loyal]).any())
    side = np.array([1.0 if known[name] else -1.0 for name in names])
    if len(np.unique(x.account_ids[loyal])) < FEWEST_LOYAL or not names:
        raise NoLoyalAccounts(len(np.unique(x.account_ids[loyal])))
    values = x.only(names).values.astype(np.float64)
    segments = {EVERYBODY: _segment(values, loyal, x.account_ids, side)}
    own = loyal if loyal_there is None else loyal_there
    for name in sorted({one for one in segment.tolist() if one}):
        here = segment == name
        if len(np.unique(x.account_ids[own & here])) >= FEWEST_LOYAL:
            segments[name] = _segment(values[here], own[here], x.account_ids[here], side)
    labels = {f"measure.{one.key}": one.label for one in DEFAULT_MEASURES}
    told = tuple(labels.get(name, name.partition(".")[2].replace("_", " ").capitalize()) for name in names)
    return Signature(names, side, told, segments, by)


def _segment(values: Floats, loyal: Flags, accounts: npt.NDArray[np.integer], side: Floats) -> SegmentSignature:
    """Learn from two loyal accounts of three; the third says what scores are ordinary."""
    kept = loyal & (accounts % 3 == 0)
    learned = loyal & ~kept if kept.any() and (loyal & ~kept).any() else loyal
    quantiles = np.stack([_quantiles(values[learned, at]) for at in range(values.shape[1])])
    worse = np.where(side > 0, quantiles[:, _USUAL_LOW], quantiles[:, _USUAL_HIGH])
    spread = np.abs(quantiles[:, _MIDDLE] - worse)
    wide = np.abs(quantiles[:, -2] - quantiles[:, 1])
    spread = np.maximum(np.where(spread > 0, spread, wide / 4), 1e-9)
    varies = (wide > 0).astype(np.float64)
    weight = varies / max(1.0, varies.sum())
    parts = _parts(values[kept if kept.any() else learned], quantiles, spread, weight, side)
    ordinary = _score(parts, values[kept if kept.any() else learned], weight)
    ordinary = np.quantile(ordinary[~np.isnan(ordinary)], np.linspace(0, 1, _KEPT_SCORES))
    return SegmentSignature(quantiles, spread, weight, ordinary, len(np.unique(accounts[learned])))


def _parts(values: Floats, quantiles: Floats, spread: Floats, weight: Floats, side: Floats) -> Floats:
    """What each column adds, (n, k): weight x distance from the middle on the worse side, in spreads, at most 4."""
    short = side * (quantiles[:, _MIDDLE] - values) / spread
    parts: Floats = weight * np.clip(np.nan_to_num(short), 0, _FARTHEST)
    return parts


def _score(parts: Floats, values: Floats, weight: Floats) -> Floats:
    """Sum of the parts over the weight of what is known; NaN where less than a third is."""
    known = np.where(np.isnan(values), 0.0, weight).sum(axis=1)
    return np.where(known >= 1 / 3, parts.sum(axis=1) / np.maximum(known, 1e-9), np.nan)


def _quantiles(column: Floats) -> Floats:
    known = column[~np.isnan(column)]
    return np.quantile(known, _QUANTILES) if len(known) else np.zeros(len(_QUANTILES))


def _known_better() -> dict[str, bool]:
    measures = {f"measure.{one.key}": one.higher_is_better for one in DEFAULT_MEASURES if one.key not in _LEFT_OUT}
    return {name: better for name, better in measures.items() if better is not None}


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.2g}"


def _short(value: float) -> float:
    """Six digits that matter are enough to read it back the same."""
    return float(f"{value:.6g}")
