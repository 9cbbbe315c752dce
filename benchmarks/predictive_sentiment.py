"""Sentiment measured on texts that people rated (vaderSentiment's ground truth, MIT; shared/data/vader-groundtruth).

    python -m benchmarks.predictive_sentiment [--save] [--texts 1500] [--write]

Negative: a mean rating below -0.05 of -4 .. 4. List of words: the documents with an even hash were read while words were
chosen, so the figures are of the other half. Model (where the extra is installed): five folds by document, so no text is
read by a head that saw its review; of --texts texts of each kind. --write: fit the head that ships, on all texts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import forestay.predictions.sentiment as home
from benchmarks.report import Report
from forestay.measures.sentiment import NEGATIVE, sentiment
from forestay.predictions.sentiment.head import NEGATIVE_RATING, fit_head
from forestay.predictions.sentiment.minilm import MiniLm, is_installed

DATA = Path(__file__).parents[2] / "shared" / "data" / "vader-groundtruth"
KINDS = {"reviews": "amazonReviewSnippets_GroundTruth.txt", "tweets": "tweets_GroundTruth.txt"}
FOLDS = 5
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rated:
    texts: list[str]
    ratings: npt.NDArray[np.float64]
    documents: npt.NDArray[np.int64]

    @property
    def negative(self) -> Flags:
        return self.ratings < NEGATIVE_RATING

    @property
    def unseen(self) -> Flags:
        return self.documents % 2 == 1

    def take(self, rows: npt.NDArray[np.int64]) -> Rated:
        return Rated([self.texts[at] for at in rows], self.ratings[rows], self.documents[rows])


def rated(kind: str) -> Rated:
    lines = (DATA / KINDS[kind]).read_text(encoding="utf-8", errors="replace").split("\n")
    rows = [line.split("\t") for line in lines if line.count("\t") >= 2]
    documents = [int(hashlib.md5(row[0].split("_")[0].encode()).hexdigest()[-12:], 16) for row in rows]
    return Rated([row[2] for row in rows], np.array([float(row[1]) for row in rows]), np.array(documents))


def scores(report: Report, name: str, called: Flags, negative: Flags, target: str = "") -> None:
    hits = int((called & negative).sum())
    report.add(f"{name}: recall of negatives", hits / max(1, int(negative.sum())), "", target=target)
    report.add(f"{name}: precision", hits / max(1, int(called.sum())), "")


def by_words(report: Report, data: dict[str, Rated]) -> None:
    called, negative = [], []
    for kind, one in data.items():
        began = time.process_time()
        found = np.array([sentiment(text) for text in one.texts])
        report.add(f"words, {kind}: CPU a text", (time.process_time() - began) / len(found) * 1e6, "µs")
        scores(report, f"words, {kind}", (found < NEGATIVE)[one.unseen], one.negative[one.unseen], ">= .50")
        called.append((found < NEGATIVE)[one.unseen])
        negative.append(one.negative[one.unseen])
    scores(report, "words, both", np.concatenate(called), np.concatenate(negative), ">= .50")


def by_model(report: Report, data: dict[str, Rated], most: int) -> None:
    some = {kind: one.take(np.random.default_rng(5).permutation(len(one.texts))[:most]) for kind, one in data.items()}
    texts = [text for one in some.values() for text in one.texts]
    ratings, documents = (
        np.concatenate([getattr(one, name) for one in some.values()]) for name in ("ratings", "documents")
    )
    model, began = MiniLm(threads=2), time.process_time()
    vectors = model.vectors(texts)
    report.add("model: CPU a text", (time.process_time() - began) / len(texts) * 1e3, "ms")
    words = np.array([sentiment(text) for text in texts])
    called, fold = np.zeros(len(texts), bool), documents // 2 % FOLDS
    for left in range(FOLDS):
        head = fit_head(vectors[fold != left], words[fold != left], ratings[fold != left])
        called[fold == left] = head.read(vectors[fold == left], words[fold == left]).is_negative
    is_review = np.arange(len(texts)) < len(some["reviews"].texts)
    for name, here in (("reviews", is_review), ("tweets", ~is_review), ("both", is_review | ~is_review)):
        scores(report, f"model, {name}", called[here], (ratings < NEGATIVE_RATING)[here], ">= .70")


def write(data: dict[str, Rated]) -> None:
    texts = [text for one in data.values() for text in one.texts]
    words = np.array([sentiment(text) for text in texts])
    head = fit_head(MiniLm(threads=2).vectors(texts), words, np.concatenate([one.ratings for one in data.values()]))
    told = "Ratings: vaderSentiment ground truth, (c) 2016 C.J. Hutto, MIT. Vectors: all-MiniLM-L6-v2, Apache-2.0."
    target = Path(home.__path__[0]) / "head.json"
    target.write_text(json.dumps({"about": told, "texts": len(texts), "head": head.to_document()}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    data, report = {kind: rated(kind) for kind in KINDS}, Report("predictive-sentiment")
    if options.write:
        write(data)
    by_words(report, data)
    if is_installed():
        by_model(report, data, options.texts)
    report.show(save=options.save)


if __name__ == "__main__":
    main()
