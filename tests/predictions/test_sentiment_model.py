"""The local model of sentiment: its pieces, its head, and what happens where it is not installed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from forestay.measures.sentiment import sentiment
from forestay.predictions.sentiment import minilm, reader
from forestay.predictions.sentiment.head import Head, fit_head, shipped_head
from forestay.predictions.sentiment.minilm import WIDTH, MiniLm, ModelMissing
from forestay.predictions.sentiment.wordpiece import MOST_TOKENS, batch_of, tokens_of


def test_texts_become_the_pieces_that_the_model_was_trained_on() -> None:
    # the numbers are those of bert-base-uncased: [CLS] this is a test . [SEP]
    assert tokens_of("This is a TEST.") == [101, 2023, 2003, 1037, 3231, 1012, 102]


def test_accents_are_taken_off_and_unknown_signs_are_marked_unknown() -> None:
    assert tokens_of("café") == tokens_of("cafe")
    assert tokens_of("🝆") == [101, 100, 102]


def test_long_texts_end_where_the_model_ends() -> None:
    tokens, mask = batch_of(["word " * 1000, "short"])
    assert (tokens.shape, int(mask[1].sum()), tokens[0, -1]) == ((2, MOST_TOKENS), 3, 102)


def test_without_the_packages_the_words_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda _name: None)
    found = reader.tones(["The export is broken.", "Love it!"], with_model=False)
    assert found.source == "words"
    assert found.is_negative.tolist() == [True, False]
    with pytest.raises(ModelMissing, match="install the extra"):
        MiniLm()


def test_a_head_learns_what_vectors_tell() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(300, WIDTH)).astype(np.float32) / 20
    ratings = np.where(vectors[:, 0] < 0, -2.0, 2.0)
    head = fit_head(vectors, np.zeros(300), ratings)
    again = Head.from_document(head.to_document())
    found = again.read(vectors, np.zeros(300))
    assert (found.is_negative == (ratings < 0)).mean() > 0.7
    assert np.corrcoef(found.tone, ratings)[0, 1] > 0.5


def test_the_shipped_head_follows_the_words_where_the_vector_says_nothing() -> None:
    words = np.array([sentiment("It is broken and useless"), sentiment("Great, love it"), np.nan])
    found = shipped_head().read(np.zeros((3, WIDTH), np.float32), words)
    assert found.negative[0] > 0.5 > found.negative[1]
    assert found.tone[0] < 0 < found.tone[1]
    assert np.isnan(found.tone[2])


def test_reading_texts_by_words_loads_no_model() -> None:
    asked = "import sys, forestay.predictions.sentiment.reader as r; r.tones(['bad'], with_model=False); "
    asked += "print([m for m in ('onnxruntime', 'sklearn', 'scipy', 'lightgbm') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
