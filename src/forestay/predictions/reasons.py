"""The reasons of a prediction: the groups that add most, each with a sentence of facts.

Reads : shares by group (explainers), values, pasts and peers
Gives : Reason, Direction, Source, Facts, Explained, strongest(), reasons_of(), rule_reasons(), top_overlap()
Source: DESIGN section 6; REQUIREMENTS C1 (reason codes), C2

A reason is 'associated with' a prediction: the model has seen it go together with what happened to others. It never
says that it is the cause, and no sentence here says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from forestay.predictions.explainers import Shares
from forestay.predictions.groups import Group
from forestay.predictions.past import DAYS, History
from forestay.predictions.peers import Peers, Standing
from forestay.predictions.rule_score import RuleScore
from forestay.predictions.sentences import DEFAULT_WORDS, Reading, Since, Words, sentence_of
from forestay.predictions.snapshots import Floats

Places = npt.NDArray[np.intp]
Added = npt.NDArray[np.float64]

WORTH_SAYING = 0.05
"""Log-odds below which a group is no reason: 5 % of the odds."""


class Direction(StrEnum):
    """Which way a reason moves the prediction."""

    RAISES = "raises"
    LOWERS = "lowers"


class Source(StrEnum):
    """What a prediction or a reason comes from."""

    MODEL = "model"
    SURROGATE = "surrogate"
    """the additive model that follows the live one"""
    RULE = "rule"
    PRIOR = "prior"
    """what is believed before any data"""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of one prediction.

    key, label: of the group. strength: log-odds added against the average account, below 0 when it lowers. columns: of
    the group. column: the one the sentence speaks of, with its value, usual value, standing among peers and since when
    (None: not known or not told).
    """

    key: str
    label: str
    strength: float
    source: Source
    columns: tuple[str, ...]
    column: str
    sentence: str
    value: float | None = None
    usual: float | None = None
    standing: Standing | None = None
    since: Since | None = None

    @property
    def direction(self) -> Direction:
        """Which way it moves the prediction."""
        return Direction.RAISES if self.strength >= 0 else Direction.LOWERS

    @property
    def odds_ratio(self) -> float:
        """How many times the odds of the average account it is associated with, above 0; 1 = no difference."""
        return float(np.exp(self.strength))

    def associated(self, what: str = "churn") -> str:
        """How the sentence may be tied to the prediction: 'associated with 1.8 times the odds of churn'."""
        return f"associated with {self.odds_ratio:.1f} times the odds of {what}"


@dataclass(frozen=True)
class Facts:
    """What sentences are made from. rows of `values` (n, k), `history` and `segments` run alike.

    segments: (n,) segment by the caller's words, '' for the account's size by `arr` (n,).
    """

    names: tuple[str, ...]
    values: Floats
    words: Words = DEFAULT_WORDS
    history: History | None = None
    peers: Peers | None = None
    segments: Sequence[str] = ()
    arr: Floats | None = None
    today: int | None = None

    def of(self, part: slice) -> Facts:
        """A run of the rows."""
        return replace(
            self,
            values=self.values[part],
            history=None if self.history is None else self.history.of(part),
            segments=self.segments[part],
            arr=None if self.arr is None else self.arr[part],
        )

    def reading(self, column: str, row: int) -> Reading:
        """What is known of one column of one row."""
        value = self._value(column, row)
        past = None if self.history is None else self.history.past(column, row, value)
        return Reading(
            column, value, None if past is None else past.usual, DAYS if past is None else past.days,
            self._standing(column, row, value), None if past is None else past.since,
            self.today if self.history is None else self.history.today,
        )  # fmt: skip

    def _value(self, column: str, row: int) -> float | None:
        if column not in self.names:
            return None
        value = float(self.values[row, self.names.index(column)])
        return None if np.isnan(value) else value

    def _standing(self, column: str, row: int, value: float | None) -> Standing | None:
        if self.peers is None or value is None:
            return None
        named = self.segments[row] if len(self.segments) else ""
        arr = np.nan if self.arr is None else float(self.arr[row])
        return self.peers.standing(column, value, named or self.peers.segment_of(arr))


def strongest(added: npt.NDArray[np.floating], most: int) -> tuple[Places, Added]:
    """The `most` groups that raise a prediction most, strongest first: (places (n, most), log-odds (n, most))."""
    most = min(most, added.shape[1])
    first = np.argpartition(-added, most - 1, axis=1)[:, :most] if most else np.empty((len(added), 0), np.intp)
    taken = np.take_along_axis(added, first, axis=1)
    order = np.argsort(-taken, axis=1, kind="stable")
    return np.take_along_axis(first, order, axis=1), np.take_along_axis(taken, order, axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Explained:
    """A run of rows with what their groups add. part: which rows of all."""

    shares: Shares
    groups: Sequence[Group]
    source: Source
    part: slice

    def columns(self, names: Sequence[str], most: int) -> set[str]:
        """The columns that the `most` reasons of these rows speak of."""
        rows = zip(self.shares.added, self.shares.columns, strict=True)
        return {
            _speaking(self.groups[at], names[int(columns[at])])
            for added, columns in rows
            for at in _chosen(added, most)
        }


def reasons_of(explained: Explained, facts: Facts, most: int = 5) -> list[list[Reason]]:
    """For every row what raises the prediction, strongest first, then, while there is room, what lowers it."""
    shares, groups = explained.shares, explained.groups
    return [
        [_reason(groups[at], float(added[at]), facts, int(columns[at]), row, explained.source)
         for at in _chosen(added, most)]
        for row, (added, columns) in enumerate(zip(shares.added, shares.columns, strict=True))
    ]  # fmt: skip


def _chosen(added: Added, most: int) -> list[int]:
    raising = [int(at) for at in np.argsort(-added, kind="stable") if added[at] >= WORTH_SAYING]
    lowering = [int(at) for at in np.argsort(added, kind="stable") if added[at] <= -WORTH_SAYING]
    return (raising + lowering)[:most]


def _reason(group: Group, added: float, facts: Facts, column: int, row: int, source: Source) -> Reason:
    name = _speaking(group, facts.names[column])
    reading = facts.reading(name, row)
    return Reason(
        group.key, group.label, round(added, 6), source, group.columns, name, sentence_of(reading, facts.words),
        reading.value, reading.usual, reading.standing, reading.since,
    )  # fmt: skip


def _speaking(group: Group, column: str) -> str:
    """The column that a group's sentence speaks of; its first where the model does not read that."""
    return column if column in group.columns else group.columns[0]


def rule_reasons(score: RuleScore, rows: Sequence[int], facts: Facts, most: int = 5) -> list[list[Reason]]:
    """Reasons of the rule score in the same words; rows of `facts` are the rows asked for, in their order."""
    return [
        [_rule_reason(term.key, term.label, term.strength, term.columns, facts, at)
         for term in score.reasons(row, most)]
        for at, row in enumerate(rows)
    ]  # fmt: skip


def _rule_reason(key: str, label: str, strength: float, columns: tuple[str, ...], facts: Facts, row: int) -> Reason:
    reading = facts.reading(columns[0], row)
    return Reason(
        key, label, strength, Source.RULE, columns, columns[0], sentence_of(reading, facts.words), reading.value,
        reading.usual, reading.standing, reading.since,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overlap:
    """How alike the reasons of two models are. mean: share 0-1 of the first `most` that both name, averaged over rows;
    same_first: share of rows whose first reason is the same; rows: how many were compared."""

    mean: float
    same_first: float
    rows: int
    parts: tuple[float, ...] = field(default=())


def top_overlap(one: Shares, other: Shares, most: int = 3) -> Overlap:
    """Of two models with the same groups: how far the first `most` reasons of the same accounts agree.

    parts: share of rows that agree in 0, 1, ... most reasons."""
    first, _ = strongest(one.added, most)
    second, _ = strongest(other.added, most)
    common = (first[:, :, None] == second[:, None, :]).any(axis=2).sum(axis=1)
    rows, width = len(first), max(first.shape[1], 1)
    if not rows:
        return Overlap(float("nan"), float("nan"), 0)
    parts = np.bincount(common, minlength=width + 1) / rows
    same = float((first[:, :1] == second[:, :1]).mean())
    return Overlap(float(common.mean() / width), same, rows, tuple(float(part) for part in parts))
