"""Reasons in words: facts about the customer, and no claim about causes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.predictions.past import History, history_of
from forestay.predictions.peers import Peers, Standing, peer_groups
from forestay.predictions.sentences import Reading, Since, sentence_of
from forestay.predictions.snapshots import Snapshots
from tests.signals.world import MEASURES, Plain

TODAY = (date(2026, 11, 22) - date(1970, 1, 1)).days
THIRD_OF_OCTOBER = (date(2026, 10, 3) - date(1970, 1, 1)).days


def weekly(*values: float) -> History:
    """One account, one measure, a reading a week, the last one a week ago."""
    return History(TODAY, TODAY - 7 * np.arange(len(values), 0, -1), {"measure.m": np.array([values], float)})


def test_a_sentence_says_value_usual_value_peers_and_since_when() -> None:
    reading = Reading(
        "measure.active_users_7d", 4.0, usual=11.0, standing=Standing(0.05, 0.92, "mid-market accounts"),
        since=Since(THIRD_OF_OCTOBER, "falling"), day=TODAY,
    )  # fmt: skip
    assert sentence_of(reading) == (
        "Active users (7 days) are at 4, normally 11 (90-day median); lower than 92 % of mid-market accounts; "
        "falling since 3 October"
    )


@pytest.mark.parametrize(
    ("column", "value", "usual", "said"),
    [
        ("measure.seat_use_30d", 0.35, 0.72, "Seat use is at 35 %, normally 72 % (90-day median)"),
        ("measure.usage_change_28d", 0.6, 1.0, "Change of usage: down 40 %, normally unchanged (90-day median)"),
        ("measure.days_since_interaction", 50.0, 14.0, "No contact with us for 50 days, normally 14 (90-day median)"),
        ("measure.sponsor_left_90d", 1.0, None, "An executive sponsor left in the last 90 days"),
        ("measure.sponsor_left_90d", 0.0, None, "No executive sponsors left in the last 90 days"),
        ("measure.invoices_overdue", 2.0, 0.0, "2 invoices overdue, normally 0 (90-day median)"),
        ("account.days_to_renewal", 35.0, 100.0, "The renewal is 35 days away"),
        ("account.days_to_renewal", -1.0, None, "The renewal date passed 1 day ago"),
        ("measure.response_hours_90d", 1.0, None, "First response is at 1 hour"),
        ("measure.workflows_first_30d", 1.0, None, "First workflow: yes"),
        ("health.score", 41.0, 78.0, "Health score is at 41 of 100, normally 78 of 100 (90-day median)"),
        ("measure.ticket_sentiment_90d", -0.5, None, "Tone of tickets (90 days) is at -0.5"),
        ("measure.csat_90d", None, None, "CSAT (90 days): not known"),
        ("trait.nightly_exports", 3.0, None, "Nightly exports are at 3"),
    ],
)
def test_every_kind_of_measure_reads_like_a_sentence(
    column: str, value: float | None, usual: float | None, said: str
) -> None:
    assert sentence_of(Reading(column, value, usual)) == said


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([f"measure.{one.key}" for one in DEFAULT_MEASURES]),
    st.none() | st.floats(-1e6, 1e6),
    st.none() | st.floats(-1e6, 1e6),
)
def test_no_sentence_claims_a_cause_or_shows_a_computers_word(
    column: str, value: float | None, usual: float | None
) -> None:
    said = sentence_of(Reading(column, value, usual)).lower()
    assert not any(word in said for word in ("because", "due to", "caus", "nan", "none", "_"))


def test_a_standing_in_the_middle_of_the_peers_is_not_worth_saying() -> None:
    assert "accounts" not in sentence_of(Reading("measure.mrr", 10.0, standing=Standing(0.5, 0.5, "small accounts")))


def test_usual_is_the_median_of_what_was_known_and_the_stretch_begins_where_it_left_it() -> None:
    history = weekly(10, 11, 12, 11, np.nan, 11, 11, 9, 8, 7)
    past = history.past("measure.m", 0, 4.0)
    assert past is not None
    assert (past.usual, past.days) == (11.0, 70)
    assert past.since == Since(TODAY - 21, "falling")


def test_a_low_that_keeps_its_level_is_lower_and_not_falling() -> None:
    past = weekly(10, 10, 10, 10, 10, 10, 4, 4, 4, 4).past("measure.m", 0, 4.0)
    assert past is not None
    assert past.since == Since(TODAY - 28, "lower")


def test_a_first_departure_today_is_dated_by_the_last_usual_reading() -> None:
    past = weekly(2, 2, 2, 2).past("measure.m", 0, 6.0)
    assert past is not None
    assert past.since == Since(TODAY - 7, "rising")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0, 100))
def test_since_lies_in_what_was_read_and_points_the_way_of_the_value(values: list[float], now: float) -> None:
    past = weekly(*values).past("measure.m", 0, now)
    assert past is not None
    assert past.usual is not None
    lower = now < past.usual
    words = {"falling", "lower"} if lower else {"rising", "higher"}
    assert past.since is None or (past.since.moving in words and TODAY - 84 <= past.since.day < TODAY)


def test_the_workers_memory_is_read_once_a_week_and_never_beyond_what_it_holds() -> None:
    daily = np.zeros((2, 100))
    daily[0, :72], daily[0, 72:] = 10, 1
    plain = Plain(first=1000, days=100, accounts=2, events={"any": daily})
    names = ["measure.events_7d", "measure.usage_change_28d", "measure.gone", "health.score"]
    history = history_of(lambda ago: plain.as_of(1099 - ago), MEASURES, names, 1099)
    assert sorted(history.columns) == ["measure.events_7d", "measure.usage_change_28d"]
    known = history.days[~np.isnan(history.columns["measure.usage_change_28d"][0])]
    assert known.min() == 1099 - 42
    past = history.past("measure.events_7d", 0, 7.0)
    assert past is not None
    assert (past.usual, past.days, past.since) == (70.0, 84, Since(1099 - 21, "lower"))


def test_what_was_never_read_or_never_known_is_not_made_up() -> None:
    assert weekly(1, 2).past("measure.other", 0, 1.0) is None
    past = weekly(np.nan, np.nan).past("measure.m", 0, 1.0)
    assert past is not None
    assert (past.usual, past.since) == (None, None)


def test_an_account_is_compared_with_those_of_its_size() -> None:
    arr = np.repeat([1e3, 2e4, 3e5], 100)
    users = np.concatenate([np.linspace(0, 10, 100), np.linspace(0, 100, 100), np.linspace(0, 1000, 100)])
    x = Snapshots(np.arange(300), np.zeros(300, int), ("measure.m",), users[:, None], arr)
    found = {group.name: group for group in peer_groups(x)}
    assert {name: group.accounts for name, group in found.items()} == {"small": 100, "mid-market": 100, "large": 100}
    peers = Peers(
        {name: {"measure.m": np.array(group.features[0].quantiles)} for name, group in found.items()},
        {"mid-market": (1e3, 2e4)},
    )
    standing = peers.standing("measure.m", 8.0, peers.segment_of(2e4))
    assert standing is not None
    assert standing.among == "mid-market accounts"
    assert standing.above == pytest.approx(0.92, abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=40), st.integers(-1, 6))
def test_shares_below_and_above_leave_room_for_those_who_are_equal(values: list[int], value: int) -> None:
    quantiles = np.quantile(np.array(values, float), np.linspace(0, 1, 21))
    standing = Peers({"": {"measure.m": quantiles}}).standing("measure.m", float(value))
    assert standing is not None
    assert 0 <= standing.below <= 1
    assert standing.below + standing.above <= 1 + 1e-9
    assert standing.among == "all accounts"
