"""Everybody at once: probabilities and the first reasons of a million accounts, as columns.

Reads : a LiveModel, values (n, k)
Gives : predict_everybody(), Everybody
Source: DESIGN section 6 (tabulated additive model); issue 4: 1M accounts x 60 measures, calibrated, top 5 reasons,
        within 30 s on two cores and 2.5 GB

Where the live model is additive a value is looked up once for the prediction and its reason alike. Where it is of trees
its surrogate, if it has one, is asked for the reasons; the source says which. Sentences are made when somebody
reads them (LiveModel.reasons). Work is split into blocks on the cores; numpy lets them run side by side.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forestay.predictions.additive import AdditiveModel
from forestay.predictions.explainers import Explainer
from forestay.predictions.groups import Group
from forestay.predictions.live import BLOCK, CORES, LiveModel
from forestay.predictions.models.registry import fitted_from
from forestay.predictions.reasons import Source, strongest

Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Everybody:
    """horizons: days. probability: (n, horizons) 0-1. enough: (n,) False where it is the prior's. groups: what reasons
    name. reasons: (n, most) places in `groups`, strongest first; strength: (n, most) log-odds added against the average
    account, at or below 0 where there are fewer reasons. reasons_source: of the reasons; None when no model explains."""

    horizons: tuple[int, ...]
    probability: Singles
    enough: Flags
    groups: tuple[Group, ...]
    reasons: npt.NDArray[np.int16]
    strength: Singles
    reasons_source: Source | None


def predict_everybody(model: LiveModel, values: Singles, *, most: int = 5, cores: int = CORES) -> Everybody:
    """Probabilities and the `most` groups that raise them most, for rows of values in the model's columns."""
    table = _Table.of(model)
    explains: _Table | Explainer | None = table or model.explainer
    groups = explains.groups if explains else ()
    most = min(most, len(groups))
    found = Everybody(
        model.document.horizons, np.empty((len(values), len(model.document.horizons)), np.float32),
        np.empty(len(values), bool), groups, np.zeros((len(values), most), np.int16),
        np.zeros((len(values), most), np.float32), table.source if table else model.source if explains else None,
    )  # fmt: skip

    def fill(start: int) -> None:
        _fill(found, model, table, values, slice(start, start + BLOCK))

    with ThreadPoolExecutor(cores) as threads:
        list(threads.map(fill, range(0, len(values), BLOCK)))
    return found


def _fill(found: Everybody, model: LiveModel, table: _Table | None, values: Singles, part: slice) -> None:
    block, hazard = values[part], None
    if table is None and model.explainer is not None:
        found.reasons[part], found.strength[part] = strongest(
            model.explainer.shares(block).added, found.reasons.shape[1]
        )
    elif table is not None:
        log_odds, added = table.look_up(block)
        found.reasons[part], found.strength[part] = strongest(added, found.reasons.shape[1])
        if table.source is Source.MODEL:
            hazard = 1 / (1 + np.exp(-log_odds.astype(np.float64)))
    told = model.answer(block, hazard, intervals=False)
    found.probability[part], found.enough[part] = told.probability, told.enough


@dataclass(frozen=True)
class _Table:
    """An additive model with its columns' places among the groups."""

    model: AdditiveModel
    groups: tuple[Group, ...]
    group_of: tuple[int, ...]
    means: tuple[Singles, ...]
    source: Source

    @classmethod
    def of(cls, live: LiveModel) -> _Table | None:
        """The live model's own tables, else its surrogate's where it is slow to explain itself; None without either."""
        if isinstance(live.fitted, AdditiveModel):
            return cls._made(live.fitted, live.groups, Source.MODEL)
        quick = live.explainer is not None and not live.explainer.is_slow
        if live.document.surrogate is None or live.fitted is None or quick:
            return None
        surrogate = fitted_from(live.document.surrogate)
        return cls._made(surrogate, live.groups, Source.SURROGATE) if isinstance(surrogate, AdditiveModel) else None

    @classmethod
    def _made(cls, model: AdditiveModel, groups: tuple[Group, ...], source: Source) -> _Table:
        place = {column: at for at, group in enumerate(groups) for column in group.columns}
        return cls(model, groups, tuple(place[name] for name in model.names), model.weighed(model.even), source)

    def look_up(self, values: Singles) -> tuple[Singles, Singles]:
        """(log-odds (n, periods), what each group adds (n, groups)), one look-up of every value's bin."""
        odds = np.repeat(self.model.base.astype(np.float32)[None], len(values), axis=0)
        added = np.zeros((len(self.groups), len(values)), np.float32)
        for at, bins in self.model.bins(values):
            odds += self.model.tables[at].take(bins, axis=0)
            added[self.group_of[at]] += self.means[at].take(bins)
        return odds, np.ascontiguousarray(added.T)
