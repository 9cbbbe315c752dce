"""From vectors and words to a tone: two straight lines over what MiniLM and the list of words say.

Reads : head.json (fitted by benchmarks.predictive_sentiment --write on the ratings of vaderSentiment's ground truth, MIT)
Gives : Head, Tones, shipped_head(), fit_head()
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NEGATIVE_RATING = -0.05
"""Texts whose mean rating (-4 to 4) lies below it are what 'negative' means to the head."""
THRESHOLD = 0.4
"""Chance from which a text is called negative."""
_STRENGTH, _RIDGE = 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Tones:
    """tone (n,): -1 to 1, NaN without a text; negative (n,): chance that people find it negative, NaN where no model read."""

    tone: Floats
    negative: Floats
    source: str

    @property
    def is_negative(self) -> npt.NDArray[np.bool_]:
        """Texts to be called negative, (n,)."""
        return np.where(np.isnan(self.negative), self.tone < NEGATIVE_RATING, self.negative >= THRESHOLD)


@dataclass(frozen=True, slots=True)
class Head:
    """negative, tone: weights over (vector, words, words where negative), then the constant; float64 (WIDTH + 3,)."""

    negative: Floats
    tone: Floats

    def read(self, vectors: npt.NDArray[np.float32], words: Floats) -> Tones:
        """Tones of texts: vectors (n, WIDTH), words (n,) from measures.sentiment."""
        table = _table(vectors, words)
        chance = 1 / (1 + np.exp(-(table @ self.negative)))
        blank = np.isnan(words)
        tone = np.clip(table @ self.tone, -1, 1)
        return Tones(np.where(blank, np.nan, tone), np.where(blank, np.nan, chance), "model")

    def to_document(self) -> dict[str, list[float]]:
        """JSON of plain numbers."""
        return {"negative": self.negative.round(4).tolist(), "tone": self.tone.round(4).tolist()}

    @classmethod
    def from_document(cls, document: dict[str, list[float]]) -> Head:
        """Read what to_document() gave."""
        return cls(np.array(document["negative"]), np.array(document["tone"]))


def fit_head(vectors: npt.NDArray[np.float32], words: Floats, ratings: Floats) -> Head:
    """Fit to mean ratings (n,), -4 to 4. Needs scikit-learn."""
    from sklearn.linear_model import LogisticRegression, Ridge

    table = _table(vectors, words)[:, :-1]
    sure = LogisticRegression(C=_STRENGTH, max_iter=2000).fit(table, ratings < NEGATIVE_RATING)
    line = Ridge(alpha=_RIDGE).fit(table, ratings / 4)
    return Head(np.append(sure.coef_[0], sure.intercept_[0]), np.append(line.coef_, line.intercept_))


@cache
def shipped_head() -> Head:
    """The head that comes with Forestay."""
    text = files(__package__).joinpath("head.json").read_text(encoding="utf-8")
    return Head.from_document(json.loads(text)["head"])


def _table(vectors: npt.NDArray[np.float32], words: Floats) -> Floats:
    said = np.nan_to_num(words)
    ones = np.ones(len(said))
    return np.column_stack((vectors.astype(np.float64), 2 * said, 2 * np.minimum(said, 0), ones))
