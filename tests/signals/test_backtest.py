"""Backtests: planted firings are found with their precision, recall and lead time, as the tick would have fired."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from forestay.customers.words import Feed, TriggerKey
from forestay.health.feeds import FeedState, FeedStates
from forestay.health.history import HistoryView, ScoreHistory
from forestay.health.score import PreviousHealth
from forestay.kit.clock import start_of_day
from forestay.signals.backtest import backtest, replay
from forestay.signals.columns import Making, build_columns
from forestay.signals.evaluation import Subjects, Transitions, advance, judge_trigger
from forestay.signals.library import shipped_trigger
from forestay.signals.outcomes import outcome_days
from forestay.signals.report import BacktestReport, Period
from forestay.signals.states import TriggerStates
from forestay.signals.trigger import LiveTrigger, Outcome, Trigger
from tests.signals.world import MEASURES, Plain, PlainPast, trigger

FIRST = 20_000
ESCALATED = trigger("measure.escalations_14d >= 1", cooldown_days=14)


def planted(days: int = 240) -> Plain:
    """Six customers from day 0. 0-3 escalate on day 100; 0, 1, 2 churn after 20, 30, 40 days; 4 churns unannounced."""
    escalated, churned, started = (np.zeros((6, days)) for _ in range(3))
    escalated[:4, 100] = 1
    for account, day in ((0, 120), (1, 130), (2, 140), (4, 150)):
        churned[account, day : day + 1] = 1
    started[:, 0] = 1
    facts = {"ticket.escalated": escalated, "account.churned": churned, "subscription.started": started}
    return Plain(FIRST, days, 6, facts=facts)


def report_on(plain: Plain, *, until: int = 200, within: int = 60, owners: list[int] | None = None) -> BacktestReport:
    period = Period(FIRST + 50, FIRST + until, Outcome.CHURNED, within)
    return backtest(ESCALATED, period, PlainPast(plain, owners), Making(), MEASURES)


def test_planted_firings_are_found_with_their_precision_recall_and_lead_time() -> None:
    found = report_on(planted())
    assert (found.firings, found.accounts, found.outcomes, found.undecided) == (4, 4, 4, 0)
    assert (found.precision, found.recall) == (0.75, 0.75)
    assert (found.lead_time_days.p25, found.lead_time_days.p50, found.lead_time_days.p75) == (25, 30, 35)
    assert found.not_reconstructible == ()


def test_an_outcome_that_comes_too_late_does_not_count() -> None:
    found = report_on(planted(), within=25)
    assert (found.precision, found.recall) == (0.25, 0.25)


def test_a_firing_whose_time_is_not_over_is_undecided_and_not_wrong() -> None:
    found = report_on(planted(days=126), until=125)
    assert (found.firings, found.undecided, found.precision) == (4, 3, 1.0)


def test_every_week_of_the_period_is_listed_and_the_load_of_each_csm() -> None:
    found = report_on(planted(), owners=[7, 7, 8, -1, 7, 7])
    assert len(found.per_week) == 23
    assert [(week.firings, week.accounts) for week in found.per_week if week.firings] == [(4, 4)]
    assert {load.owner_id: (load.firings, load.busiest_week) for load in found.load_per_csm} == {
        7: (2, 2),
        8: (1, 1),
        None: (1, 1),
    }


def test_an_episode_that_stood_before_the_period_does_not_fire_in_it() -> None:
    period = Period(FIRST + 105, FIRST + 200, Outcome.CHURNED, 60)
    assert backtest(ESCALATED, period, PlainPast(planted()), Making(), MEASURES).firings == 0


def test_an_account_does_not_fire_before_it_was_a_customer() -> None:
    plain = planted()
    plain.facts["subscription.started"] = np.zeros((6, 240))
    plain.facts["subscription.started"][:, 150] = 1
    assert report_on(plain).firings == 0


def test_what_the_past_does_not_tell_is_said_and_not_guessed() -> None:
    plain = planted()
    plain.traits = {"segment": np.array(["big"] * 6, object)}
    watch = trigger("measure.escalations_14d >= 1 and trait.segment = 'big' and churn.probability > 0.01")
    period = Period(FIRST + 50, FIRST + 200, Outcome.CHURNED, 60)
    lost = backtest(watch, period, PlainPast(plain), Making(), MEASURES).not_reconstructible
    assert {one.column for one in lost} >= {"trait.segment", "measure.days_to_renewal"}
    assert (
        "'renews_on', of which only the present value is kept"
        in {o.column: o.reason for o in lost}["measure.days_to_renewal"]
    )


def test_a_workspace_without_accounts_gives_an_empty_report() -> None:
    found = report_on(Plain(FIRST, 240, 0))
    assert (found.firings, found.precision, found.recall, found.load_per_csm) == (0, None, None, ())


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(Outcome.CHURNED, {(1, 9)}), (Outcome.EXPANDED, {(0, 5)}), (Outcome.RENEWED, {(0, 5), (1, 5)})],
)
def test_outcomes_are_read_from_revenue(outcome: Outcome, expected: set[tuple[int, int]]) -> None:
    mrr, started = np.zeros((2, 12)), np.zeros((2, 12))
    mrr[:, 1], started[:, 1] = 100, 1  # both begin: neither a renewal nor an expansion
    mrr[0, 5], started[:, 5] = 50, 1  # the first renews for more, the second for the same
    mrr[1, 9] = -100
    plain = Plain(FIRST, 12, 2, facts={"mrr": mrr, "subscription.started": started})
    found = outcome_days(outcome, plain.over(np.arange(FIRST, FIRST + 12, dtype=np.int32)))
    assert {(int(account), int(day)) for account, day in np.argwhere(found)} == expected


def lively(days: int = 150, accounts: int = 12) -> Plain:
    """Accounts whose use, tickets and contacts come and go."""
    random = np.random.default_rng(11)
    mood = np.clip(np.cumsum(random.normal(0, 0.25, (accounts, days)), axis=1) + 1, 0, 4)
    events = random.poisson(mood * 2).astype(float)
    events[3, 70:] = 0
    started = np.zeros((accounts, days))
    started[np.arange(accounts), random.integers(0, 20, accounts)] = 1
    facts = {
        "subscription.started": started, "mrr": started * 100, "seats": started * 8,
        "ticket.opened": random.poisson(0.1, (accounts, days)).astype(float),
        "ticket.escalated": random.poisson(0.02, (accounts, days)).astype(float),
    }  # fmt: skip
    return Plain(FIRST, days, accounts, {"any": events}, facts)


def day_by_day(of: Trigger, plain: Plain, first: int, start: int, since: int, until: int) -> list[tuple[int, int]]:
    """What the tick does, at the end of each day: score, remember, judge, move. Firings as (place, day)."""
    rows = np.arange(plain.accounts, dtype=np.int64)
    states, history, before = TriggerStates(), ScoreHistory(first, plain.accounts), None
    fired = []
    for day in range(first, until + 1):
        as_of = start_of_day(day + 1) - timedelta(seconds=1)
        feeds = FeedStates({feed: FeedState(True, as_of) for feed in (Feed.TELEMETRY, Feed.TICKETS)})
        substrate = plain.as_of(day)
        history.roll(day)
        born = ~np.isnan(substrate.days_since_fact("subscription.started"))
        born |= ~np.isnan(substrate.days_since_first_event("any"))
        columns = build_columns(
            substrate, MEASURES.evaluate(substrate), Making(), feeds, as_of,
            previous=before, earlier=HistoryView(history, rows), known=born,
        )  # fmt: skip
        health = columns.health
        before = PreviousHealth(health.score, health.band, health.dimensions)
        history.record(rows, health.score)
        if day >= start:
            moved = Transitions()
            judged = judge_trigger(of, columns.table)
            who = Subjects(rows, rows + 1000, np.full(plain.accounts, -1))
            advance(LiveTrigger(of, 0), judged, who, states, as_of, moved, day=day, accounts=plain.accounts)
            fired += [(int(at), day) for group in moved.fired for at in group.at if day >= since]
    return fired


@pytest.mark.parametrize(
    "of",
    [
        shipped_trigger(TriggerKey.HEALTH_BELOW_60),
        shipped_trigger(TriggerKey.HEALTH_TREND_DOWN_20),
        trigger("churn.probability > 0.15 and no event 'role:sign_in' in 3 days", until="churn.probability < 0.1"),
        trigger("measure.events_7d < 8 or health.band = 'red'", cooldown_days=5),
    ],
    ids=lambda of: of.key,
)
def test_a_backtest_fires_on_the_days_on_which_the_tick_would_have_fired(of: Trigger) -> None:
    plain = lively()
    since, until = FIRST + 75, FIRST + 149
    start = since - min(30, int(of.cooldown_days))
    firings, _ = replay(of, Period(since, until, Outcome.CHURNED, 30), PlainPast(plain), Making(), MEASURES)
    found = list(zip(firings.place.tolist(), firings.day.tolist(), strict=True))
    assert sorted(found) == sorted(day_by_day(of, plain, start - 30, start, since, until))
    assert found
