"""A trajectory and a signature as jobs: trained from the lake, kept as versions, watched by nobody who knows only chances."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from forestay.kit import clock
from forestay.predictions import registry, signature, trajectory
from forestay.predictions.health_serving import live_signature, live_trajectory
from forestay.predictions.model_document import Purpose
from forestay.predictions.policy import ModelPolicy
from forestay.predictions.serving import load_serving
from tests.app.real_lake import house_with_lake
from tests.app.test_model_jobs import Company
from tests.app.worker_house import NOON
from tests.conftest import StoreUnderTest

YEAR_AND_MORE, WEEKLY = 430, 6


@pytest.fixture
def old_company(store: StoreUnderTest, acme: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(trajectory, "FEWEST_ROWS", 100)
    monkeypatch.setattr(signature, "FEWEST_LOYAL", 20)
    monkeypatch.setattr(signature, "LOYAL_TENURE_DAYS", 200)
    house = house_with_lake(store, tmp_path)
    yield Company(house, acme, tmp_path, YEAR_AND_MORE, WEEKLY)
    house.close()


def promoted(company: Company, purpose: Purpose) -> None:
    with company.house.owner.begin_worker() as connection:
        entry = registry.entries(connection, company.workspace, purpose)[0]
        registry.promote(connection, company.workspace, entry, "member:1", ModelPolicy(), NOON)


def test_a_trajectory_is_trained_promoted_and_leaves_the_models_of_events_alone(old_company: Company) -> None:
    told = old_company.do("train", purpose="trajectory", because="asked")
    assert (told["state"], told["status"], told["version"], told["candidate"]) == ("ok", "draft", 1, "trajectory")
    assert "'nothing changes'" in told["words"]
    assert 0 <= told["metrics"]["coverage_90"] <= 1
    promoted(old_company, Purpose.TRAJECTORY)
    with old_company.house.store.begin_worker() as connection:
        live = live_trajectory(connection, old_company.workspace)
        assert load_serving(connection, old_company.workspace).by_purpose == {}
    assert live is not None
    assert {"health.score", "health.product_usage"} <= set(live.model.names)
    assert "measure.tenure_days" not in live.model.names
    assert [one.days for one in live.model.ahead] == [30, 60, 90]
    quarter = (NOON - timedelta(days=91)).date()
    ((accounts, day),) = old_company.house.rows("SELECT count(*), min(day) FROM measures_before")
    assert (accounts, day) == (40, quarter)


def test_the_nightly_look_renews_what_was_a_quarter_ago(old_company: Company) -> None:
    old_company.do("train", purpose="trajectory", because="asked")
    promoted(old_company, Purpose.TRAJECTORY)
    with old_company.house.owner.begin_worker() as connection:
        connection.exec_driver_sql("DELETE FROM measures_before")
    assert old_company.do("drift")["alarms"] == {}
    ((found,),) = old_company.house.rows("SELECT measures FROM measures_before LIMIT 1")
    assert found["measure.events_30d"] > 0
    versions = "SELECT account_id, xmin::text FROM measures_before"
    with old_company.house.owner.begin_worker() as connection:
        connection.exec_driver_sql(
            "UPDATE measures_before SET measures = '{}' WHERE account_id = (SELECT min(account_id) FROM measures_before)"
        )
    before = set(old_company.house.rows(versions))
    old_company.do("drift")
    assert [account for account, _ in before - set(old_company.house.rows(versions))] == [min(before)[0]]


def test_a_signature_is_trained_from_loyal_accounts(old_company: Company) -> None:
    told = old_company.do("train", purpose="signature", because="schedule")
    assert (told["state"], told["status"], told["candidate"]) == ("ok", "draft", "signature")
    assert told["metrics"]["loyal_accounts"] == 40
    promoted(old_company, Purpose.SIGNATURE)
    with old_company.house.store.begin_worker() as connection:
        live = live_signature(connection, old_company.workspace)
    assert live is not None
    assert "measure.events_7d" in live.model.names
