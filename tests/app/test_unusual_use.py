"""Once a day the unusual use of each account is written down: the whole of it, and feature by feature."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast

import numpy as np

from forestay.app.shard import WorkspaceMemory
from forestay.app.unusual_use import unusual_use
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.online import Memory
from forestay.measures.series import SeriesBook

TODAY, DAYS, ACCOUNTS = 20_000, 99, 60
CONTEXT = MeasureContext(
    FeatureBook((Feature("reports", "Reports", ("Report Viewed",)), Feature("plans", "Plans", ("Plan Opened",)))),
    {EventRole.SIGN_IN: ("Signed In",)},
)
Counts = dict[str, "np.ndarray[tuple[int, int], np.dtype[np.int64]]"]


def counts(seed: int = 2) -> Counts:
    """Events by name, accounts and day, of the days before today."""
    rng = np.random.default_rng(seed)
    return {name: rng.poisson(3, (ACCOUNTS, DAYS)) for name in ("Signed In", "Report Viewed", "Plan Opened")}


def workspace(daily: Counts) -> WorkspaceMemory:
    """A workspace whose memory holds these counts, on a day that has only begun."""
    book = SeriesBook.build(CONTEXT.features, CONTEXT.roles)
    memory = Memory.empty(book, TODAY)
    memory.cube.grow(ACCOUNTS)
    for name, table in daily.items():
        rows, back = np.nonzero(table)
        codes = np.array(book.codes([name] * len(rows)))
        expanded = book.expand(codes, rows.astype(np.int64), (TODAY - DAYS + back).astype(np.int64), table[rows, back])
        memory.cube.add(expanded.rows, expanded.series, expanded.days, expanded.weights)
    configuration = SimpleNamespace(measures=MeasureSet(DEFAULT_MEASURES, CONTEXT))
    return cast(WorkspaceMemory, SimpleNamespace(memory=memory, today=TODAY, configuration=configuration))


def told(daily: Counts) -> list[list[dict[str, object]]]:
    return [json.loads(text) for text in unusual_use(workspace(daily), np.arange(ACCOUNTS))]


def test_an_account_that_fell_silent_is_told_with_its_numbers() -> None:
    daily = counts()
    for table in daily.values():
        table[11, -8:] = 0
    whole = told(daily)[11][0]
    assert (whole["measure"], whole["direction"], whole["counted"], whole["as_of"]) == (
        "events",
        "low",
        0.0,
        "2024-10-04",
    )
    assert 50 < cast(float, whole["expected"]) < 80


def test_a_feature_that_is_given_up_is_told_by_its_name() -> None:
    daily = counts()
    daily["Plan Opened"][23, -14:] = 0
    assert "feature:plans" in [one["measure"] for one in told(daily)[23]]
    assert "feature:reports" not in [one["measure"] for one in told(daily)[23]]


def test_the_day_that_has_only_begun_is_not_a_fall() -> None:
    unusual = [one for account in told(counts()) for one in account]
    assert len(unusual) < ACCOUNTS // 4
