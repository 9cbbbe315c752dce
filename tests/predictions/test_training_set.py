"""Training rows hold what the tick would have said on that day, and what came after."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings

from forestay.conditions.columns import ColumnTable
from forestay.customers.words import Feed
from forestay.health.feeds import FeedState, FeedStates
from forestay.health.registry import KEYS
from forestay.kit.clock import start_of_day
from forestay.kit.errors import Invalid
from forestay.lake.reads import LakeReader
from forestay.lake.writer import LakeWriter
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.predictions.labels import Cancelled, LabelForm, LastActivity, NotRenewed
from forestay.predictions.training_set import PastBlock, SnapshotBuilder, TrainingSet, as_of_grid
from forestay.signals.columns import Columns, Making, build_columns
from forestay.signals.past import LakePast
from forestay.signals.past_columns import PastColumns, PastQuestion, over_past
from forestay.signals.reach import reach_of_columns
from tests.measures.world import ACCOUNTS, BOOK, CONTEXT, NUMBER, World, steps
from tests.predictions.past import FIRST, DatedFacts, dated

MEASURES = MeasureSet(DEFAULT_MEASURES, CONTEXT)
NAMES = (*(f"measure.{key}" for key in MEASURES.keys), "health.score", *(f"health.{key}" for key in KEYS))
EVERY = np.arange(ACCOUNTS, dtype=np.int64) + NUMBER


@contextmanager
def remembered(world: World) -> Iterator[LakePast]:
    """The world's past in a lake."""
    with TemporaryDirectory() as folder:
        LakeWriter(folder).flush(world.batch(0, world.position))
        lake = LakeReader(folder, memory_mb=256)
        none = np.full(ACCOUNTS, -1, np.int64)
        yield LakePast(lake, 1, EVERY, none, world.today, BOOK, lambda key, rows: np.full(len(rows), np.nan))
        lake.close()


def offline(past: LakePast, day: int) -> TrainingSet:
    """The training rows of one day, out of the lake."""
    days = np.array([day], np.int32)
    builder = SnapshotBuilder(NAMES, {"churn": Cancelled()}, days, day)
    asked = PastQuestion(reach_of_columns(NAMES, Making(), MEASURES), days, days, Making(), MEASURES)

    def rows(block: PastColumns) -> object:
        return builder.part(PastBlock(block.account_ids, days, block.columns.table, block.known, block.outcomes, days))

    return builder.gather(over_past(past, asked, rows, workers=1))


def online(world: World, past: LakePast) -> Columns:
    """The columns as the tick makes them, out of its memory."""
    as_of, states = start_of_day(world.today + 1), {}
    for feed, days in past.heard(set(Feed), world.today - 120, world.today).items():
        gap = timedelta(days=float(np.median(np.diff(days))) if len(days) > 1 else 1.0)
        states[feed] = FeedState(True, start_of_day(int(days[-1]) + 1), gap)
    substrate = world.memory.substrate(np.arange(ACCOUNTS))
    return build_columns(substrate, MEASURES.evaluate(substrate), Making(), FeedStates(states), as_of)


@settings(max_examples=8, deadline=None)
@given(steps)
def test_a_training_row_equals_what_the_tick_said_on_that_day(happenings: list[tuple]) -> None:
    world = World()
    for kind, what in happenings:
        world.happen(kind, what)
    with remembered(world) as past:
        rows, said = offline(past, world.today).snapshots, online(world, past).table
    for at, name in enumerate(NAMES):
        now = said.floats(name)[rows.account_ids - NUMBER]
        np.testing.assert_allclose(rows.values[:, at], now.astype(np.float32), rtol=1e-5, atol=1e-5, err_msg=name)


def built(facts: DatedFacts, label: LabelForm, grid: list[int], silence: np.ndarray | None = None) -> TrainingSet:
    """Training rows of one account whose days are facts.days."""
    days = len(facts.days)
    columns = {"measure.x": np.arange(days, dtype=float)[None, :], "account.arr": np.full((1, days), 1_200.0)}
    if silence is not None:
        columns["measure.days_since_activity"] = silence[None, :]
    builder = SnapshotBuilder(("measure.x",), {"it": label}, FIRST + np.array(grid), FIRST + days - 1)
    table = ColumnTable((1, days), columns)
    block = PastBlock(np.array([7]), facts.days, table, np.ones((1, days), bool), facts, facts.days)
    return builder.gather([builder.part(block)])


def test_days_before_the_end_are_rows_and_days_after_it_are_not() -> None:
    facts = dated(60, mrr={0: 100.0, 30: -100.0}, subscription__started={0: 1.0})
    found = built(facts, Cancelled(), [5, 25, 30, 50])
    assert found.snapshots.as_of_days.tolist() == [FIRST + 5, FIRST + 25]
    assert found.snapshots.values[:, 0].tolist() == [5.0, 25.0]
    assert found.snapshots.arr.tolist() == [1_200.0, 1_200.0]
    assert found.labels["it"].event_in_days.tolist() == [25.0, 5.0]
    assert found.labels["it"].observed_days.tolist() == [54.0, 34.0]


def test_an_account_whose_subscription_bears_no_price_is_a_customer_until_it_churns() -> None:
    facts = dated(60, subscription__started={0: 1.0}, account__churned={40: 1.0})
    assert built(facts, Cancelled(), [5, 30, 50]).snapshots.as_of_days.tolist() == [FIRST + 5, FIRST + 30]


def test_an_account_that_went_on_to_a_free_plan_is_still_a_customer() -> None:
    facts = dated(60, mrr={0: 100.0, 30: -100.0}, subscription__started={0: 1.0, 30: 1.0})
    assert built(facts, Cancelled(), [20, 40]).snapshots.as_of_days.tolist() == [FIRST + 20, FIRST + 40]


def test_what_is_only_known_a_fortnight_later_shortens_what_is_known() -> None:
    facts = dated(60, mrr={0: 100.0, 50: -100.0}, subscription__started={0: 1.0}, subscription__ended={50: 1.0})
    labels = built(facts, NotRenewed(grace_days=14), [40]).labels["it"]
    assert (labels.event_in_days[0], labels.observed_days[0]) == (np.inf, 5.0)


def test_an_account_that_has_gone_quiet_is_not_asked_for_its_last_activity() -> None:
    silence = np.concatenate([np.zeros(20), np.arange(1, 101)])
    facts = dated(120, mrr={0: 100.0}, subscription__started={0: 1.0})
    labels = built(facts, LastActivity(silent_days=60), [5, 30, 45], silence).labels["it"]
    assert labels.event_in_days.tolist()[0] == 14.0
    assert labels.observed_days.tolist() == [54.0, 29.0, -1.0]


def test_a_day_that_was_not_read_is_refused() -> None:
    with pytest.raises(Invalid, match="outside the days"):
        built(dated(10, mrr={0: 1.0}), Cancelled(), [12])


def test_the_grid_ends_with_the_last_day() -> None:
    assert as_of_grid(100, 175, 30).tolist() == [115, 145, 175]
