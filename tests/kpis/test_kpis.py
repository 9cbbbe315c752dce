"""What the numbers about the business mean, in small companies whose answer can be worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from forestay.kpis.kpi import KpiValue, Period
from forestay.kpis.registry import kpi_of
from tests.api.seeding import Seed
from tests.conftest import StoreUnderTest

SINCE, UNTIL = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 9, 15, tzinfo=UTC)


@pytest.fixture
def seed(store: StoreUnderTest, workspace: int) -> Seed:
    return Seed(store.api, workspace)


def value(seed: Seed, key: str) -> KpiValue:
    with seed.store.begin(seed.workspace_id) as conn:
        return kpi_of(key).compute(conn, seed.workspace_id, Period(SINCE, UNTIL))


def fired(seed: Seed, account: int, trigger: str, **values: object) -> int:
    times = {"event_at": MIDDLE, "detected_at": MIDDLE, "fired_at": MIDDLE}
    return seed.signal(account, trigger, **{**times, **values})


def test_time_to_intervention_is_the_median_from_event_to_first_touch(seed: Seed) -> None:
    account = seed.account("a")
    for hours in (1, 2, 30):
        fired(seed, account, f"t-{hours}", first_touch_at=MIDDLE + timedelta(hours=hours))
    fired(seed, account, "untouched")
    found = value(seed, "time_to_intervention")
    assert (found.value, found.numerator, found.denominator) == (2.0, 3.0, 4.0)


def test_what_was_held_back_does_not_count_as_slow(seed: Seed) -> None:
    account = seed.account("a")
    fired(seed, account, "holdout", is_holdout=True, held_back="holdout")
    fired(seed, account, "capped", held_back="cap")
    found = value(seed, "time_to_intervention")
    assert (found.value, found.denominator) == (None, 0.0)


def test_conversion_is_the_share_of_ended_interventions_that_reached_their_aim(seed: Seed) -> None:
    account = seed.account("a")
    won = [fired(seed, account, f"w-{word}", outcome=word, outcome_at=MIDDLE) for word in ("resolved", "renewed")]
    for word in ("lost", "no_answer"):
        fired(seed, account, f"l-{word}", outcome=word, outcome_at=MIDDLE)
    fired(seed, account, "under-way")
    found = value(seed, "intervention_conversion")
    assert (found.value, found.numerator, found.denominator) == (0.5, 2.0, 4.0)
    assert sorted(found.behind.ids) == sorted(str(number) for number in won)


def test_an_outcome_told_outside_the_period_does_not_count(seed: Seed) -> None:
    fired(seed, seed.account("a"), "late", outcome="resolved", outcome_at=UNTIL)
    assert value(seed, "intervention_conversion").value is None


def test_an_automated_signal_that_ended_with_a_person_counts_for_the_person(seed: Seed) -> None:
    account = seed.account("a")
    fired(seed, account, "alone", tier="automated")
    seed.task(account, signal_id=fired(seed, account, "not-alone", tier="automated"))
    fired(seed, account, "assisted")
    found = value(seed, "automation_coverage")
    assert found.value == pytest.approx(1 / 3)
    assert (found.numerator, found.denominator) == (1.0, 3.0)


def test_growth_of_one_account_hides_no_loss_in_gross_retention(seed: Seed) -> None:
    growing, leaving, new = seed.account("growing"), seed.account("leaving"), seed.account("new")
    seed.subscription(growing, "g-1", 100, date(2026, 1, 1))
    seed.subscription(growing, "g-2", 50, date(2026, 9, 1))
    seed.subscription(leaving, "l-1", 100, date(2026, 1, 1), date(2026, 10, 1))
    seed.subscription(new, "n-1", 1000, date(2026, 9, 1))
    net, gross = value(seed, "nrr"), value(seed, "grr")
    assert (net.value, net.numerator, net.denominator) == (0.75, 150.0, 200.0)
    assert (gross.value, gross.numerator, gross.denominator) == (0.5, 100.0, 200.0)
    assert set(gross.behind.ids) == {"growing", "leaving"}


def test_a_subscription_replaced_on_the_same_day_is_no_churn(seed: Seed) -> None:
    account = seed.account("a")
    seed.subscription(account, "old", 100, date(2026, 1, 1), date(2026, 9, 1))
    seed.subscription(account, "renewed", 100, date(2026, 9, 1))
    assert value(seed, "nrr").value == value(seed, "grr").value == 1.0


def test_other_currencies_are_left_out_and_said_so(seed: Seed) -> None:
    account = seed.account("a")
    seed.subscription(account, "usd", 100, date(2026, 1, 1))
    seed.subscription(account, "eur", 900, date(2026, 1, 1), currency="EUR")
    found = value(seed, "nrr")
    assert (found.denominator, found.note) == (100.0, "1 subscriptions in other currencies are left out")


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
SUBSCRIPTIONS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 1000), DAYS, st.none() | DAYS), min_size=1, max_size=8
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SUBSCRIPTIONS)
def test_gross_retention_is_never_above_net_nor_above_one(
    seed: Seed, subscriptions: list[tuple[int, int, date, date | None]]
) -> None:
    with seed.store.begin(seed.workspace_id) as conn:
        conn.execute(text("DELETE FROM accounts"))
    numbers = [seed.account(name) for name in "abc"]
    for at, (account, mrr, started, ended) in enumerate(subscriptions):
        seed.subscription(numbers[account], f"s-{at}", mrr, started, ended)
    net, gross = value(seed, "nrr"), value(seed, "grr")
    assert (gross.value is None) == (net.value is None)
    assert 0 <= (gross.value or 0) <= min(1.0, net.value or 0)
