"""Columns of accounts on single days of the past, as a model reads them.

Reads : an OpenPast
Gives : values_on(), ValuesOn, history_over(), values_before()
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forestay.app.job_kinds.past import OpenPast
from forestay.predictions.past import History
from forestay.predictions.training_set import is_customer
from forestay.signals.past import LakePast
from forestay.signals.past_columns import PastColumns, PastQuestion, over_past
from forestay.signals.reach import reach_of_columns

Ints = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
WEEK = 7


@dataclass(frozen=True, slots=True)
class ValuesOn:
    """Customers at the end of one day: account_ids (n,), values (n, k) float32 by name, NaN = missing."""

    account_ids: Ints
    values: Singles


def values_on(past: OpenPast, names: tuple[str, ...], day: int) -> ValuesOn:
    """Of every account that was a customer at the end of `day` (days since 1970-01-01)."""
    found = list(_columns(past, past.history, names, np.array([day], np.int32)))
    if not found:
        return ValuesOn(np.empty(0, np.int64), np.empty((0, len(names)), np.float32))
    return ValuesOn(np.concatenate([one.account_ids for one in found]), np.vstack([one.values[:, 0] for one in found]))


def history_over(past: OpenPast, account_ids: Ints, names: Sequence[str], today: int, back: int) -> History:
    """What `names` were at the end of each week of the `back` days before today; rows as in account_ids."""
    order = np.argsort(account_ids)
    some = replace(past.history, account_ids=account_ids[order], owner_ids=np.full(len(order), -1, np.int64))
    days = np.arange(today - back, today, dtype=np.int32)
    weekly = np.arange(len(days) - 1, -1, -WEEK)[::-1]
    keys = tuple(name for name in names if name.startswith("measure."))
    readings = np.full((len(account_ids), len(weekly), len(keys)), np.nan, np.float32)
    for block in _columns(past, some, keys, days, only_customers=False):
        places = order[np.searchsorted(account_ids[order], block.account_ids)]
        readings[places] = block.values[:, weekly]
    columns = {name: readings[:, :, at].astype(np.float64) for at, name in enumerate(keys)}
    return History(today, days[weekly].astype(np.int64), columns)


def values_before(past: OpenPast, account_ids: Ints, days: Ints, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """What `names` were of an account (n,) at the end of a day (n,), any pairs of them: (n, k), NaN = missing.

    Read once for all days between the first and the last; days after the last complete one are missing.
    """
    found = np.full((len(account_ids), len(names)), np.nan)
    known = np.intersect1d(account_ids, past.history.account_ids)
    last = min(int(days.max()), past.history.last_day) if len(days) else -1
    if not len(known) or int(days.min()) > last:
        return found
    some = replace(past.history, account_ids=known, owner_ids=np.full(len(known), -1, np.int64))
    every = np.arange(int(days.min()), last + 1, dtype=np.int32)
    for block in _columns(past, some, names, every, only_customers=False):
        asked = np.flatnonzero(np.isin(account_ids, block.account_ids) & (days <= last))
        rows = np.searchsorted(block.account_ids, account_ids[asked])
        found[asked] = block.values[rows, days[asked] - int(every[0])]
    return found


@dataclass(frozen=True, slots=True)
class _Block:
    account_ids: Ints
    values: Singles


def _columns(
    past: OpenPast, history: LakePast, names: tuple[str, ...], days: npt.NDArray[np.int32], only_customers: bool = True
) -> Iterator[_Block]:
    """values (n, days, k) of the accounts in their order."""
    reach = reach_of_columns(names, past.making, past.configuration.measures)

    def read(block: PastColumns) -> _Block:
        kept = np.ones(len(block.account_ids), bool)
        if only_customers:
            kept = block.known[:, -1] & is_customer(block.outcomes)[:, -1]
        found = np.full((int(kept.sum()), len(days), len(names)), np.nan, np.float32)
        for at, name in enumerate(names):
            if name in block.columns.table:
                found[:, :, at] = block.columns.table.floats(name)[kept]
        return _Block(block.account_ids[kept], found)

    yield from over_past(history, PastQuestion(reach, days, days, past.making, past.configuration.measures), read)
