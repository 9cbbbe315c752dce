"""What a trigger is worth, out of the store: from its holdout, and 'not yet' where there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forestay.outcomes.average import Method
from forestay.outcomes.impact import evaluate_impact, read_reports
from forestay.outcomes.next_best import Basis, NextBest, next_best
from forestay.outcomes.recording import close_due, note_new
from forestay.outcomes.report import ImpactReport, in_all
from forestay.outcomes.roi import Money, Worth
from tests.conftest import StoreUnderTest
from tests.outcomes.firings import FIRED, NOW, TRIGGER, Company


@pytest.fixture
def company(store: StoreUnderTest, workspace: int) -> Company:
    return Company(store, workspace)


def judged(company: Company, at: object = NOW) -> dict[str, ImpactReport]:
    with company.store.worker.begin_worker() as connection:
        note_new(connection, company.workspace, FIRED + timedelta(days=1), {}, {})
        close_due(connection, company.workspace, NOW)
        return {one.key: one for one in evaluate_impact(connection, company.workspace, at)}  # type: ignore[arg-type]


def asked(company: Company, account: int) -> NextBest:
    with company.store.api.begin(company.workspace) as connection:
        return next_best(connection, company.workspace, account)


def test_a_holdout_tells_what_a_trigger_does_and_is_worth(company: Company) -> None:
    company.lived(1200, gain=0.4)
    found = judged(company)["low"]
    assert found.effect.method is Method.RANDOMISED
    assert found.effect.low is not None
    assert found.effect.low > 0
    assert found.effect.estimate == pytest.approx(0.2, abs=0.08)
    assert found.revenue is not None
    assert found.revenue.estimate is not None
    assert found.revenue.estimate == pytest.approx(1200 * 0.2, abs=100)
    assert found.worth is not None
    assert found.worth.saved is not None
    assert found.worth.saved.estimate == pytest.approx(found.revenue.estimate * found.treated)
    assert "points more often" in found.words


def test_who_gains_is_found_and_every_account_gets_its_fifth(company: Company) -> None:
    company.lived(1500, gain=0.4)
    found = judged(company)["low"]
    assert found.uplift is not None
    assert found.uplift.ships
    rows = company.run("SELECT account_id, effect FROM account_uplifts WHERE workspace_id = :w")
    odd = [row.effect for row in rows if row.account_id % 2]
    even = [row.effect for row in rows if not row.account_id % 2]
    assert sum(odd) / len(odd) > sum(even) / len(even) + 0.1


def test_another_look_waits_until_half_as_much_more_is_known(company: Company) -> None:
    company.lived(700, gain=0.4)
    first = judged(company)["low"]
    again = judged(company, NOW + timedelta(days=1))["low"]
    assert first.uplift is not None
    assert again.uplift == first.uplift
    with company.store.worker.begin_worker() as connection:
        stored = read_reports(connection, company.workspace)[0]
    assert (stored.looks, stored.looked_at) == (1, 700)


def test_without_enough_it_cannot_be_said_yet_and_no_money_is_named(company: Company) -> None:
    company.lived(60)
    found = judged(company)["low"]
    assert found.effect.method is Method.NONE
    assert found.words.startswith("It cannot be said yet")
    assert found.worth is not None
    assert (found.worth.saved, found.worth.roi) == (None, None)


def test_a_trigger_that_is_gone_is_forgotten(company: Company) -> None:
    company.lived(60)
    judged(company)
    company.run("DELETE FROM interventions WHERE workspace_id = :w")
    with company.store.worker.begin_worker() as connection:
        evaluate_impact(connection, company.workspace, NOW + timedelta(days=1))
        assert read_reports(connection, company.workspace) == []


def test_the_next_best_action_is_what_surely_helps_and_is_open(company: Company) -> None:
    company.lived(1500, gain=0.4)
    judged(company)
    company.run("UPDATE signals SET is_holdout = false WHERE account_id = 1")
    found = asked(company, 1)
    assert found.best is not None
    assert (found.best.key, found.best.basis, found.best.is_sure) == ("low", Basis.UPLIFT, True)
    assert found.best.low is not None
    assert found.best.low > 0
    assert "fifth by expected gain" in found.words


def test_where_nothing_can_be_said_nothing_is_best(company: Company) -> None:
    company.lived(60)
    judged(company)
    company.run("UPDATE signals SET is_holdout = false WHERE account_id = 1")
    found = asked(company, 1)
    assert found.best is None
    assert found.choices[0].basis is Basis.NONE
    assert "cannot be said yet" in found.words


def test_an_average_is_called_one(company: Company) -> None:
    company.lived(400, gain=0.6)
    judged(company)
    company.run("UPDATE signals SET is_holdout = false WHERE account_id = 1")
    found = asked(company, 1)
    assert found.choices[0].basis is Basis.AVERAGE
    assert "not of this one" in found.choices[0].words


def test_where_nobody_was_held_out_the_estimate_is_called_a_guess(company: Company) -> None:
    company.publish({**TRIGGER, "holdout_share": 0})
    company.accounts(400)
    company.fire(400, share=0)
    company.run("UPDATE signals SET first_touch_at = :at WHERE account_id % 3 = 0", at=FIRED + timedelta(days=2))
    company.churn(list(range(1, 400, 5)))
    found = judged(company)["low"]
    assert found.effect.method is Method.OBSERVATIONAL
    assert "A guess from what people chose" in found.words
    assert any("nobody was held out" in one for one in found.assumptions)
    assert found.uplift is None


def test_several_interventions_together_leave_out_what_is_not_known() -> None:
    known = Worth(Money(100.0, 50.0, 150.0), 20.0, Money(4.0, 1.5, 6.5))
    together = in_all([known, known, Worth(None, 10.0, None, "too few")])
    assert together.saved == Money(200.0, 100.0, 300.0)
    assert together.roi == Money(4.0, 1.5, 6.5)
    assert together.why.startswith("1 of 3")
