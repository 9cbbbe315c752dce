"""Train and test so that the answer holds outside: the model never sees the rows it is judged on.

Reads : question.Asked, models.binary (the shelf of candidates)
Gives : run(), plan(), blend(), Protocol, Trial, Progress
Source: DESIGN section 6; Dietterich 1998 (5x2 cross-validation)

Without time: `repeats` times two halves, each predicted by a model of the other; rows of one customer stay together,
and both halves hold the same share of events. With time: three cuts at 55, 70 and 85 % of the rows in order of time,
each model trained on what came before its cut and judged on what came until the next. What is judged is the mean of all candidates' log-odds:
that was decided beforehand, so nothing is chosen on the rows that judge. The figures of each candidate are kept, for
comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from forestay.predictions.evaluate.question import Asked
from forestay.predictions.models.binary import fit_binary, keys
from forestay.predictions.models.candidate import TooLittle

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int, str], None]

SHELF = tuple(key for key in keys() if key != "average")
"""The candidates that are blended: all that can be had here; 'average' is the mean of two of them already."""
REPEATS, CUTS = 5, (0.55, 0.70, 0.85, 1.0)
FEWEST_TO_LEARN = 10


@dataclass(frozen=True, slots=True)
class Protocol:
    """How it is done. in_words: one sentence for reports."""

    in_words: str
    folds: tuple[tuple[Ints, Ints], ...]
    """(training rows, test rows)."""
    repeats: int
    """How often each row is tested at most."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came out. rows: int64 (m,) tested rows; p: (m,) chance that the blend of all candidates gave; base: (m,) share
    of events among the training rows; fold (m,); others: p by candidate, for comparison."""

    protocol: Protocol
    rows: Ints
    fold: Ints
    p: Floats
    base: Floats
    others: dict[str, Floats] = field(default_factory=dict)


def nobody_watches(_done: int, _total: int, _what: str) -> None:
    """The progress of a run that nobody watches."""


def plan(asked: Asked, *, repeats: int = REPEATS, seed: int = 0) -> Protocol:
    """The folds for these rows."""
    if asked.time is not None:
        return _by_time(asked)
    rng = np.random.default_rng(seed)
    folds = []
    for _ in range(repeats):
        half = _halves(asked, rng)
        folds += [
            (np.flatnonzero(half == 0), np.flatnonzero(half == 1)),
            (np.flatnonzero(half == 1), np.flatnonzero(half == 0)),
        ]
    times = "once" if repeats == 1 else f"{repeats} times"
    words = (
        f"{repeats}x2 cross-validation: the rows are parted {times} into two random halves with the same share of events, "
        "and each half is predicted by a model that saw only the other"
    )
    if len(np.unique(asked.group)) < len(asked.group):
        words += "; rows of the same customer stay together"
    return Protocol(words, tuple(folds), repeats)


def run(
    asked: Asked,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    candidates: Sequence[str] | None = None,
    progress: Progress = nobody_watches,
) -> Trial:
    """Train and test every fold. progress(done, total, what) is told of each."""
    protocol = plan(asked, repeats=repeats, seed=seed)
    tried = tuple(SHELF if candidates is None else candidates)
    rows, fold, p, base = list[Ints](), list[Ints](), list[Floats](), list[Floats]()
    others: dict[str, list[Floats]] = {key: [] for key in tried}
    for n, (train, test) in enumerate(protocol.folds):
        progress(n, len(protocol.folds), "training and testing")
        told = _each(asked, tried, train, test, seed + n)
        for key, found in told.items():
            others[key].append(found)
        rows.append(test)
        fold.append(np.full(len(test), n))
        p.append(blend(list(told.values())))
        base.append(np.full(len(test), asked.happened[train].mean()))
    progress(len(protocol.folds), len(protocol.folds), "done")
    return Trial(protocol, np.concatenate(rows), np.concatenate(fold), np.concatenate(p), np.concatenate(base),
                 {key: np.concatenate(found) for key, found in others.items()})  # fmt: skip


def blend(told: Sequence[Floats]) -> Floats:
    """The mean of several chances (n,) on the scale of log-odds.

    >>> blend([np.array([0.5]), np.array([0.5])]).tolist()
    [0.5]
    """
    sure = np.clip(np.stack(told), 1e-6, 1 - 1e-6)
    return np.asarray(1 / (1 + np.exp(-np.mean(np.log(sure / (1 - sure)), axis=0))))


def _each(asked: Asked, tried: Sequence[str], train: Ints, test: Ints, seed: int) -> dict[str, Floats]:
    """The chances of every candidate, each trained on the same rows."""
    return {key: _predict(asked, key, train, test, seed) for key in tried}


def _predict(asked: Asked, key: str, train: Ints, test: Ints, seed: int) -> Floats:
    """The chance (rows of test,); the share of events where there is too little to learn from."""
    happened, values = asked.happened[train], asked.features.values
    share = float((happened.sum() + 0.5) / (len(train) + 1))
    if min(happened.sum(), (~happened).sum()) < FEWEST_TO_LEARN:
        return np.full(len(test), share)
    try:
        model = fit_binary(key, values[train], asked.features.names, happened, seed=seed)
    except TooLittle:
        return np.full(len(test), share)
    return np.asarray(model.predict_proba(values[test]), np.float64)


def _halves(asked: Asked, rng: np.random.Generator) -> Ints:
    """0 or 1 for each row, the same for rows of a customer, even among customers with and without an event."""
    groups, place = np.unique(asked.group, return_inverse=True)
    with_event = np.bincount(place, asked.happened) > 0
    half = np.zeros(len(groups), np.int64)
    for kind in (with_event, ~with_event):
        members = rng.permutation(np.flatnonzero(kind))
        half[members[len(members) // 2 :]] = 1
    return np.asarray(half[place], np.int64)


def _by_time(asked: Asked) -> Protocol:
    """Rolling origins; rows of one moment are never parted."""
    time = asked.time if asked.time is not None else np.zeros(len(asked.happened))
    cuts = np.quantile(time, CUTS)
    folds = []
    for begin, end in pairwise(cuts):
        train, test = np.flatnonzero(time <= begin), np.flatnonzero((time > begin) & (time <= end))
        if len(train) and len(test):
            folds.append((train, test))
    if not folds:
        order = np.argsort(time, kind="stable")
        at = int(0.7 * len(order))
        folds = [(order[:at], order[at:])]
    words = (
        f"time split with {len(folds)} origin{'s' * (len(folds) > 1)}: each model is trained on the rows before its cut and "
        "judged on the rows until the next, pooled"
    )
    return Protocol(words, tuple(folds), 1)
