"""What each column adds to the score of a forest, exactly: Shapley values over the trees' own expectations.

Reads : the text of a LightGBM model (tree_paths)
Gives : TreeReasons
Source: Lundberg and others, 'Consistent individualized feature attribution for tree ensembles' (2018); the sum over
        subsets of one leaf is the integral over t in 0..1 of a product with one factor a column of the path, a
        polynomial, which Gauss's rule integrates exactly (as Jethani and others' and Yu's 'Linear TreeSHAP' note)

For a leaf of value v on whose path stand columns j, with z_j the share of training rows that pass their nodes and
o_j 1 or 0, whether this row passes: phi_i = v (o_i - z_i) * integral of product over j != i of (z_j (1 - t) + o_j t).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.predictions.tree_paths import Element, Path, paths_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BLOCK = 4_000_000
"""Numbers held at once, some 32 MB."""


@dataclass(frozen=True)
class TreeReasons:
    """Explains the sums of trees. paths: of every leaf. columns: how many the rows have. fixed: a column that is part
    of the question rather than of the answer (the period of a hazard): it takes the values given and gets no share.
    Values are read as float32, as in training.
    """

    paths: tuple[Path, ...]
    columns: int
    fixed: int | None = None

    @classmethod
    def from_text(cls, text: str, columns: int, fixed: int | None = None) -> TreeReasons:
        """Of a LightGBM text. Raises BadModel for trees that are not read here."""
        return cls(paths_of(text), columns, fixed)

    def contributions(
        self, values: npt.NDArray[np.floating], of: Sequence[float] = (), weights: Sequence[float] = ()
    ) -> Floats:
        """What each column adds (n, k). With `fixed`: to the mean score, weighted by `weights`, over its values `of`.
        The sum over columns is the score less expected(of, weights)."""
        leaf = self._leaf_weights(of, weights)
        rows = max(1, _BLOCK // max(self._column.size * len(self._nodes), 1))
        return np.concatenate(
            [self._block(values[start : start + rows], leaf) for start in range(0, max(len(values), 1), rows)]
        )

    def expected(self, of: Sequence[float] = (), weights: Sequence[float] = ()) -> float:
        """The score of nobody in particular: the mean over the training rows that the trees remember."""
        return float(self._leaf_weights(of, weights) @ self._share.prod(axis=1))

    def _block(self, values: npt.NDArray[np.floating], leaf: Floats) -> Floats:
        passed, share = self._passes(values), self._share.T[:, None]
        drawn = np.zeros(passed.shape)
        for node, weight in zip(*np.polynomial.legendre.leggauss(len(self._nodes)), strict=True):
            t = (node + 1) / 2
            factor = share * (1 - t) + passed * t
            drawn += weight / 2 * factor.prod(axis=0) / factor
        drawn *= (passed - share) * leaf
        return self._by_column(np.moveaxis(drawn, 0, 1).reshape(len(values), -1))

    def _passes(self, values: npt.NDArray[np.floating]) -> Floats:
        """1 where the row passes the nodes of the path's column, else 0: (most columns, n, leaves)."""
        told = values.astype(np.float32).astype(np.float64)
        taken = np.stack([told[:, columns] for columns in self._column.T])
        with np.errstate(invalid="ignore"):
            inside = (taken > self._over.T[:, None]) & (taken <= self._up_to.T[:, None])
        return np.where(np.isnan(taken), self._missing.T[:, None], inside).astype(np.float64)

    def _by_column(self, drawn: Floats) -> Floats:
        found = np.zeros((len(drawn), self.columns))
        if drawn.shape[1]:
            order, starts, columns = self._order
            found[:, columns] = np.add.reduceat(drawn[:, order], starts, axis=1)
        return found

    def _leaf_weights(self, of: Sequence[float], weights: Sequence[float]) -> Floats:
        """Each leaf's value, times the weight of the periods that can come to it."""
        if self.fixed is None:
            return self._values
        over, up_to = self._fixed_bounds
        given = np.asarray(of, np.float64)
        reached = (over[:, None] < given) & (given <= up_to[:, None])
        weighed: Floats = self._values * (reached @ np.asarray(weights, np.float64))
        return weighed

    @cached_property
    def _padded(self) -> list[list[tuple[int, Element]]]:
        """The paths' columns without the fixed one, filled up with one that everybody passes."""
        kept = [[pair for pair in path.elements.items() if pair[0] != self.fixed] for path in self.paths]
        most = max((len(path) for path in kept), default=0)
        return [path + [(0, Element())] * (max(most, 1) - len(path)) for path in kept]

    @cached_property
    def _values(self) -> Floats:
        return np.array([path.value for path in self.paths])

    @cached_property
    def _fixed_bounds(self) -> tuple[Floats, Floats]:
        bounds = [path.elements.get(-1 if self.fixed is None else self.fixed, Element()) for path in self.paths]
        return np.array([one.over for one in bounds]), np.array([one.up_to for one in bounds])

    @cached_property
    def _column(self) -> Ints:
        return np.array([[column for column, _ in path] for path in self._padded], np.int64)

    @cached_property
    def _over(self) -> Floats:
        return np.array([[one.over for _, one in path] for path in self._padded])

    @cached_property
    def _up_to(self) -> Floats:
        return np.array([[one.up_to for _, one in path] for path in self._padded])

    @cached_property
    def _missing(self) -> Flags:
        return np.array([[one.missing for _, one in path] for path in self._padded])

    @cached_property
    def _share(self) -> Floats:
        return np.array([[one.share for _, one in path] for path in self._padded])

    @cached_property
    def _nodes(self) -> range:
        """As many points as integrate a polynomial of the paths' degree exactly."""
        return range(max(1, (self._column.shape[1] + 1) // 2))

    @cached_property
    def _order(self) -> tuple[Ints, Ints, Ints]:
        """Elements sorted by column, where each column starts, and which columns."""
        flat = self._column.T.ravel()
        order = np.argsort(flat, kind="stable")
        columns, starts = np.unique(flat[order], return_index=True)
        return order, starts, columns
