"""Boosted trees as tables of bits: LightGBM's text scored with numpy alone, the same number to the last bits.

Reads : LightGBM's model text (numeric splits), values (n, k) with NaN = missing
Gives : Trees, BadTrees
Source: QuickScorer (Lucchese et al. 2015): each value's bin says at once, for all trees, which leaves can still be
        reached; what is left after all columns is the leaf. Up to 32 leaves a tree. So the server and the worker
        score without loading LightGBM. Several models of the same columns are looked up as one (joined, raw_each).

Values are read as float32, as they were in training; thresholds are rounded down to float32, which changes no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError
from forestay.predictions.snapshots import Flags, Floats

Masks = npt.NDArray[np.unsignedinteger]
Ints = npt.NDArray[np.intp]
MOST_LEAVES = 32
_CHUNK = 600_000
"""Trees times rows that are looked up at once: what lies between stays in the processor's memory."""
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

    @classmethod
    def joined(cls, several: Sequence[Trees]) -> Trees:
        """The trees of several models after each other; raw_each() tells them apart again."""
        leaves = np.zeros((sum(len(one.leaves) for one in several), max(one.leaves.shape[1] for one in several)))
        splits: list[Split] = []
        first = 0
        for one in several:
            leaves[first : first + len(one.leaves), : one.leaves.shape[1]] = one.leaves
            splits += [replace(split, tree=split.tree + first) for split in one.splits]
            first += len(one.leaves)
        return cls(leaves, tuple(splits))

    def raw(self, values: Floats) -> Floats:
        """Sum of the leaves (n,) that each row ends in: log-odds of a binary objective."""
        total = np.empty(len(values))
        for part in _parts(len(values), len(self.leaves)):
            total[part] = self._ends(self.reach(values[part], self.columns), self._every).sum(axis=0)
        return total

    def raw_by(self, values: Floats, column: int, given: Floats) -> Floats:
        """Sums (n, len(given)) as `column` takes each of the given values; the rest is looked up once."""
        found: Floats = self.raw_each(values, column, given, (0,))[0]
        return found

    def raw_each(self, values: Floats, column: int, given: Floats, starts: Sequence[int]) -> Floats:
        """The same of joined models, whose trees begin at `starts`: (models, n, len(given)).

        Only trees that split on `column` are looked up for every given value.
        """
        varying, masks = self._varied(column, given)
        ends = (*starts[1:], len(self.leaves))
        steady, rest = np.delete(self._every, varying), tuple(other for other in self.columns if other != column)
        of = [
            [slice(*np.searchsorted(some, pair)) for some in (steady, varying)]
            for pair in zip(starts, ends, strict=True)
        ]
        total = np.empty((len(starts), len(values), len(given)))
        for part in _parts(len(values), len(self.leaves)):
            base = self.reach(values[part], rest)
            fixed = self._ends(base[steady], steady)
            for model, (always, _) in enumerate(of):
                total[model, part] = fixed[always].sum(axis=0)[:, None]
            for at in range(len(given)):
                moved = self._ends(base[varying] & masks[:, [at]], varying)
                for model, (_, now) in enumerate(of):
                    total[model, part, at] += moved[now].sum(axis=0)
        return total

    def _varied(self, column: int, given: Floats) -> tuple[Ints, Masks]:
        """The trees (t,) that split on a column, and what each of the given values leaves within their reach."""
        table = self._by_column.get(column)
        if table is None:
            return np.zeros(0, np.intp), np.zeros((0, len(given)), type(self._all))
        return table.trees, table.masks.take(table.bins(given), axis=1)

    def reach(self, values: Floats, columns: tuple[int, ...]) -> Masks:
        """Leaves (trees, n), one bit each, that these columns leave within reach."""
        left = np.full((len(self.leaves), len(values)), self._all)
        for column in columns:
            table = self._by_column[column]
            left[table.trees] &= table.masks.take(table.bins(values[:, column]), axis=1)
        return left

    def _ends(self, left: Masks, trees: Ints) -> Floats:
        """Values (t, n) of the first leaves in reach, of the trees with these numbers (t,)."""
        if self._by_byte is not None:
            small: Floats = self._by_byte.take(left + 256 * trees[:, None])
            return small
        if left.dtype == np.uint16:
            leaf = _first_of_sixteen().take(left)
        else:
            leaf = np.frexp(np.bitwise_and(left, ~left + np.uint32(1)).astype(np.float32))[1] - 1
        found: Floats = self.leaves.reshape(-1).take(leaf + self.leaves.shape[1] * trees[:, None])
        return found

    @cached_property
    def _every(self) -> Ints:
        """The numbers of all trees."""
        return np.arange(len(self.leaves))

    @cached_property
    def _all(self) -> np.uint8 | np.uint16 | np.uint32:
        """Every leaf in reach; one byte where eight leaves are the most, two where sixteen are."""
        width = self.leaves.shape[1]
        return np.uint8(0xFF) if width <= 8 else np.uint16(0xFFFF) if width <= 16 else _ALL

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
    def of(cls, splits: list[Split], every: np.unsignedinteger) -> _Table:
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


@cache
def _first_of_sixteen() -> Ints:
    """The place of the lowest bit of every number of two bytes."""
    number = np.arange(1, 1 << 16)
    return np.append(0, np.log2(number & -number).astype(np.intp))


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
