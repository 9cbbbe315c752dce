"""The most valuable test of the product: memory = a plain recount = the lake = a replay from zero."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.lake.compaction import compact
from forestay.lake.reads import LakeReader
from forestay.lake.writer import LakeWriter
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.offline import OfflineQuestion, iter_blocks
from forestay.measures.reading import Needs
from forestay.measures.substrate import Substrate
from tests.measures.world import ACCOUNTS, BOOK, CONTEXT, NUMBER, World, steps

ROWS = slice(0, ACCOUNTS)
SERIES = {"any": ["A", "B", "C", "other"], "feature:f": ["A", "B"], "features:premium": ["C"], "event:B": ["B"]}
MEASURES = MeasureSet(DEFAULT_MEASURES, CONTEXT)
NEEDS = MEASURES.needs | Needs(set(SERIES), set(SERIES), event_days=100, user_days=100, facts={"ticket.csat"})


def recounted(world: World, days: np.ndarray) -> dict[str, np.ndarray]:
    """Every answer by plain loops, (accounts, days)."""

    def grid(ask: object) -> np.ndarray:
        return np.array([[ask(row, int(day)) for day in days] for row in range(ACCOUNTS)], np.float64)

    answers = {f"users {w}": grid(lambda r, t, w=w: world.distinct(r, w, t)) for w in (1, 7, 30, 90)}
    for series, names in SERIES.items():
        answers |= {f"{series} {w}": grid(lambda r, t, n=names, w=w: world.count(r, n, w, t)) for w in (1, 28, 100)}
        answers[f"{series} before"] = grid(lambda r, t, n=names: world.count(r, n, 28, t - 28))
        answers[f"{series} last"] = grid(lambda r, t, n=names: world.days_since(r, n, t))
        answers[f"{series} first"] = grid(lambda r, t, n=names: world.days_since(r, n, t, min))
    answers["active"] = grid(lambda r, t: world.active_days(r, 28, t))
    answers["users before"] = grid(lambda r, t: world.distinct(r, 30, t - 60))
    answers["score sum"] = grid(lambda r, t: sum(world.scores(r, 90, t)))
    answers["score count"] = grid(lambda r, t: len(world.scores(r, 90, t)))
    answers["score earlier"] = grid(lambda r, t: sum(world.scores(r, 20, t - 10)))
    answers["score total"] = grid(lambda r, t: sum(world.scores(r, 10**6, t)))
    return answers


def answered(substrate: Substrate) -> dict[str, np.ndarray]:
    answers = {f"users {w}": substrate.distinct_users(w) for w in (1, 7, 30, 90)}
    for series in SERIES:
        answers |= {f"{series} {w}": substrate.event_count(series, w) for w in (1, 28, 100)}
        answers[f"{series} before"] = substrate.event_count(series, 28, 28)
        answers[f"{series} last"] = substrate.days_since_event(series)
        answers[f"{series} first"] = substrate.days_since_first_event(series)
    answers["active"] = substrate.active_days("any", 28)
    answers["users before"] = substrate.distinct_users(30, 60)
    answers["score sum"] = substrate.fact_sum("ticket.csat", 90)
    answers["score count"] = substrate.fact_count("ticket.csat", 90)
    answers["score earlier"] = substrate.fact_sum("ticket.csat", 20, 10)
    answers["score total"] = substrate.fact_total("ticket.csat")
    return answers


def assert_same(left: dict[str, np.ndarray], right: dict[str, np.ndarray], shape: tuple[int, ...]) -> None:
    for name, values in left.items():
        np.testing.assert_allclose(values.reshape(shape), right[name].reshape(shape), err_msg=name)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 14))
def test_memory_equals_a_plain_recount_whatever_happens_and_whenever_it_is_reloaded(
    happenings: list[tuple], reload_after: int
) -> None:
    world = World()
    for kind, what in happenings[:reload_after]:
        world.happen(kind, what)
    with TemporaryDirectory() as folder:
        world.reloaded(Path(folder))
    for kind, what in happenings[reload_after:]:
        world.happen(kind, what)
    expected = recounted(world, np.array([world.today]))
    assert_same(expected, answered(world.memory.substrate(ROWS)), (ACCOUNTS, 1))


@settings(max_examples=30, deadline=None)
@given(steps)
def test_a_replay_from_zero_gives_the_same_memory(happenings: list[tuple]) -> None:
    first, again = World(), World()
    for kind, what in happenings:
        first.happen(kind, what)
    for kind, what in happenings:
        single = [("events", [event]) for event in what] if kind == "events" else [(kind, what)]
        for each in single:
            again.happen(*each)
    now, then = (world.memory.substrate(np.arange(ACCOUNTS)) for world in (first, again))
    assert_same(answered(now), answered(then), (ACCOUNTS,))


@settings(max_examples=20, deadline=None)
@given(steps)
def test_accounts_asked_in_any_order_have_the_same_numbers(happenings: list[tuple]) -> None:
    world, order = World(), np.array([2, 0, 3, 1])
    for kind, what in happenings:
        world.happen(kind, what)
    together = {name: values[order] for name, values in answered(world.memory.substrate(np.arange(ACCOUNTS))).items()}
    assert_same(answered(world.memory.substrate(order)), together, (ACCOUNTS,))


@settings(max_examples=8, deadline=None)
@given(steps, st.integers(0, 14), st.integers(0, 14))
def test_the_lake_gives_the_same_numbers_on_every_day(happenings: list[tuple], cut: int, crash: int) -> None:
    world = World()
    for kind, what in happenings:
        world.happen(kind, what)
    days = np.arange(world.today - 12, world.today + 1, 4, dtype=np.int32)
    with TemporaryDirectory() as folder:
        LakeWriter(folder).flush(world.batch(0, min(cut, world.position)))
        LakeWriter(folder).flush(world.batch(min(crash, cut), world.position))
        compact(folder)
        lake = LakeReader(folder, memory_mb=256)
        accounts = np.arange(ACCOUNTS) + NUMBER
        question = OfflineQuestion(1, accounts, days, NEEDS, BOOK, lambda key, rows: np.full(len(rows), np.nan))
        (block,) = iter_blocks(lake, question)
        past, present = answered(block.substrate), recounted(world, days)
        columns = MEASURES.evaluate(block.substrate)
        lake.close()
    assert_same(present, past, (ACCOUNTS, len(days)))
    for key, values in MEASURES.evaluate(world.memory.substrate(ROWS)).items():
        np.testing.assert_allclose(values, columns[key][:, -1], err_msg=key)
