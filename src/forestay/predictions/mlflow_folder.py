"""A model document as a folder that MLflow reads, and the function by which MLflow asks it.

Reads : a ModelDocument
Gives : write_mlflow_folder(), _load_pyfunc() (MLflow calls it by this name), Asked
Source: MLflow's storage format (mlflow.org/docs, 'MLflow Models': MLmodel, flavors python_function and lightgbm,
        python_env.yaml, conda.yaml, requirements.txt). Neither MLflow nor pandas is imported here.

MLmodel             what the folder holds
forestay-model.json the document; the flavor python_function answers calibrated chances from it, exactly as Forestay does
model.lgb           LightGBM's text where the learner is 'lightgbm': hazard of a 30-day period before calibration; its last
                    column is the number of the period, 0, 1, 2
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from forestay.kit.errors import Conflict, Invalid
from forestay.predictions.live import LiveModel
from forestay.predictions.model_document import ModelDocument, State
from forestay.predictions.models import lightgbm_small
from forestay.predictions.serving import OF_EVENTS

DOCUMENT, TREES = "forestay-model.json", "model.lgb"
Words = dict[str, Any]


def write_mlflow_folder(document: ModelDocument, folder: Path) -> list[Path]:
    """Write it; gives the files. Raises Conflict where the folder is not empty, Invalid for a model that foresees no event
    or learned nothing."""
    if document.purpose not in OF_EVENTS or document.state is not State.OK or document.fitted is None:
        raise Invalid(
            f"a {document.purpose} model in state '{document.state}' answers no chance that MLflow could serve"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is there already: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    needs = [f"forestay=={version('forestay')}", f"numpy=={version('numpy')}"]
    files = {
        DOCUMENT: document.model_dump_json(),
        "requirements.txt": "\n".join(needs) + "\n",
        "python_env.yaml": _yaml({"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}),
        "conda.yaml": _yaml({
            "name": "mlflow-env", "channels": ["conda-forge"],
            "dependencies": [f"python={platform.python_version()}", "pip", {"pip": needs}],
        }),
    }  # fmt: skip
    flavors: dict[str, Words] = {"python_function": {
        "loader_module": __name__, "data": DOCUMENT, "python_version": platform.python_version(),
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
    }}  # fmt: skip
    if document.fitted.get("kind") == lightgbm_small.KIND:
        files[TREES] = str(document.fitted["text"])
        flavors["lightgbm"] = {
            "data": TREES, "lgb_version": version("lightgbm"), "model_class": "lightgbm.basic.Booster", "code": None,
        }  # fmt: skip
    files["MLmodel"] = _yaml(_described(document, flavors))
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def _described(document: ModelDocument, flavors: Mapping[str, Words]) -> Words:
    columns = [{"type": "double", "name": name, "required": False} for name in document.names]
    answers = [{"type": "double", "name": name, "required": True} for name in _answers(document.horizons)]
    return {
        "flavors": dict(flavors),
        "model_uuid": document.signature[:32],
        "utc_time_created": document.created_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "signature": {"inputs": json.dumps(columns), "outputs": json.dumps(answers), "params": None},
        "metadata": {
            "purpose": document.purpose.value, "learner": document.candidate, "forestay_signature": document.signature,
            "parent": document.parent, "metrics": dict(document.metrics), "notes": list(document.notes),
        },
    }  # fmt: skip


def _answers(horizons: Sequence[int]) -> list[str]:
    return [*(f"probability_{days}d" for days in horizons), "low", "high", "enough"]


def _yaml(words: Words) -> str:
    text: str = yaml.safe_dump(words, sort_keys=False, allow_unicode=True)
    return text


@dataclass(frozen=True, slots=True)
class Asked:
    """What MLflow's python_function calls."""

    model: LiveModel

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Chances of rows: a table (pandas) with the model's columns by name, others are passed over and those that are
        not there count as missing; or an array (n, k) in their order. Gives a table of the same kind, or an array, of
        probability by horizon (0-1), low and high (90 %, of the last) and enough (1: the model's, 0: the prior's)."""
        del params  # there are none
        found = self.model.predict_values(self._values(model_input))
        told = np.column_stack(
            [found.probability, found.low[:, -1], found.high[:, -1], found.enough.astype(np.float64)]
        )
        if not hasattr(model_input, "columns"):
            return told
        return type(model_input)(dict(zip(_answers(found.horizons), told.T, strict=True)))

    def _values(self, given: Any) -> npt.NDArray[np.float32]:
        names = self.model.names
        if not hasattr(given, "columns"):
            values = np.asarray(given, np.float32)
            if values.ndim != 2 or values.shape[1] != len(names):
                raise Invalid(f"rows of {len(names)} columns are needed, in this order: {', '.join(names)}")
            return values
        known, missing = set(given.columns), np.full(len(given), np.nan, np.float32)
        return np.column_stack([np.asarray(given[name], np.float32) if name in known else missing for name in names])


def _load_pyfunc(path: str) -> Asked:
    """MLflow gives the path of the data that MLmodel names, or the folder's."""
    place = Path(path)
    text = (place / DOCUMENT if place.is_dir() else place).read_text(encoding="utf-8")
    return Asked(LiveModel.from_document(ModelDocument.model_validate_json(text)))
