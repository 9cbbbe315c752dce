"""Reads texts with the best reader that is installed.

Reads : measures.sentiment (list of words); predictions.sentiment.minilm and head, when the extra is installed
Gives : tones()
Source: REQUIREMENTS C7
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from forestay.measures.sentiment import sentiment
from forestay.predictions.sentiment.head import Tones, shipped_head
from forestay.predictions.sentiment.minilm import MiniLm, is_installed


def tones(texts: Sequence[str], *, with_model: bool | None = None) -> Tones:
    """Tones of texts (n,). with_model: True insists on the model (ModelMissing without), False does without, None: if there.

    About 70 µs a text by words; by the model some milliseconds a sentence on one core, so it is for single
    texts and nightly jobs, not for the tick.
    """
    words = np.array([sentiment(text) for text in texts], np.float64)
    wanted = is_installed() if with_model is None else with_model
    if not wanted:
        return Tones(words, np.full(len(words), np.nan), "words")
    return shipped_head().read(_model().vectors(list(texts)), words)


@cache
def _model() -> MiniLm:
    return MiniLm()
