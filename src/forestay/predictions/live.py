"""The model in service: predictions and reasons for the accounts of a table, with numpy alone.

Reads : a ModelDocument, a ColumnTable
Gives : LiveModel, Predictions
Source: REQUIREMENTS C1; DESIGN section 6 (monotone in the horizon, 'not enough data' is an answer, interval from an
        ensemble). Loads neither LightGBM nor scikit-learn.

A column that the table no longer has counts as missing, and so do texts; a value never seen before falls into the bin
that it lies in. When of the columns that are usually known less than ENOUGH are known of an account, the answer is
'not enough data' with the prior's probability. An account that has churned has no prediction (NaN).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from forestay.conditions.columns import ColumnTable
from forestay.predictions.calibration import Calibration, calibration_from
from forestay.predictions.explainers import ByRule, Explainer, explainer_of
from forestay.predictions.groups import Group, group_measures
from forestay.predictions.hazard import probability_within
from forestay.predictions.intervals import prior_ends, refits_ends, within_each
from forestay.predictions.model_document import ModelDocument, Purpose, State
from forestay.predictions.models.candidate import Fitted
from forestay.predictions.models.registry import fitted_from
from forestay.predictions.models.together import Hazards, asked_together
from forestay.predictions.past import History, ReadHistory
from forestay.predictions.peers import Peers
from forestay.predictions.reasons import Explained, Facts, Reason, Source, reasons_of
from forestay.predictions.sentences import DEFAULT_WORDS, Words

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

ENOUGH = 0.5
"""Share that has to be known of an account, of the columns that are known of most accounts."""
EXACT_ROWS = 500
"""Rows that one call explains exactly where that is slow (trees); the rest is read from the surrogate."""
BLOCK = 16_384
CORES = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What is predicted for the rows of a table.

    horizons: days. probability, low, high: (*shape, horizons) 0-1, NaN for accounts that have churned; low to high is a
    90 % interval of the model's own doubt. hazard: (*shape, periods) calibrated. enough: (*shape) False where the answer
    is the prior's. source: of the rows with enough.
    """

    horizons: tuple[int, ...]
    probability: Floats
    low: Floats
    high: Floats
    hazard: Floats
    enough: Flags
    source: Source

    def at(self, horizon: int) -> Floats:
        """Probability (*shape) at one of the horizons. Raises ValueError for another."""
        return self.probability[..., self.horizons.index(horizon)]

    def within(self, days: float | Floats) -> Floats:
        """Probability (*shape) within any number of days, or of each row's own (until renewal)."""
        flat = self.hazard.reshape(-1, self.hazard.shape[-1])
        wanted = np.broadcast_to(np.asarray(days, np.float64), self.enough.shape).reshape(-1)
        return np.asarray(probability_within(flat, wanted), np.float64).reshape(self.enough.shape)

    @property
    def state(self) -> npt.NDArray[np.str_]:
        """(*shape) 'ok' or 'not_enough_data'."""
        return np.where(self.enough, State.OK.value, State.NOT_ENOUGH_DATA.value)


@dataclass(frozen=True)
class LiveModel:
    """A model document ready to answer."""

    document: ModelDocument

    @classmethod
    def from_document(cls, document: ModelDocument) -> LiveModel:
        """Ready to answer; broken parts are refused here and not in the middle of a tick. Raises UnknownModel,
        BadModel, pydantic.ValidationError."""
        model = cls(document)
        for part in ("fitted", "calibration", "ensemble", "explainer", "surrogate"):
            getattr(model, part)
        return model

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that are read from a table."""
        return self.document.names

    @property
    def source(self) -> Source:
        """What its predictions come from."""
        if self.fitted is None:
            return Source.PRIOR
        return Source.RULE if self.document.candidate == "rule" else Source.MODEL

    @cached_property
    def fitted(self) -> Fitted | None:
        """The trained model; None when there was not enough to learn from."""
        enough = self.document.state is State.OK and self.document.fitted is not None
        return fitted_from(self.document.fitted) if enough and self.document.fitted is not None else None

    @cached_property
    def calibration(self) -> Calibration | None:
        """Brings hazards to the level that was seen out of time."""
        return None if self.document.calibration is None else calibration_from(self.document.calibration)

    @cached_property
    def ensemble(self) -> tuple[Fitted, ...]:
        """Refits, for the interval."""
        return tuple(fitted_from(one) for one in self.document.ensemble)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Columns explained together; families alone where the document keeps no groups."""
        return self.document.groups or group_measures(self.names, np.empty((0, len(self.names))))

    @cached_property
    def explainer(self) -> Explainer | None:
        """Explains the live model exactly; None for kinds that cannot. Without a model the rules of churn still say what
        is going on with an account."""
        if self.fitted is None:
            return ByRule(self.names, 1.0) if self.document.purpose is Purpose.CHURN else None
        return explainer_of(self.fitted, self.groups)

    @cached_property
    def surrogate(self) -> Explainer | None:
        """Explains the additive model that follows the live one."""
        if self.document.surrogate is None:
            return None
        return explainer_of(fitted_from(self.document.surrogate), self.groups)

    @cached_property
    def peers(self) -> Peers:
        """Whom accounts are compared with when the caller does not say."""
        return Peers.of(self.document)

    def values(self, table: ColumnTable, rows: npt.NDArray[np.integer] | None = None) -> Singles:
        """The model's columns out of a table, (rows or all, k) float32, NaN where missing or no longer there.

        A table of (accounts, days) counts row by row, days fastest.
        """
        size = int(np.prod(table.shape)) if rows is None else len(rows)
        found = np.full((size, len(self.names)), np.nan, np.float32)
        for at, name in enumerate(self.names):
            if name in table:
                column = table.floats(name).reshape(-1)
                found[:, at] = column if rows is None else column[rows]
        return found

    def predict(self, table: ColumnTable, *, intervals: bool = True) -> Predictions:
        """Probabilities at the document's horizons for every row. Without intervals low and high are NaN and the refits
        are not asked."""
        found = self.predict_values(self.values(table), intervals=intervals)
        if "account.is_churned" in table:
            gone = table.floats("account.is_churned").reshape(-1) > 0
            for part in (found.probability, found.low, found.high, found.hazard):
                part[gone] = np.nan
        shape, wide = table.shape, (*table.shape, len(found.horizons))
        return Predictions(
            found.horizons, found.probability.reshape(wide), found.low.reshape(wide), found.high.reshape(wide),
            found.hazard.reshape(*shape, -1), found.enough.reshape(shape), found.source,
        )  # fmt: skip

    def predict_values(self, values: Singles, *, intervals: bool = True) -> Predictions:
        """The same for rows of values (n, k) in the model's columns; large ones in blocks on several cores."""
        blocks = [values[start : start + BLOCK] for start in range(0, max(len(values), 1), BLOCK)]
        if len(blocks) < 3:
            parts = [self.answer(block, intervals=intervals) for block in blocks]
        else:
            with ThreadPoolExecutor(CORES) as threads:
                parts = list(threads.map(lambda block: self.answer(block, intervals=intervals), blocks))
        return _joined(parts)

    def answer(self, values: Singles, hazard: Floats | None = None, *, intervals: bool = True) -> Predictions:
        """One block of rows (n, k) on one core. hazard: (n, periods) the trained model's own, where the caller has it
        already."""
        prior = np.full((len(values), self.document.periods), self.document.prior.mean)
        refits: list[Floats] = []
        if self.fitted is None:
            hazard, enough = prior, np.zeros(len(values), bool)
        else:
            enough = self._enough(values)
            if intervals:
                hazard, *refits = self._together(values)
            told = self.fitted.hazard(values) if hazard is None else hazard
            hazard = np.where(enough[:, None], self._calibrated(told), prior)
        probability = within_each(hazard, self.document.horizons)
        again = [within_each(self._calibrated(one), self.document.horizons) for one in refits]
        low, high = refits_ends(probability, again)
        if intervals and not enough.all():
            low[~enough], high[~enough] = self._prior_interval
        return Predictions(self.document.horizons, probability, low, high, hazard, enough, self.source)

    def reasons(
        self, table: ColumnTable, rows: Sequence[int], most: int = 5, *, words: Words = DEFAULT_WORDS,
        history: History | ReadHistory | None = None, peers: Peers | None = None, segments: Sequence[str] = (),
        today: int | None = None, exact: bool | None = None,
    ) -> list[list[Reason]]:  # fmt: skip
        """Reasons of the rows asked for, strongest first; history and segments run as `rows` do.

        history: readings, or what reads them for the columns that reasons speak of (cheaper: the others are not read).
        exact: where that is slow, None lets the first EXACT_ROWS be exact (so give the riskiest first), True all, False
        none: the others are read from the surrogate.
        """
        wanted = np.asarray(rows, np.intp)
        values, arr = self.values(table, wanted), None
        if "account.arr" in table:
            arr = table.floats("account.arr").reshape(-1)[wanted]
        explained = self._explained(values, exact)
        if callable(history):
            spoken = {name for one in explained for name in one.columns(self.names, most)}
            history = history(sorted(spoken))
        told = self.peers if peers is None else peers
        facts = Facts(self.names, values, words, history, told, segments, arr, today)
        found = [row for one in explained for row in reasons_of(one, facts.of(one.part), most)]
        return found or [[] for _ in wanted]

    def _explained(self, values: Singles, exact: bool | None) -> list[Explained]:
        """Shares of the rows: the live model's own, then the surrogate's."""
        split = self._exact_rows(len(values), exact)
        source = Source.RULE if self.fitted is None else self.source
        parts = ((self.explainer, source, slice(0, split)), (self.surrogate, Source.SURROGATE, slice(split, None)))
        return [
            Explained(explainer.shares(values[part]), explainer.groups, source, part)
            for explainer, source, part in parts
            if explainer is not None and len(values[part])
        ]

    def _exact_rows(self, rows: int, exact: bool | None) -> int:
        """How many of the first rows the live model explains itself."""
        if self.explainer is None:
            return 0
        if self.surrogate is None or exact or not self.explainer.is_slow:
            return rows
        return 0 if exact is False else min(rows, EXACT_ROWS)

    def _calibrated(self, hazard: npt.NDArray[np.floating]) -> Floats:
        told = np.asarray(hazard, np.float64)
        return told if self.calibration is None else np.asarray(self.calibration.apply(told), np.float64)

    def _enough(self, values: Singles) -> Flags:
        known = (~np.isnan(values[:, self._usually_known])).sum(axis=1)
        return np.asarray(known >= max(1.0, ENOUGH * self._usually_known.sum()), bool)

    @cached_property
    def _usually_known(self) -> Flags:
        """Columns (k,) that most training rows knew; all where the document does not say or none is."""
        missing = {one.name: one.missing for one in self.document.features}
        usual = np.array([missing.get(name, 0.0) <= 0.5 for name in self.names], bool)
        return usual if usual.any() else np.ones(len(self.names), bool)

    @cached_property
    def _together(self) -> Hazards:
        """The trained model and its refits asked at once, so that the interval costs little more."""
        return asked_together((self.fitted, *self.ensemble) if self.fitted else ())

    @cached_property
    def _prior_interval(self) -> tuple[Floats, Floats]:
        """90 % of the prior, at each horizon."""
        ends = (np.full((1, self.document.periods), one) for one in prior_ends(self.document.prior))
        low, high = (within_each(end, self.document.horizons)[0] for end in ends)
        return low, high


def _joined(parts: Sequence[Predictions]) -> Predictions:
    """Blocks one after the other."""
    return replace(
        parts[0],
        probability=np.concatenate([part.probability for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        hazard=np.concatenate([part.hazard for part in parts]),
        enough=np.concatenate([part.enough for part in parts]),
    )
