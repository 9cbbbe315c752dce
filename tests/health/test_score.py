"""Health: five dimensions, what missing means, and that points add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.conditions.columns import ColumnTable
from forestay.customers.words import Feed
from forestay.health.feeds import FeedDays, FeedStates, Freshness
from forestay.health.registry import KEYS
from forestay.health.score import PreviousHealth, band_names, score
from forestay.health.scorecard import DEFAULT_SCORECARD, read_scorecard
from tests.health.tables import GONE_QUIET, LIVE, NOW, THRIVING, accounts, feeds, health_of

some_feeds = st.sets(st.sampled_from(list(Feed)))
rows = st.lists(
    st.fixed_dictionaries({key: st.one_of(st.just(float("nan")), st.floats(0, 40)) for key in THRIVING}),
    min_size=1,
    max_size=3,
)


def test_a_thriving_account_is_green_with_full_confidence() -> None:
    health = health_of(accounts(THRIVING))
    assert (health.score[0], band_names(health.band)[0], health.confidence[0]) == (100, "green", pytest.approx(1))


def test_an_account_that_went_quiet_turns_red_though_all_else_is_well() -> None:
    health = health_of(accounts(GONE_QUIET))
    assert band_names(health.band)[0] == "red"


def test_the_default_weights_are_those_of_the_brief() -> None:
    weights = {dimension.key: dimension.weight for dimension in DEFAULT_SCORECARD.resolved()}
    assert weights == {
        "product_usage": 0.35,
        "engagement": 0.25,
        "support": 0.20,
        "payment": 0.10,
        "feature_adoption": 0.10,
    }


def test_a_source_never_connected_lends_its_weight_and_lowers_confidence() -> None:
    with_tickets = health_of(accounts({"open_tickets": 20, "escalations_30d": 3}))
    without = health_of(accounts({"open_tickets": 20, "escalations_30d": 3}), feeds(Feed.TICKETS))
    assert without.score[0] == 100 > with_tickets.score[0]
    assert without.confidence[0] == pytest.approx(0.8)
    assert without.shares[0, KEYS.index("product_usage")] == pytest.approx(0.35 / 0.8)


def test_no_evidence_at_all_is_no_health_neither_good_nor_bad() -> None:
    health = health_of(accounts(THRIVING), FeedStates())
    assert np.isnan(health.score[0])
    assert (band_names(health.band)[0], health.confidence[0]) == (None, 0)


@settings(max_examples=40, deadline=None)
@given(rows, some_feeds)
def test_contributions_add_up_to_the_score(who: list[dict[str, float]], absent: set[Feed]) -> None:
    health = health_of(accounts(*who), feeds(*absent))
    total = health.contributions.sum(axis=1) + health.adjustment
    np.testing.assert_allclose(total[~np.isnan(health.score)], health.score[~np.isnan(health.score)], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(rows, some_feeds)
def test_scores_stay_between_0_and_100_and_confidence_between_0_and_1(
    who: list[dict[str, float]], absent: set[Feed]
) -> None:
    health = health_of(accounts(*who), feeds(*absent))
    known = health.score[~np.isnan(health.score)]
    assert ((known >= 0) & (known <= 100)).all()
    assert ((health.confidence >= 0) & (health.confidence <= 1 + 1e-9)).all()


@settings(max_examples=40, deadline=None)
@given(rows, st.sampled_from(list(Feed)))
def test_losing_a_source_never_raises_confidence(who: list[dict[str, float]], lost: Feed) -> None:
    table = accounts(*who)
    assert (health_of(table, feeds(lost)).confidence <= health_of(table).confidence + 1e-9).all()


def test_a_missing_answer_moves_weight_inside_its_dimension_and_says_so_in_confidence() -> None:
    asked, unasked = health_of(accounts({})), health_of(accounts({"nps_180d": np.nan}))
    assert unasked.score[0] == asked.score[0]
    assert unasked.confidence[0] == pytest.approx(1 - 0.25 * 0.2)


def test_no_ticket_to_rate_is_no_lack_of_evidence() -> None:
    assert health_of(accounts({"csat_90d": np.nan, "response_hours_90d": np.nan})).confidence[0] == pytest.approx(1)


def test_a_silent_feed_keeps_the_score_and_lowers_confidence() -> None:
    before = health_of(accounts(THRIVING))
    kept = PreviousHealth(before.score, before.band, before.dimensions)
    table = accounts({"active_days_28d": 0, "days_since_activity": 20, "seat_use_30d": 0, "usage_change_28d": 0})
    states = feeds(silent={Feed.TELEMETRY: NOW - timedelta(days=20)})
    held = score((DEFAULT_SCORECARD,), table, states, kept, NOW)
    assert held.score[0] == before.score[0]
    assert held.held[0].tolist() == [True, False, False, False, True]
    assert held.confidence[0] < 0.7 * before.confidence[0]


def test_confidence_decays_the_longer_a_feed_is_silent() -> None:
    days = [1, 10, 20, 40]
    silences = [feeds(silent={Feed.TELEMETRY: NOW - timedelta(days=gap)}) for gap in days]
    confidences = [health_of(accounts(THRIVING), states).confidence[0] for states in silences]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] == pytest.approx(1)


def test_a_quiet_account_is_no_silent_feed_while_others_are_heard() -> None:
    health = health_of(accounts(GONE_QUIET, THRIVING), LIVE)
    assert not health.held.any()
    assert health.score[0] < 60 < health.score[1]


def test_a_scorecard_for_enterprises_applies_to_them_alone() -> None:
    card = read_scorecard(
        {
            "key": "enterprise",
            "name": "Enterprise",
            "applies_to": {"column": "account.arr", "is": "above", "value": 100},
            "dimensions": {"support": {"weight": 5}},
        }
    )
    table = accounts({"open_tickets": 20}, {"open_tickets": 20}, account__arr=np.array([500.0, 5.0]))
    health = health_of(table, LIVE, card, DEFAULT_SCORECARD)
    assert health.scorecard.tolist() == [0, 1]
    assert health.score[0] < health.score[1]
    np.testing.assert_allclose(health.contributions.sum(axis=1), health.score)


def test_an_exception_caps_forces_or_withholds_with_its_reason() -> None:
    card = read_scorecard(
        {
            "key": "strict",
            "name": "Strict",
            "exceptions": [
                {"when": {"column": "account.arr", "is": "equal", "value": 1}, "reason": "capped", "cap": 40},
                {"when": {"column": "account.arr", "is": "equal", "value": 2}, "reason": "forced", "band": "red"},
                {"when": {"column": "account.arr", "is": "equal", "value": 3}, "reason": "none", "no_score": True},
            ],
        }
    )
    table = accounts({}, {}, {}, {}, account__arr=np.array([1.0, 2.0, 3.0, 4.0]))
    health = health_of(table, LIVE, card)
    np.testing.assert_array_equal(health.score, [40, 100, np.nan, 100])
    assert band_names(health.band).tolist() == ["red", "red", None, "green"]
    assert health.adjustment.tolist() == [-60, 0, 0, 0]
    assert health.exception.tolist() == [0, 1, 2, -1]


def test_many_days_at_once_are_scored_like_day_after_day() -> None:
    random = np.random.default_rng(3)
    days = {f"measure.{key}": random.uniform(0, 25, (6, 30)) for key in THRIVING}
    gone = {"account.is_churned": np.zeros((6, 30))}
    whole = score((DEFAULT_SCORECARD,), ColumnTable((6, 30), days | gone), LIVE, None, NOW)
    before: PreviousHealth | None = None
    for day in range(30):
        columns = {name: values[:, day] for name, values in (days | gone).items()}
        one = score((DEFAULT_SCORECARD,), ColumnTable((6,), columns), LIVE, before, NOW)
        before = PreviousHealth(one.score, one.band, one.dimensions)
        np.testing.assert_allclose(whole.score[:, day], one.score)
        np.testing.assert_array_equal(whole.band[:, day], one.band)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([np.nan, 0.0, 0.4, 0.9]), min_size=1, max_size=25),
    st.sets(st.integers(0, 24), min_size=1),
)
def test_a_silent_feed_over_days_holds_what_each_day_would_have_handed_to_the_next(
    use: list[float], heard: set[int]
) -> None:
    """The whole run at once, against one day after the other; only one factor of the dimension is ever known."""
    nothing = dict.fromkeys(THRIVING, np.nan)
    card = read_scorecard({"key": "use", "name": "Use", "dimensions": {"product_usage": {"factors": [SEATS]}}})
    days, delivered = np.arange(1000, 1000 + len(use), dtype=np.int32), {}
    delivered[Feed.TELEMETRY] = np.array(sorted(1000 - 3 + 7 * day for day in heard), np.int32)
    run = {f"measure.{key}": np.full((1, len(use)), value) for key, value in nothing.items()}
    run["measure.seat_use_30d"] = np.array([use])
    table = ColumnTable((1, len(use)), run | {"account.is_churned": np.zeros((1, len(use)))})
    together = score((card,), table, FeedDays(days, delivered), None, NOW)
    before, each = None, []
    for place, value in enumerate(use):
        today = FeedDays(days, delivered).freshness(Feed.TELEMETRY, NOW)
        state = _OneDay(
            Freshness(*(np.array(part[place]) for part in (today.connected, today.silent, today.freshness)))
        )
        health = score((card,), accounts(nothing | {"seat_use_30d": value}), state, before, NOW)
        before = PreviousHealth(health.score, health.band, health.dimensions)
        each.append(health.score[0])
    np.testing.assert_allclose(together.score[0], each)


@dataclass(frozen=True)
class _OneDay:
    """Feeds on one day of a run: telemetry as given, no other connected."""

    telemetry: Freshness

    def freshness(self, feed: Feed, as_of: datetime) -> Freshness:
        return self.telemetry if feed is Feed.TELEMETRY else Freshness(np.array(False), np.array(False), np.array(0.0))


SEATS = {"measure": "seat_use_30d", "label": "Seats", "weight": 1, "curve": [[0, 0], [1, 100]], "feed": "telemetry",
         "missing": "unknown"}  # fmt: skip
