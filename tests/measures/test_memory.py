"""What the memory of measures promises, case by case."""

from pathlib import Path

import numpy as np
import pytest

from forestay.measures.cube import ActivityCube
from forestay.measures.facts import FactTable
from forestay.measures.features import EventRole, Feature, FeatureBook
from forestay.measures.ring import FutureDay, RowParts
from forestay.measures.series import SeriesBook
from forestay.measures.traits import TraitColumns
from forestay.measures.users import UserActivity

TODAY = 20_000


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def counted(cube: ActivityCube, row: int, since: int, until: int, series: int = 0) -> int:
    return int(cube.count(RowParts.of(ints(row)), series, since, until)[0])


def distinct(users: UserActivity, row: int, window: int, until: int) -> int:
    return int(users.distinct(RowParts.of(ints(row)), window, until)[0])


def test_a_late_event_counts_on_its_own_day() -> None:
    cube = ActivityCube(1, TODAY)
    cube.add(ints(0), ints(0), ints(TODAY - 99))
    assert counted(cube, 0, TODAY - 99, TODAY - 99) == 1


def test_an_event_older_than_the_ring_is_reported_and_not_counted() -> None:
    cube = ActivityCube(2, TODAY)
    late = cube.add(ints(0, 0, 0), ints(0, 1, 0), ints(TODAY - 100, TODAY - 100, TODAY), ints(3, 3, 1))
    assert (late, counted(cube, 0, TODAY - 200, TODAY)) == (3, 1)


def test_an_event_older_than_the_ring_still_tells_when_the_account_began() -> None:
    cube = ActivityCube(1, TODAY)
    cube.add(ints(0, 0), ints(0, 0), ints(TODAY - 400, TODAY))
    assert cube.first_day(RowParts.of(ints(0)), 0)[0] == TODAY - 400


def test_an_event_of_tomorrow_is_refused() -> None:
    with pytest.raises(FutureDay):
        ActivityCube(1, TODAY).add(ints(0), ints(0), ints(TODAY + 1))


def test_a_day_with_two_hundred_thousand_events_is_counted_exactly() -> None:
    cube = ActivityCube(1, TODAY)
    for _ in range(4):
        cube.add(ints(5), ints(0), ints(TODAY), ints(50_000))
    cube.add(ints(5), ints(0), ints(TODAY))
    assert counted(cube, 5, TODAY - 6, TODAY) == 200_001


def test_an_overflowing_day_leaves_with_the_ring() -> None:
    cube = ActivityCube(1, TODAY)
    cube.add(ints(0), ints(0), ints(TODAY), ints(100_000))
    cube.roll_to(TODAY + 100)
    assert counted(cube, 0, TODAY, TODAY + 100) == 0


def test_two_overflowing_accounts_merge_exactly() -> None:
    cube = ActivityCube(2, TODAY)
    cube.add(ints(0, 1), ints(1, 1), ints(TODAY, TODAY), ints(70_000, 60_000))
    cube.merge_account(0, 1)
    assert (counted(cube, 0, 0, TODAY, series=1), counted(cube, 1, 0, TODAY, series=1)) == (0, 130_000)


def test_a_clock_that_steps_back_never_brings_days_back() -> None:
    cube = ActivityCube(1, TODAY)
    cube.roll_to(TODAY + 3)
    cube.add(ints(0), ints(0), ints(TODAY + 3))
    cube.roll_to(TODAY)
    assert (cube.today, counted(cube, 0, TODAY, TODAY + 3)) == (TODAY + 3, 1)


def test_accounts_beyond_a_chunk_are_read_in_the_order_asked() -> None:
    cube = ActivityCube(1, TODAY, chunk_rows=4)
    cube.add(ints(1, 9, 9, 6), ints(0, 0, 0, 0), ints(TODAY, TODAY, TODAY - 1, TODAY))
    assert cube.count(cube.parts(ints(9, 1, 2, 6)), 0, TODAY - 1, TODAY).tolist() == [2, 1, 0, 1]


def test_a_new_series_starts_empty_and_leaves_the_others_alone() -> None:
    cube = ActivityCube(1, TODAY)
    cube.add(ints(2), ints(0), ints(TODAY), ints(80_000))
    cube.widen(3)
    cube.add(ints(2), ints(2), ints(TODAY))
    assert [counted(cube, 2, TODAY, TODAY, series=n) for n in range(3)] == [80_000, 0, 1]


def test_the_last_day_before_a_day_is_found_in_the_ring() -> None:
    cube = ActivityCube(1, TODAY)
    cube.add(ints(0, 0), ints(0, 0), ints(TODAY - 9, TODAY))
    assert cube.last_day(RowParts.of(ints(0)), 0, TODAY - 1)[0] == TODAY - 9


def test_a_user_of_two_accounts_counts_once_in_each() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(4, 4, 4), ints(0, 1, 1), ints(TODAY, TODAY, TODAY - 1))
    assert (distinct(users, 0, 7, TODAY), distinct(users, 1, 7, TODAY)) == (1, 1)


def test_an_anonymous_user_who_signs_in_is_one_user() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(1, 2), ints(0, 0), ints(TODAY - 3, TODAY))
    users.move_user(2, 1)
    assert distinct(users, 0, 7, TODAY) == 1


def test_a_user_who_is_joined_takes_along_accounts_of_their_own() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(2, 2), ints(3, 5), ints(TODAY, TODAY))
    users.move_user(2, 1)
    users.touch(ints(1), ints(5), ints(TODAY - 1))
    assert (distinct(users, 3, 1, TODAY), distinct(users, 5, 7, TODAY)) == (1, 1)


def test_a_user_of_both_merged_accounts_is_one_user() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(1, 1, 2), ints(0, 1, 0), ints(TODAY, TODAY, TODAY))
    users.merge_account(0, 1)
    assert (distinct(users, 0, 7, TODAY), distinct(users, 1, 7, TODAY)) == (0, 2)


def test_a_late_event_corrects_the_number_of_a_day_that_ended() -> None:
    users = UserActivity(TODAY)
    users.roll_to(TODAY + 60)
    users.touch(ints(1), ints(0), ints(TODAY - 29))
    users.touch(ints(1), ints(0), ints(TODAY - 10))
    assert [distinct(users, 0, 30, day) for day in (TODAY, TODAY + 19, TODAY + 20)] == [1, 1, 0]


def test_the_users_of_a_day_that_ended_are_kept() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(1, 2), ints(0, 0), ints(TODAY - 20, TODAY))
    users.roll_to(TODAY + 60)
    assert [distinct(users, 0, 30, TODAY + day) for day in (0, 9, 10, 29, 30)] == [2, 2, 1, 1, 0]


def test_a_window_of_the_past_that_is_not_kept_is_unknown() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(1), ints(0), ints(TODAY - 5))
    assert distinct(users, 0, 14, TODAY - 1) == -1


def test_a_window_kept_later_knows_the_days_of_the_ring() -> None:
    users = UserActivity(TODAY)
    users.touch(ints(1, 2), ints(0, 0), ints(TODAY - 20, TODAY - 8))
    users.keep([7, 14])
    assert [distinct(users, 0, 14, day) for day in (TODAY - 8, TODAY - 6, TODAY)] == [2, 1, 1]


def test_a_fact_of_tomorrow_does_not_count_yet() -> None:
    facts = FactTable()
    facts.add("invoice.due", ints(0), ints(TODAY + 1), np.array([1.0]))
    assert facts.total("invoice.due", ints(0), [TODAY, TODAY + 1]).tolist() == [0.0, 1.0]


def test_a_fact_taken_back_is_as_if_never_said() -> None:
    facts = FactTable()
    facts.add("ticket.csat", ints(0, 0), ints(TODAY - 9, TODAY - 5), np.array([4.0, 2.0]))
    facts.add("ticket.csat", ints(0), ints(TODAY - 5), np.array([-2.0]), ints(-1))
    answers = facts.sum("ticket.csat", ints(0), TODAY, 30), facts.count("ticket.csat", ints(0), TODAY, 30)
    assert (answers[0][0], answers[1][0], facts.last_day("ticket.csat", ints(0), TODAY)[0]) == (4.0, 1.0, TODAY - 9)


def test_facts_of_many_small_additions_equal_one_large_one() -> None:
    rng = np.random.default_rng(7)
    rows, days = rng.integers(0, 9, 500), TODAY - rng.integers(0, 300, 500)
    values = rng.integers(-5, 9, 500).astype(np.float64)
    whole, pieces = FactTable(), FactTable()
    whole.add("mrr", rows, days, values)
    for at in range(0, 500, 7):
        pieces.add("mrr", rows[at : at + 7], days[at : at + 7], values[at : at + 7])
    grid = np.arange(9)[:, None], np.arange(TODAY - 310, TODAY)[None, :]
    assert np.array_equal(whole.sum("mrr", *grid, 90), pieces.sum("mrr", *grid, 90))


def test_a_merged_account_hands_over_its_facts() -> None:
    facts = FactTable()
    facts.add("mrr", ints(0, 1), ints(TODAY - 50, TODAY - 20), np.array([100.0, 40.0]))
    facts.merge_account(0, 1)
    assert facts.total("mrr", ints(0, 1), TODAY).tolist() == [0.0, 140.0]
    assert np.isnan(facts.last_day("mrr", ints(0), TODAY)[0])


def test_an_event_feeds_its_feature_its_group_and_its_role() -> None:
    features = FeatureBook((Feature("reports", "Reports", ("Report Run",), is_sticky=True),))
    book = SeriesBook.build(features, {EventRole.CORE: ("Report Run",)}, events=["Report Run"])
    fed = {book.names[n] for n in book.series_of("Report Run")}
    assert fed == {"any", "feature:reports", "features:sticky", "role:core", "event:Report Run"}


def test_a_new_configuration_keeps_the_places_of_series() -> None:
    first = SeriesBook.build(FeatureBook(), {}, events=["A", "B"])
    second = SeriesBook.build(FeatureBook(), {}, events=["C", "B"], before=first)
    assert second.names == ("any", "event:A", "event:B", "event:C")


def test_events_expand_to_every_series_they_feed() -> None:
    book = SeriesBook.build(FeatureBook((Feature("f", "F", ("E",)),)), {}, events=["E"])
    more = book.expand(book.codes(["E", "unheard of"]), ints(7, 8), ints(1, 2), ints(5, 6))
    assert list(zip(more.rows.tolist(), more.series.tolist(), more.days.tolist(), strict=True)) == [
        (7, 0, 1), (7, 1, 1), (7, 2, 1), (8, 0, 2),
    ]  # fmt: skip


def test_names_that_feed_no_series_take_no_room() -> None:
    book = SeriesBook.build(FeatureBook(), {}, events=["E"])
    book.codes(f"name {n}" for n in range(100_000))
    assert book.event_names == ("E",)


def test_traits_keep_numbers_dates_and_text_apart(tmp_path: Path) -> None:
    traits = TraitColumns()
    traits.set_many(70, {"seats": 12, "plan": "team"})
    traits.set(0, "seats", "twelve")
    traits.dump(tmp_path)
    kept = TraitColumns.load(tmp_path)
    assert (kept.get("seats", ints(0, 70, 99)).tolist(), kept.get("plan", ints(70)).tolist()) == (
        ["twelve", "12", None], ["team"],
    )  # fmt: skip
