"""The ways to the leaves of LightGBM's trees: what a value has to be, and how many training rows went along.

Reads : LightGBM's model text, numeric splits
Gives : Path, Element, paths_of()
Source: LightGBM's text format: decision_type bit 0 categorical, bit 1 missing goes left, bits 2-3 what is missing
        (0 nothing: NaN is read as 0; 1 zero; 2 NaN); a child below 0 is the leaf -1 - child
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from forestay.predictions.additive import BadModel

_NOBODY = 1e-6
"""Stands for a count of 0, which bagging may leave: a share is never 0, since shares are divided by."""


@dataclass(frozen=True, slots=True)
class Element:
    """One column on the way to a leaf: values in (over, up_to] pass, a missing one if `missing`; share: of the training
    rows that came to its nodes, how many went this way, 0-1."""

    over: float = -np.inf
    up_to: float = np.inf
    missing: bool = True
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Path:
    """One leaf: its value and, by column, what its way asks."""

    value: float
    elements: Mapping[int, Element] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Tree:
    """One tree's numbers as LightGBM lists them."""

    column: list[int]
    threshold: list[float]
    kind: list[int]
    left: list[int]
    right: list[int]
    count: list[float]
    leaf_value: list[float]
    leaf_count: list[float]


def paths_of(text: str) -> tuple[Path, ...]:
    """The paths of all leaves of all trees. Raises BadModel for categorical or linear trees."""
    blocks = text.split("\nend of trees")[0].split("\nTree=")[1:]
    return tuple(path for block in blocks for path in _paths(_tree(block)))


def _tree(block: str) -> _Tree:
    facts = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    if facts.get("num_cat", "0") != "0" or facts.get("is_linear", "0") != "0":
        raise BadModel("only trees with numeric splits and plain leaves can be explained")

    def numbers(key: str) -> list[float]:
        return [float(one) for one in facts.get(key, "").split()]

    def wholes(key: str) -> list[int]:
        return [int(one) for one in facts.get(key, "").split()]

    return _Tree(
        wholes("split_feature"), numbers("threshold"), wholes("decision_type"), wholes("left_child"),
        wholes("right_child"), numbers("internal_count"), numbers("leaf_value"), numbers("leaf_count"),
    )  # fmt: skip


def _paths(tree: _Tree) -> Iterator[Path]:
    if not tree.column:
        yield Path(tree.leaf_value[0])
        return
    waiting: list[tuple[int, dict[int, Element]]] = [(0, {})]
    while waiting:
        node, elements = waiting.pop()
        if node < 0:
            yield Path(tree.leaf_value[-1 - node], elements)
            continue
        column = tree.column[node]
        for goes_left in (True, False):
            element = _narrowed(elements.get(column, Element()), tree, node, goes_left)
            waiting.append((tree.left[node] if goes_left else tree.right[node], {**elements, column: element}))


def _narrowed(before: Element, tree: _Tree, node: int, goes_left: bool) -> Element:
    child = tree.left[node] if goes_left else tree.right[node]
    rows = tree.leaf_count[-1 - child] if child < 0 else tree.count[child]
    threshold = tree.threshold[node]
    return Element(
        before.over if goes_left else max(before.over, threshold),
        min(before.up_to, threshold) if goes_left else before.up_to,
        before.missing and _missing_goes_left(tree.kind[node], threshold) == goes_left,
        before.share * max(rows, _NOBODY) / max(tree.count[node], _NOBODY),
    )


def _missing_goes_left(kind: int, threshold: float) -> bool:
    if kind & 1 or (kind >> 2) & 3 == 1:
        raise BadModel("only trees with numeric splits and NaN for missing can be explained")
    return bool(kind & 2) if (kind >> 2) & 3 else threshold >= 0
