"""A model as a folder that MLflow reads: its layout as MLflow documents it, and the same answers as Forestay's own."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from forestay.kit.errors import Conflict, Invalid
from forestay.predictions.live import LiveModel
from forestay.predictions.mlflow_folder import write_mlflow_folder
from forestay.predictions.model_document import State
from forestay.predictions.models.boosting import Boosting
from forestay.predictions.models.lightgbm_small import SmallTrees
from forestay.predictions.models.openmp import load_lightgbm
from tests.predictions.models_at_hand import NAMES, at_hand
from tests.predictions.past import wandering

X, Y = wandering()
ROWS = X.values[:50].astype(np.float32)


class Table(dict[str, np.ndarray]):
    """As much of a table by names as pyfunc hands over."""

    @property
    def columns(self) -> list[str]:
        return list(self)

    def __len__(self) -> int:
        return len(next(iter(self.values())))


def test_trees_are_written_in_both_flavors_and_answer_as_they_do_here(tmp_path: Path) -> None:
    trees = SmallTrees(Boosting(threads=1), trees=30).fit(X, Y, periods=3, seed=1)
    document = at_hand(names=X.names, fitted=trees.to_document(), candidate="lightgbm", features=())
    write_mlflow_folder(document, tmp_path / "model")
    told = yaml.safe_load((tmp_path / "model" / "MLmodel").read_text())
    function, native = told["flavors"]["python_function"], told["flavors"]["lightgbm"]
    assert [one["name"] for one in json.loads(told["signature"]["inputs"])] == list(X.names)
    assert {one["type"] for one in json.loads(told["signature"]["outputs"])} == {"double"}
    assert all((tmp_path / "model" / name).exists() for name in function["env"].values())
    loaded = importlib.import_module(function["loader_module"])._load_pyfunc(str(tmp_path / "model" / function["data"]))
    own = LiveModel.from_document(document).predict_values(ROWS)
    answer = loaded.predict(Table(zip(X.names, ROWS.T, strict=True), unknown=np.zeros(50)))
    np.testing.assert_array_equal(answer["probability_90d"], own.at(90))
    assert list(answer) == [one["name"] for one in json.loads(told["signature"]["outputs"])]
    np.testing.assert_array_equal(loaded.predict(ROWS)[:, 0], own.at(30))
    booster = load_lightgbm().Booster(model_file=str(tmp_path / "model" / native["data"]))
    first = booster.predict(np.column_stack([ROWS, np.zeros(50)]))
    np.testing.assert_allclose(first, trees.hazard(ROWS)[:, 0], rtol=1e-9)


def test_other_learners_are_a_python_function_alone(tmp_path: Path) -> None:
    write_mlflow_folder(at_hand(), tmp_path / "model")
    assert list(yaml.safe_load((tmp_path / "model" / "MLmodel").read_text())["flavors"]) == ["python_function"]
    assert "forestay==" in (tmp_path / "model" / "requirements.txt").read_text()
    loaded = importlib.import_module("forestay.predictions.mlflow_folder")._load_pyfunc(str(tmp_path / "model"))
    with pytest.raises(Invalid, match=", ".join(NAMES)):
        loaded.predict(np.zeros((2, 5)))


def test_nothing_is_overwritten_and_nothing_is_exported_that_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="new folder"):
        write_mlflow_folder(at_hand(), tmp_path)
    with pytest.raises(Invalid, match="not_enough_data"):
        write_mlflow_folder(at_hand(state=State.NOT_ENOUGH_DATA, fitted=None), tmp_path / "model")
