"""A backtest out of a real lake finds what was planted there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from forestay.customers.words import Feed
from forestay.lake.batch import LakeBatch
from forestay.lake.reads import LakeReader
from forestay.lake.writer import LakeWriter
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import FeatureBook
from forestay.measures.series import SeriesBook
from forestay.measures.substrate import Values
from forestay.signals.backtest import backtest
from forestay.signals.columns import Making
from forestay.signals.past import LakePast
from forestay.signals.report import Period
from forestay.signals.trigger import Outcome
from tests.signals.world import trigger

FIRST, LAST = 20_000, 20_199
ACCOUNTS = np.array([11, 12, 13, 14], np.int64)
MEASURES = MeasureSet(DEFAULT_MEASURES)


def traits(key: str, accounts: np.typing.NDArray[np.int64]) -> Values:
    known = {"plan": np.array(["gold"] * len(accounts), object), "customer_since": np.full(len(accounts), FIRST + 5.0)}
    return known.get(key, np.full(len(accounts), np.nan))


@pytest.fixture
def past(tmp_path: Path) -> LakePast:
    """Daily use by all; 11 and 12 fall silent on day 100, 11 and 13 churn on day 140."""
    uses = [(account, day) for account in ACCOUNTS.tolist() for day in range(FIRST, LAST + 1)
            if account > 12 or day < FIRST + 100]  # fmt: skip
    said = [(account, "ticket.opened", FIRST + 3) for account in (11, 13)]
    said += [(account, "account.churned", FIRST + 140) for account in (11, 13)]
    events = pa.table({
        "workspace_id": [1] * len(uses), "position": [1] * len(uses), "account": [account for account, _ in uses],
        "user": [account * 10 for account, _ in uses], "event": ["Opened"] * len(uses),
        "day": [day for _, day in uses], "weight": [1] * len(uses), "at": [day * 86_400_000_000 for _, day in uses],
    })  # fmt: skip
    facts = pa.table({
        "workspace_id": [1] * len(said), "position": [1] * len(said), "account": [account for account, _, _ in said],
        "fact": [fact for _, fact, _ in said], "day": [day for _, _, day in said], "value": [1.0] * len(said),
        "count": [1] * len(said),
    })  # fmt: skip
    LakeWriter(str(tmp_path)).flush(LakeBatch(1, events=events, facts=facts))
    book = SeriesBook.build(FeatureBook(), {}, events=["Opened"])
    return LakePast(LakeReader(str(tmp_path)), 1, ACCOUNTS, np.array([7, 7, 8, -1], np.int64), LAST, book, traits)


PERIOD = Period(FIRST + 60, FIRST + 160, Outcome.CHURNED, 60)


def test_planted_silence_is_found_in_the_lake(past: LakePast) -> None:
    found = backtest(trigger("no event 'Opened' in 14 days"), PERIOD, past, Making(), MEASURES)
    assert (found.firings, found.precision, found.recall, found.lead_time_days.p50) == (2, 0.5, 0.5, 27)


def test_health_is_made_from_the_lake(past: LakePast) -> None:
    found = backtest(trigger("health.product_usage < 40"), PERIOD, past, Making(), MEASURES)
    assert (found.firings, found.accounts) == (2, 2)


def test_a_trait_that_may_have_changed_is_unknown_in_the_past(past: LakePast) -> None:
    found = backtest(
        trigger("account.plan = 'gold' and no event 'Opened' in 14 days"), PERIOD, past, Making(), MEASURES
    )
    assert found.firings == 0
    assert [lost.column for lost in found.not_reconstructible] == ["account.plan"]


def test_the_feeds_of_the_past_are_those_that_were_heard(past: LakePast) -> None:
    heard = past.heard(set(Feed), FIRST, LAST)
    assert set(heard) == {Feed.TELEMETRY, Feed.TICKETS}
    assert heard[Feed.TICKETS].tolist() == [FIRST + 3]
    assert len(heard[Feed.TELEMETRY]) == 200


class Cancelled(Exception):
    """What a cancelled job raises when it tells how far it is."""


def test_a_backtest_that_is_cancelled_ends_where_it_is(past: LakePast) -> None:
    heard = []

    def told(done: int) -> None:
        heard.append(done)
        raise Cancelled

    with pytest.raises(Cancelled):
        backtest(trigger("no event 'Opened' in 14 days"), PERIOD, past, Making(), MEASURES, told=told)
    assert heard == [4]
