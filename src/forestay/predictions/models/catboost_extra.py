"""CatBoost's symmetric trees: the candidate 'catboost', where somebody installed the library.

Gives : Catboost, CatboostHazard, is_installed(), KIND
Source: DESIGN section 6 ('CatBoost as an extra'): `pip install forestay[catboost]`. The trained model is CatBoost's
        own JSON, read here with numpy alone, so that serving needs no CatBoost.

A symmetric tree asks the same question at each depth: the leaf's number is made of the answers' bits.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from forestay.predictions.hazard import person_periods
from forestay.predictions.model_document import Document
from forestay.predictions.models.candidate import NotInstalled, TooLittle, Weights
from forestay.predictions.snapshots import Floats, Labels, Snapshots

KIND = "catboost"
_ROWS = 65_536


class SymmetricTree(BaseModel):
    """columns, borders: the question at each depth (value > border); leaves: 2 ** depth values."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    columns: tuple[int, ...]
    borders: tuple[float, ...]
    leaves: tuple[float, ...]


class CatboostDocument(BaseModel):
    """Trees; scale and bias as CatBoost gives them; missing values count as below every border."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["catboost"] = "catboost"
    names: tuple[str, ...]
    periods: int
    trees: tuple[SymmetricTree, ...]
    scale: float
    bias: float


@dataclass(frozen=True)
class CatboostHazard:
    """A trained model; the last column of its trees is the period, when there are several."""

    document: CatboostDocument

    @property
    def names(self) -> tuple[str, ...]:
        """Columns in order."""
        return self.document.names

    @cached_property
    def _trees(self) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.float32], npt.NDArray[np.float64]]]:
        return [
            (np.array(tree.columns, np.intp), np.array(tree.borders, np.float32), np.array(tree.leaves))
            for tree in self.document.trees
        ]

    def hazard(self, values: Floats) -> Floats:
        """(n, periods) chance in each period given none before."""
        periods, found = self.document.periods, []
        for period in range(periods):
            extra = np.full((len(values), 1 if periods > 1 else 0), period)
            found.append(self._raw(np.hstack([values, extra]).astype(np.float32)))
        result: Floats = 1 / (1 + np.exp(-np.column_stack(found)))
        return result

    def _raw(self, values: npt.NDArray[np.float32]) -> Floats:
        known = np.where(np.isnan(values), np.float32(-np.inf), values)
        total = np.full(len(values), self.document.bias)
        for columns, borders, leaves in self._trees:
            bits = (known[:, columns] > borders) @ (1 << np.arange(len(columns)))
            total += self.document.scale * leaves[bits]
        return total

    def to_document(self) -> Document:
        """JSON."""
        document: Document = self.document.model_dump(mode="json")
        return document

    @classmethod
    def from_document(cls, document: Document) -> CatboostHazard:
        """The model of a document. Raises pydantic.ValidationError."""
        return cls(CatboostDocument.model_validate(document))


@dataclass(frozen=True, slots=True)
class Catboost:
    """Shallow symmetric trees."""

    trees: int = 200
    depth: int = 4
    rate: float = 0.05
    key: str = KIND

    def fit(
        self, x: Snapshots, y: Labels, *, periods: int, seed: int, rows_weight: Weights | None = None
    ) -> CatboostHazard:
        """Learn. Raises NotInstalled where the library is not there, TooLittle."""
        library = _library()
        rows = person_periods(y, periods)
        if not rows.happened.any() or rows.happened.all():
            raise TooLittle("there is nothing to tell apart: the event happened never or always in what is known")
        values = x.values[rows.rows].astype(np.float32)
        if periods > 1:
            values = np.hstack([values, rows.period[:, None].astype(np.float32)])
        weight = None if rows_weight is None else np.asarray(rows_weight)[rows.rows]
        model = library.CatBoostClassifier(
            iterations=self.trees, depth=self.depth, learning_rate=self.rate, random_seed=seed, verbose=False,
            nan_mode="Min", allow_writing_files=False, auto_class_weights=None,
        )  # fmt: skip
        model.fit(values, rows.happened.astype(int), sample_weight=weight)
        return CatboostHazard(_read(_saved(model), x.names, periods))


def is_installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec("catboost") is not None


def _library() -> Any:
    if not is_installed():
        raise NotInstalled("the candidate 'catboost' needs the library CatBoost: pip install 'forestay[catboost]'")
    return importlib.import_module("catboost")


def _saved(model: Any) -> dict[str, Any]:
    with TemporaryDirectory(prefix="forestay-catboost-") as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        content: dict[str, Any] = json.loads(path.read_text())
        return content


def _read(saved: dict[str, Any], names: tuple[str, ...], periods: int) -> CatboostDocument:
    """Our document of CatBoost's own JSON (oblivious_trees, scale_and_bias)."""
    scale, bias = saved["scale_and_bias"]
    trees = tuple(
        SymmetricTree(
            columns=tuple(int(split["float_feature_index"]) for split in tree["splits"]),
            borders=tuple(float(split["border"]) for split in tree["splits"]),
            leaves=tuple(float(leaf) for leaf in tree["leaf_values"]),
        )
        for tree in saved["oblivious_trees"]
    )
    offset = bias[0] if isinstance(bias, list) else bias
    return CatboostDocument(names=names, periods=periods, trees=trees, scale=float(scale), bias=float(offset))
