"""Every firing is taken down with what was known before it, and closed from data when its time is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from benchmarks.predictive_uplift import NOT_THERE, TOLD_BY
from benchmarks.simulated.block import COLUMNS
from sqlalchemy import Row

from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.outcomes.covariates import COVARIATES, MEASURES, values_of
from forestay.outcomes.known_before import Exposures, keep_measures, present_values, waiting_for_measures
from forestay.outcomes.recording import close_due, note_new
from tests.conftest import StoreUnderTest
from tests.outcomes.firings import FIRED, NOW, TRIGGER, Company


@pytest.fixture
def company(store: StoreUnderTest, workspace: int) -> Company:
    return Company(store, workspace)


def note(company: Company, days: float = 1) -> int:
    with company.store.worker.begin_worker() as connection:
        return note_new(
            connection, company.workspace, FIRED + timedelta(days=days), {1: ["big"]}, {"low": "health.score"}
        )  # fmt: skip


def close(company: Company, days: float = 200) -> int:
    with company.store.worker.begin_worker() as connection:
        return close_due(connection, company.workspace, FIRED + timedelta(days=days))


def one(company: Company, account: int = 1) -> Row[Any]:
    found: Row[Any] = company.run("SELECT * FROM interventions WHERE account_id = :a", a=account)[0]
    return found


def test_a_firing_is_taken_down_once_with_its_chance_and_what_was_known(company: Company) -> None:
    company.publish()
    company.accounts(2)
    company.fire(2)
    assert (note(company), note(company)) == (2, 0)
    row = one(company)
    assert (row.aim, row.propensity, row.value, row.segments, row.arr_before) == ("churned", 0.5, 41, ["big"], 1200)
    known = dict(zip(COVARIATES, values_of([row.covariates])[0], strict=True))
    assert (known["health.score"], known["account.seats"], known["account.tenure_days"]) == (60, 10, 791)
    assert np.isnan(known["health.support"])


def test_what_only_the_present_tells_is_left_out_of_old_firings(company: Company) -> None:
    company.publish()
    company.accounts(1)
    company.fire(1)
    note(company, days=30)
    known = dict(zip(COVARIATES, values_of([one(company).covariates])[0], strict=True))
    assert np.isnan(known["account.seats"])
    assert known["health.score"] == 60


def waiting(company: Company) -> Exposures:
    with company.store.worker.begin_worker() as connection:
        return waiting_for_measures(connection, company.workspace)


def keep(company: Company, exposures: Exposures, value: float) -> None:
    with company.store.worker.begin_worker() as connection:
        keep_measures(connection, company.workspace, exposures, np.full((len(exposures), len(MEASURES)), value))


def test_what_is_kept_of_a_firing_is_what_uplift_was_measured_with() -> None:
    kept = set(COVARIATES)
    assert {TOLD_BY.get(name, name) for name in COLUMNS} == kept - {*NOT_THERE, "account.log_arr"}
    assert {TOLD_BY.get(f"measure.{one.key}", f"measure.{one.key}") for one in DEFAULT_MEASURES} <= kept
    assert len(kept) == len(COVARIATES)


def test_the_chance_and_the_health_of_then_are_kept_and_not_those_of_later(company: Company) -> None:
    company.publish()
    company.accounts(1)
    for days, chance, score in ((-40, 0.1, 80), (1, 0.9, 5)):
        at = FIRED + timedelta(days=days)
        company.run("INSERT INTO prediction_changes (workspace_id, account_id, at, probability) "
                    "VALUES (:w, 1, :at, :p)", at=at, p=chance)  # fmt: skip
        company.run("INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, cause) "
                    "VALUES (:w, 1, :at, :s, 'red', 0.5, 'day')", at=at, s=score)  # fmt: skip
    company.fire(1)
    note(company, days=2)
    known = dict(zip(COVARIATES, values_of([one(company).covariates])[0], strict=True))
    told = [known[name] for name in ("churn.probability", "health.score", "health.change_30d", "health.ratio_30d",
                                     "health.change_7d", "health.confidence", "health.product_usage")]  # fmt: skip
    assert told == pytest.approx([0.1, 60, -20, 0.75, -20, 0.9, 40])
    assert np.isnan(known["health.change_90d"])


def test_measures_of_the_day_before_are_kept_once_also_of_firings_taken_down_in_older_times(company: Company) -> None:
    company.publish()
    company.accounts(2)
    company.fire(2)
    note(company)
    company.run("UPDATE interventions SET covariates = covariates[1:11] WHERE account_id = 2")
    found = waiting(company)
    assert (found.account_ids.tolist(), len(waiting(company))) == ([1, 2], 2)
    assert set(found.days.tolist()) == {(FIRED.date() - timedelta(days=1) - date(1970, 1, 1)).days}
    keep(company, found, np.nan)
    assert len(waiting(company)) == 0
    new, old = values_of([one(company, 1).covariates, one(company, 2).covariates])
    places = [COVARIATES.index(name) for name in ("account.seats", "account.tenure_days", "health.confidence")]
    assert new[places] == pytest.approx([10, 791, 0.9])
    assert old[places] == pytest.approx([10, 791, 0.9])


def test_the_present_has_the_same_columns_in_the_same_places(company: Company) -> None:
    company.accounts(2)
    company.run("INSERT INTO measure_sets (workspace_id, number, keys) VALUES (:w, 1, '{nps_180d,own,events_7d}')")
    company.run("INSERT INTO account_states (workspace_id, account_id, as_of, measures, measure_set) "
                "VALUES (:w, 2, :at, '{9,8,7}', 1)", at=FIRED)  # fmt: skip
    with company.store.worker.begin_worker() as connection:
        accounts, values = present_values(connection, company.workspace, FIRED)
    columns = dict(zip(COVARIATES, values.T, strict=True))
    assert accounts.tolist() == [1, 2]
    np.testing.assert_array_equal(columns["measure.nps_180d"], [np.nan, 9])
    np.testing.assert_array_equal(columns["measure.events_7d"], [np.nan, 7])
    np.testing.assert_array_equal(columns["measure.events_30d"], [np.nan, np.nan])
    np.testing.assert_array_equal(columns["account.seats"], [10, 10])


def test_a_trigger_without_holdout_deals_nothing(company: Company) -> None:
    company.publish({**TRIGGER, "holdout_share": 0})
    company.accounts(1)
    company.fire(1, share=0)
    note(company)
    assert (one(company).arm, one(company).propensity) == ("treated", None)


@pytest.mark.parametrize(("reason", "arm"), [("paused", "withheld"), ("advise_only", "withheld"), ("cap", "treated")])
def test_what_was_held_back_for_all_alike_is_no_holdout(company: Company, reason: str, arm: str) -> None:
    company.publish()
    company.accounts(1)
    company.fire(1, share=0)
    company.run("UPDATE signals SET held_back = :r WHERE workspace_id = :w", r=reason)
    note(company)
    assert one(company).arm == arm


def test_an_account_that_left_is_closed_as_churned(company: Company) -> None:
    company.publish()
    company.accounts(2)
    company.fire(2, share=0)
    note(company)
    company.churn([1])
    assert (close(company, days=90), close(company, days=92)) == (0, 2)
    left, stayed = one(company, 1), one(company, 2)
    assert (left.ending, left.churned, left.arr_after) == ("churned", True, 0)
    assert (stayed.ending, stayed.churned, stayed.arr_after) == ("retained", False, 1200)


def test_a_better_band_is_a_recovery_and_more_revenue_an_expansion(company: Company) -> None:
    company.publish()
    company.accounts(2)
    company.fire(2, share=0)
    note(company)
    company.run(
        """INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, cause)
           VALUES (:w, 1, :at, 80, 'green', 0.9, 'day')""", at=FIRED + timedelta(days=20),
    )  # fmt: skip
    company.run("INSERT INTO subscriptions (workspace_id, external_id, account_id, mrr, started_on) "
                "VALUES (:w, 'more', 2, 50, '2026-04-01')")  # fmt: skip
    close(company)
    assert (one(company, 1).ending, one(company, 2).ending) == ("recovered", "expanded")


def test_a_renewal_that_was_due_and_came_is_one(company: Company) -> None:
    company.publish()
    company.accounts(1)
    company.run("UPDATE subscriptions SET renews_on = '2026-04-15' WHERE workspace_id = :w")
    company.fire(1, share=0)
    note(company)
    company.run("UPDATE subscriptions SET renews_on = '2027-04-15' WHERE workspace_id = :w")
    close(company)
    assert (one(company).renewals, one(company).renewed, one(company).ending) == (1, True, "renewed")


def test_the_signal_gets_its_outcome_from_data_where_nobody_told_one(company: Company) -> None:
    company.publish()
    company.accounts(3)
    company.fire(3, share=0)
    company.run("UPDATE signals SET outcome = 'resolved', outcome_at = :at WHERE account_id = 2", at=FIRED)
    company.run("UPDATE signals SET is_holdout = true, held_back = 'holdout' WHERE account_id = 3")
    note(company)
    close(company)
    found = company.run("SELECT outcome FROM signals WHERE workspace_id = :w ORDER BY account_id")
    assert [row.outcome for row in found] == ["retained", "resolved", None]


def test_a_thousand_firings_are_closed_together(company: Company) -> None:
    treated = company.lived(1000)
    assert note(company) == 1000
    assert close(company) == 1000
    found = company.run("SELECT arm, avg(churned::int) AS gone FROM interventions GROUP BY arm ORDER BY arm")
    assert {row.arm for row in found} == {"holdout", "treated"}
    assert found[0].gone > found[1].gone
    assert treated.sum() > 0
    assert NOW > FIRED
