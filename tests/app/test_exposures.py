"""What was known before an intervention: read out of the lake as of the day before it, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from forestay.app.job_kinds import exposures
from forestay.app.job_kinds.exposures import look_back
from forestay.app.job_kinds.past import open_past
from forestay.app.job_kinds.past_values import values_on
from forestay.kit import clock
from forestay.kit.clock import day_of
from forestay.outcomes.covariates import COVARIATES, MEASURES, values_of
from forestay.store.jobs import Job
from tests.app.real_lake import house_with_lake
from tests.app.test_model_jobs import Company
from tests.app.worker_house import NOON
from tests.conftest import StoreUnderTest
from tests.sources.messages import track

AGO = (3, 20, 60)


@pytest.fixture
def company(store: StoreUnderTest, acme: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(clock, "now", lambda: NOON)
    house = house_with_lake(store, tmp_path)
    yield Company(house, acme, tmp_path)
    house.close()


def exposed(company: Company) -> list[int]:
    """A third of the accounts on each day of AGO, as the job noted them before it looked back."""
    accounts = [number for (number,) in company.house.rows("SELECT id FROM accounts ORDER BY id")]
    for place, account in enumerate(accounts):
        company.house.rows(
            """INSERT INTO interventions (workspace_id, trigger_key, trigger_version, account_id, arm, aim, at, due_at)
               VALUES (:w, 'low', 1, :a, 'treated', 'churned', :at, :at) RETURNING id""",
            w=company.workspace, a=account, at=NOON - timedelta(days=AGO[place % 3]),
        )  # fmt: skip
    return accounts


def kept(company: Company) -> np.ndarray:
    rows = company.house.rows("SELECT covariates FROM interventions ORDER BY account_id")
    return values_of([row for (row,) in rows])[:, COVARIATES.index(MEASURES[0]) :]


def job_of(company: Company) -> Job:
    return Job(0, company.workspace, "learning", {}, {}, 1, "test")


def test_measures_are_those_of_the_evening_before_as_a_training_set_has_them(company: Company) -> None:
    accounts = exposed(company)
    assert look_back(job_of(company), company.workshop, company.workspace) == len(accounts)
    found = kept(company)
    for place, ago in enumerate(AGO):
        with open_past(job_of(company), company.workshop) as past:
            then = values_on(past, MEASURES, day_of(NOON, "UTC") - ago - 1)
        assert then.account_ids.tolist() == accounts
        np.testing.assert_allclose(found[place::3], then.values[place::3], rtol=1e-6)
    assert np.nanmin(found[:, MEASURES.index("measure.events_30d")]) > 0


def test_what_was_kept_is_never_read_again_and_what_comes_later_does_not_touch_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    exposed(company)
    look_back(job_of(company), company.workshop, company.workspace)
    before = kept(company)
    company.house.say(company.workspace, *(
        track(f"late-{n}", userId="u1", account="acc-01", timestamp=(NOON - timedelta(hours=n)).isoformat())
        for n in range(1, 9)
    ))  # fmt: skip
    company.house.run_dry()
    read: list[object] = []
    monkeypatch.setattr(exposures, "open_past", lambda *asked: read.append(asked))
    assert look_back(job_of(company), company.workshop, company.workspace) == 0
    assert read == []
    np.testing.assert_array_equal(kept(company), before)
