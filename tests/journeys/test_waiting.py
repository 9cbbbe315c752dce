"""Waits: lengths, dates, windows and business hours, on the subject's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.journeys.moves import NEVER, Wake
from forestay.journeys.words import TokenState
from forestay.kit.clock import micros_of
from forestay.kit.local_time import local_of
from forestay.kit.windows import Window, is_open
from tests.journeys.one_step import ZonedWorld, arrive, batch_of, due, wake

MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
TIMER = Wake("timer")


def test_three_days_are_seventy_two_hours_whatever_the_clocks_do() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)  # the clocks of Berlin go forward on Sunday
    moves = arrive("wait", {"for": {"days": 3}}, batch_of(friday), ZonedWorld(friday, where=ZONES))
    assert due(moves) == friday + timedelta(hours=72)
    assert moves.state[0] == TokenState.TIMER


def test_a_wait_that_is_over_goes_on_and_one_that_is_not_waits_again() -> None:
    batch = batch_of(MONDAY, 2)
    batch.since = np.array([micros_of(MONDAY - timedelta(days=1)), micros_of(MONDAY)])
    moves = wake("wait", {"for": {"days": 1}}, batch, ZonedWorld(MONDAY), TIMER)
    assert moves.port == ["next", None]
    assert due(moves, 1) == MONDAY + timedelta(days=1)


def test_each_waits_until_nine_on_its_own_clock() -> None:
    batch = batch_of(MONDAY, 3)
    moves = arrive("wait", {"until": "2026-04-01T09:00"}, batch, ZonedWorld(MONDAY, where=ZONES))
    shown = [local_of(due(moves, place), ZONES[place]) for place in range(3)]
    assert {(moment.day, moment.hour) for moment in shown} == {(1, 9)}
    assert len(set(shown)) == 3


def test_a_moment_with_an_offset_is_the_same_for_all() -> None:
    batch = batch_of(MONDAY, 3)
    moves = arrive("wait", {"until": "2026-04-01T09:00:00+02:00"}, batch, ZonedWorld(MONDAY, where=ZONES))
    assert set(moves.due.tolist()) == {micros_of(datetime(2026, 4, 1, 7, tzinfo=UTC))}


def test_thirty_days_before_renewal_at_nine_is_nine_in_summer_time_too() -> None:
    batch = batch_of(MONDAY, values=[{"due": "2026-05-10"}])
    wait = {"date": {"of": "run.due", "days_before": 30, "at": "09:00"}}
    moves = arrive("wait", wait, batch, ZonedWorld(MONDAY, where=("Europe/Berlin",)))
    assert due(moves) == datetime(2026, 4, 10, 9, tzinfo=ZoneInfo("Europe/Berlin"))


def test_a_date_keeps_its_own_time_of_day_when_none_is_asked_for() -> None:
    batch = batch_of(MONDAY, 2, values=[{"due": "2026-03-31"}, {"due": "2026-03-31T15:30:00"}])
    wait = {"date": {"of": "run.due", "days_after": 1}}
    moves = arrive("wait", wait, batch, ZonedWorld(MONDAY, where=("Asia/Tokyo",)))
    tokyo = ZoneInfo("Asia/Tokyo")
    assert [due(moves, n) for n in (0, 1)] == [
        datetime(2026, 4, 1, tzinfo=tokyo),
        datetime(2026, 4, 1, 15, 30, tzinfo=tokyo),
    ]


def test_without_a_date_it_leaves_by_missing_and_too_late_by_past() -> None:
    batch = batch_of(MONDAY, 3, values=[{}, {"due": "2026-01-01"}, {"due": "no date"}])
    moves = arrive("wait", {"date": {"of": "run.due"}, "past_port": True}, batch, ZonedWorld(MONDAY))
    assert moves.port == ["missing", "past", "missing"]


def test_a_date_that_moved_on_while_it_was_waited_for_is_waited_for_again() -> None:
    batch = batch_of(MONDAY, values=[{"due": "2026-06-01"}])
    moves = wake("wait", {"date": {"of": "run.due"}}, batch, ZonedWorld(MONDAY), TIMER)
    assert due(moves) == datetime(2026, 6, 1, tzinfo=UTC)


def test_four_business_hours_from_friday_afternoon_end_on_monday() -> None:
    friday = datetime(2026, 3, 27, 15, tzinfo=ZoneInfo("Europe/Berlin"))
    world = ZonedWorld(friday.astimezone(UTC), where=("Europe/Berlin",))
    moves = arrive("wait", {"business": {"hours": 4}}, batch_of(friday), world)
    assert due(moves) == datetime(2026, 3, 30, 11, tzinfo=ZoneInfo("Europe/Berlin"))


def test_business_that_is_open_is_not_waited_for() -> None:
    tuesday = datetime(2026, 3, 24, 10, tzinfo=UTC)
    moves = arrive("wait", {"business": {}}, batch_of(tuesday), ZonedWorld(tuesday))
    assert moves.port == ["next"]


def test_a_window_across_midnight_is_open_after_it() -> None:
    night = datetime(2026, 3, 24, 1, tzinfo=UTC)
    wait = {"window": {"days": ["mon"], "hours": [{"start": "22:00", "end": "02:00"}]}}
    moves = arrive("wait", wait, batch_of(night), ZonedWorld(night))
    later = arrive("wait", wait, batch_of(night + timedelta(hours=1)), ZonedWorld(night + timedelta(hours=1)))
    assert moves.port == ["next"]
    assert due(later) == datetime(2026, 3, 30, 22, tzinfo=UTC)


def test_a_length_and_a_window_are_waited_for_one_after_the_other() -> None:
    wait = {"for": {"days": 1}, "window": {"days": ["thu"], "hours": [{"start": "09:00", "end": "11:00"}]}}
    moves = arrive("wait", wait, batch_of(MONDAY), ZonedWorld(MONDAY))
    late = wake("wait", wait, batch_of(MONDAY), ZonedWorld(MONDAY + timedelta(days=4)), TIMER)
    assert due(moves) == datetime(2026, 3, 26, 9, tzinfo=UTC)
    assert due(late) == datetime(2026, 4, 2, 9, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.sampled_from([*ZONES, "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu"]),
       st.integers(0, 23), st.integers(1, 23))  # fmt: skip
def test_whoever_goes_on_from_a_window_does_so_while_it_is_open(
    now: datetime, zone: str, start: int, hours: int
) -> None:
    window = {"hours": [{"start": f"{start:02}:00", "end": f"{(start + hours) % 24:02}:00"}]}
    world = ZonedWorld(now, where=(zone,))
    first = arrive("wait", {"window": window}, batch_of(now), world)
    gone_at = now if first.port[0] else due(first)
    world.now = gone_at
    second = wake("wait", {"window": window}, batch_of(now), world, TIMER)
    assert gone_at >= now
    assert second.port == ["next"]
    assert is_open(gone_at, zone, Window.model_validate(window))


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.integers(-400, 400), st.sampled_from(ZONES))
def test_waking_at_the_due_moment_is_never_too_early(now: datetime, offset: int, zone: str) -> None:
    side = {"days_before": -offset} if offset < 0 else {"days_after": offset}
    batch = batch_of(now, values=[{"due": "2026-07-01"}])
    wait = {"date": {"of": "run.due", "at": "02:30", **side}}
    world = ZonedWorld(now, where=(zone,))
    moves = arrive("wait", wait, batch, world)
    world.now = now if moves.port[0] else due(moves)
    assert wake("wait", wait, batch, world, TIMER).port == ["next"]


def test_nothing_is_said_of_a_token_twice() -> None:
    batch = batch_of(MONDAY, 4, values=[{"due": "2026-01-01"}, {"due": "2026-09-01"}, {}, {"due": "2026-03-23"}])
    moves = arrive("wait", {"date": {"of": "run.due"}}, batch, ZonedWorld(MONDAY))
    gone = np.array([port is not None for port in moves.port])
    assert (gone ^ (moves.state >= 0)).all()
    assert (moves.due[gone] == NEVER).all()


ORDER = {"event": "Order Paid", "match": {"order_id": "run.order"}, "timeout": {"days": 2}, "save": {"paid": "amount"}}


def test_a_wait_for_an_event_begins_by_looking_back() -> None:
    moves = arrive("wait_for", ORDER, batch_of(MONDAY), ZonedWorld(MONDAY))
    armed = wake("wait_for", ORDER, batch_of(MONDAY), ZonedWorld(MONDAY), Wake("armed"))
    assert (moves.state[0], due(moves)) == (TokenState.ARMING, MONDAY)
    assert (armed.state[0], due(armed)) == (TokenState.EVENT, MONDAY + timedelta(days=2))


def test_only_the_event_of_the_run_s_own_order_wakes_it() -> None:
    batch = batch_of(MONDAY, 4, values=[{"order": 7}, {"order": "8"}, {}, {"order": 9}])
    came = [Wake("event", "Order Paid", {"order_id": number, "amount": 5}) for number in (7, 8, 9)]
    moves = wake("wait_for", ORDER, batch, ZonedWorld(MONDAY), *came, Wake("event", "Order Sent", {"order_id": 9}))
    assert moves.port == ["next", "next", None, None]
    assert moves.puts == {0: {"paid": 5}, 1: {"paid": 5}}
    assert set(moves.state[2:].tolist()) == {TokenState.EVENT}


def test_an_event_must_also_be_what_was_asked_of_it() -> None:
    wait = {"event": "Order Paid", "if": "event.amount >= 10"}
    batch = batch_of(MONDAY, 2)
    moves = wake(
        "wait_for", wait, batch, ZonedWorld(MONDAY), Wake("event", "Order Paid", {"amount": 12}),
        Wake("event", "Order Paid", {"amount": 3}),
    )  # fmt: skip
    assert moves.port == ["next", None]


def test_the_time_out_counts_after_a_pause_moved_it() -> None:
    moves = wake("wait_for", ORDER, batch_of(MONDAY), ZonedWorld(MONDAY + timedelta(days=2)), TIMER)
    late = wake("wait_for", ORDER, batch_of(MONDAY), ZonedWorld(MONDAY + timedelta(days=9)), TIMER)
    assert moves.port == late.port == ["timeout"]


def test_a_condition_that_holds_is_not_waited_for_and_one_that_comes_true_is() -> None:
    wait = {"condition": "health.score >= 70", "timeout": {"days": 1}}
    world = ZonedWorld(MONDAY, columns={"health.score": {1: 80.0, 2: 60.0}})
    moves = arrive("wait_for", wait, batch_of(MONDAY, 2), world)
    world.columns["health.score"][2] = 75.0
    woken = wake("wait_for", wait, batch_of(MONDAY, 2), world, Wake("condition"))
    assert (moves.port, moves.state[1]) == (["next", None], TokenState.CONDITION)
    assert woken.port == ["next", "next"]


def test_without_a_time_out_it_waits_until_it_is_woken() -> None:
    moves = wake("wait_for", {"event": "X"}, batch_of(MONDAY), ZonedWorld(MONDAY), Wake("armed"))
    assert int(moves.due[0]) == NEVER
