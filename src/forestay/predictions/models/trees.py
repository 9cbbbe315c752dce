"""Boosted trees as tables of bits: LightGBM's text scored with numpy alone, the same number to the last bits.

Reads : LightGBM's model text (numeric splits), values (n, k) with NaN = missing
Gives : Trees, BadTrees
Source: QuickScorer (Lucchese et al. 2015): each value's bin says at once, for all trees, which leaves can still be
        reached; what is left after all columns is the leaf. Up to 32 leaves a tree. So the server and the worker
        score without loading LightGBM.

Values are read as float32, as they were in training; thresholds are rounded down to float32, which changes no answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError
from forestay.predictions.snapshots import Flags, Floats

Masks = npt.NDArray[np.unsignedinteger]
Ints = npt.NDArray[np.intp]
MOST_LEAVES = 32
_CHUNK = 3_000_000
_ALL = np.uint32(0xFFFFFFFF)


class BadTrees(ForestayError):
    """The model text is not one that we write; train the model again."""

    code = "bad_model"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Split:
    """One node: which tree and column, its threshold, where NaN goes, and the leaves that going right rules out."""

    tree: int
    column: int
    threshold: float
    missing_goes_left: bool
    mask: np.uint32


@dataclass(frozen=True)
class Trees:
    """leaves: (trees, most leaves) what each adds, from left to right. splits: of all trees."""

    leaves: Floats
    splits: tuple[Split, ...]

    @classmethod
    def from_text(cls, text: str) -> Trees:
        """The trees of a LightGBM model. Raises BadTrees for categorical or linear trees and other text."""
        blocks = [_fields(block) for block in text.split("\nend of trees")[0].split("\nTree=")[1:]]
        if not blocks:
            raise BadTrees("the model text holds no tree")
        leaves = np.zeros((len(blocks), max(int(block["num_leaves"]) for block in blocks)))
        splits: list[Split] = []
        for tree, block in enumerate(blocks):
            splits += _splits(tree, block, leaves[tree])
        return cls(leaves, tuple(splits))

    @property
    def columns(self) -> tuple[int, ...]:
        """Columns that any tree reads, ascending."""
        return tuple(sorted(self._by_column))

    def edges_of(self, column: int) -> npt.NDArray[np.float64]:
        """Thresholds of the column over all trees, ascending, as float32; empty when none reads it."""
        table = self._by_column.get(column)
        return np.zeros(0) if table is None else table.edges[:-1].astype(np.float64)

    def only(self, chosen: Flags) -> Trees:
        """Some of the trees (flags), in their order."""
        number = np.cumsum(chosen) - 1
        kept = tuple(replace(split, tree=int(number[split.tree])) for split in self.splits if chosen[split.tree])
        return Trees(self.leaves[chosen], kept)

    def raw(self, values: Floats) -> Floats:
        """Sum of the leaves (n,) that each row ends in: log-odds of a binary objective."""
        total = np.empty(len(values))
        for part in _parts(len(values), len(self.leaves)):
            total[part] = self._sum(self.reach(values[part], self.columns))
        return total

    def raw_by(self, values: Floats, column: int, given: Floats) -> Floats:
        """Sums (n, len(given)) as `column` takes each of the given values; the rest is looked up once."""
        if column not in self._by_column:
            return np.repeat(self.raw(values)[:, None], len(given), axis=1)
        rest = tuple(other for other in self.columns if other != column)
        total = np.empty((len(values), len(given)))
        varied = np.zeros((len(given), column + 1), np.float32)
        varied[:, column] = given
        masks = self.reach(varied, (column,))
        for part in _parts(len(values), len(self.leaves)):
            base = self.reach(values[part], rest)
            for at in range(len(given)):
                total[part, at] = self._sum(base & masks[:, [at]])
        return total

    def reach(self, values: Floats, columns: tuple[int, ...]) -> Masks:
        """Leaves (trees, n), one bit each, that these columns leave within reach."""
        left = np.full((len(self.leaves), len(values)), self._all)
        for column in columns:
            table = self._by_column[column]
            left[table.trees] &= table.masks.take(table.bins(values[:, column]), axis=1)
        return left

    def _sum(self, left: Masks) -> Floats:
        """Values of the first leaves in reach, added over the trees."""
        if self._by_byte is not None:
            small: Floats = self._by_byte.take(left + 256 * np.arange(len(left))[:, None]).sum(axis=0)
            return small
        lowest = np.bitwise_and(left, ~left + np.uint32(1))
        leaf = (np.frexp(lowest.astype(np.float32))[1] - 1).astype(np.intp)
        flat = leaf + (np.arange(len(self.leaves)) * self.leaves.shape[1])[:, None]
        total: Floats = self.leaves.reshape(-1)[flat].sum(axis=0)
        return total

    @cached_property
    def _all(self) -> np.uint8 | np.uint32:
        """Every leaf in reach; one byte where eight leaves are the most."""
        return np.uint8(0xFF) if self.leaves.shape[1] <= 8 else _ALL

    @cached_property
    def _by_byte(self) -> npt.NDArray[np.float64] | None:
        """For trees of at most eight leaves: the value of the first leaf in reach by tree and byte, (trees * 256,)."""
        if self.leaves.shape[1] > 8:
            return None
        byte = np.arange(1, 256)
        first = np.append(0, np.log2(byte & -byte).astype(np.intp))
        padded = np.pad(self.leaves, ((0, 0), (0, 8 - self.leaves.shape[1])))
        return np.asarray(padded[:, first].reshape(-1), np.float64)

    @cached_property
    def _by_column(self) -> dict[int, _Table]:
        found: dict[int, list[Split]] = {}
        for split in self.splits:
            found.setdefault(split.column, []).append(split)
        return {column: _Table.of(splits, self._all) for column, splits in found.items()}


@dataclass(frozen=True, slots=True)
class _Table:
    """trees: (t,) that read the column; masks (t, bins + 1): by bin of its values, the missing bin last."""

    edges: npt.NDArray[np.float32]
    trees: Ints
    masks: Masks

    @classmethod
    def of(cls, splits: list[Split], every: np.uint8 | np.uint32) -> _Table:
        thresholds = rounded_down(np.array([split.threshold for split in splits]))
        edges, place = np.unique(thresholds, return_inverse=True)
        trees, number = np.unique([split.tree for split in splits], return_inverse=True)
        masks = np.full((len(trees), len(edges) + 2), every)
        for split, at, tree in zip(splits, place, number, strict=True):
            mask = split.mask.astype(masks.dtype)
            masks[tree, at + 1] &= mask
            if not split.missing_goes_left:
                masks[tree, -1] &= mask
        np.bitwise_and.accumulate(masks[:, :-1], axis=1, out=masks[:, :-1])
        return cls(np.append(edges, np.float32(np.inf)), trees, masks)

    def bins(self, column: Floats) -> Ints:
        """Number of thresholds below each value; NaN lies beyond infinity."""
        return self.edges.searchsorted(np.asarray(column, np.float32))


def rounded_down(thresholds: Floats) -> npt.NDArray[np.float32]:
    """The largest finite float32 not above each: the same answer to `value <= threshold` for every finite float32.

    LightGBM writes infinity (older ones 1e300) where only missing values are parted from the others.
    """
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    below = np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
    limits = np.finfo(np.float32)
    return np.clip(below, limits.min, limits.max)


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _splits(tree: int, block: dict[str, str], leaves: Floats) -> list[Split]:
    """The nodes of one tree; fills in the values of its leaves, numbered from left to right."""
    values = np.array(block["leaf_value"].split(), float)
    if len(values) > MOST_LEAVES or block.get("num_cat", "0") != "0" or block.get("is_linear", "0") != "0":
        raise BadTrees("only numeric trees of at most 32 leaves are read")
    if len(values) == 1:
        leaves[0] = values[0]
        return []
    left, right = (np.array(block[side].split(), int) for side in ("left_child", "right_child"))
    under: dict[int, list[int]] = {}
    order = _from_left(0, left, right, under)
    leaves[: len(values)] = values[order]
    number = {leaf: at for at, leaf in enumerate(order)}
    columns, kinds = (np.array(block[key].split(), int) for key in ("split_feature", "decision_type"))
    thresholds = np.array(block["threshold"].split(), float)
    return [
        Split(
            tree,
            int(columns[node]),
            float(thresholds[node]),
            _missing_goes_left(int(kinds[node]), float(thresholds[node])),
            _without([number[leaf] for leaf in under[int(left[node])]]),
        )
        for node in range(len(left))
    ]


def _from_left(node: int, left: Ints, right: Ints, under: dict[int, list[int]]) -> list[int]:
    """Leaves below a node from left to right; a negative number is a leaf."""
    if node < 0:
        under[node] = [~node]
    else:
        under[node] = _from_left(int(left[node]), left, right, under) + _from_left(int(right[node]), left, right, under)
    return under[node]


def _missing_goes_left(kind: int, threshold: float) -> bool:
    """LightGBM: bit 1 says which way NaN goes; where training saw no NaN (bits 2-3 zero) it is read as 0."""
    if kind & 1:
        raise BadTrees("categorical splits are not read")
    return threshold >= 0 if (kind >> 2) & 3 == 0 else bool(kind & 2)


def _without(leaves: list[int]) -> np.uint32:
    return np.uint32(int(_ALL) & ~sum(1 << leaf for leaf in leaves))


def _parts(rows: int, trees: int) -> list[slice]:
    size = max(1, _CHUNK // max(trees, 1))
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
