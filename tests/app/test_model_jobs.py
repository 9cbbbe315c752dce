"""Models as jobs: trained from the lake, looked after every day, explained, and never in two places at once."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from forestay.app.job_kinds.past import open_past
from forestay.app.job_kinds.past_values import values_on
from forestay.app.job_kinds.train_job import StepsOnDisk
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.jobs import WORK
from forestay.app.model_care import ModelCare
from forestay.kit import clock
from forestay.predictions import registry
from forestay.predictions.model_document import State
from forestay.predictions.policy import ModelPolicy
from forestay.predictions.registry import NewModel
from forestay.store import jobs
from forestay.store.jobs import Job
from tests.app.real_lake import chores_of, house_with_lake, settings_of
from tests.app.worker_house import NOON, WorkerHouse
from tests.conftest import StoreUnderTest
from tests.predictions.models_at_hand import at_hand
from tests.sources.messages import group, track

NAMES = ("measure.events_7d", "measure.active_users_7d")
DAYS_AGO = 100


class Company:
    """Forty accounts that have used the product for a hundred days (or more), in a real lake."""

    def __init__(
        self, house: WorkerHouse, workspace: int, folder: Path, days: int = DAYS_AGO, every: int = 3
    ) -> None:  # fmt: skip
        self.house, self.workspace = house, workspace
        self.workshop = Workshop(settings_of(folder), house.store)
        for account in range(40):
            name = f"acc-{account:02}"
            house.say(workspace, group(f"g{account}", name, userId=f"u{account}", traits={"seats": 5}))
            house.say(workspace, *(
                track(f"{name}-{back}", userId=f"u{account}", account=name,
                      timestamp=(NOON - timedelta(days=back)).isoformat())
                for back in range(account % 7, days, every)
            ))  # fmt: skip
        house.run_dry()

    def do(self, kind: str, **params: Any) -> Any:
        """Enqueue a job and carry it out."""
        with self.house.store.begin_worker() as connection:
            jobs.enqueue(connection, self.workspace, kind, params)
            job = jobs.claim(connection, [kind])
        assert job is not None
        return WORK[kind](job, self.workshop)

    def promoted(self, **values: Any) -> registry.ModelEntry:
        with self.house.owner.begin_worker() as connection:
            new = NewModel(at_hand(names=NAMES, **values), reference=values.get("reference"))
            entry = registry.save(connection, self.workspace, new)
            return registry.promote(connection, self.workspace, entry, "member:1", ModelPolicy(), NOON)

    def noticed(self) -> None:
        chores_of(self.house)._look_at_configuration()
        self.house.clock.advance(timedelta(seconds=1))
        self.house.run_dry()


@pytest.fixture
def company(store: StoreUnderTest, acme: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(clock, "now", lambda: NOON)
    house = house_with_lake(store, tmp_path)
    yield Company(house, acme, tmp_path)
    house.close()


def npy(values: np.ndarray) -> bytes:
    written = io.BytesIO()
    np.save(written, values.astype(np.float32), allow_pickle=False)
    return written.getvalue()


def as_it_is(company: Company, shift: float = 0.0) -> bytes:
    """A training set of yesterday's accounts, ten times over, moved by so many events a week."""
    with open_past(Job(0, company.workspace, "drift", {}, {}, 1, "test"), company.workshop) as past:
        values = values_on(past, NAMES, past.history.last_day).values
    return npy(np.tile(values, (10, 1)) + np.array([shift, 0.0]))


def with_reference(company: Company, kept: bytes) -> registry.ModelEntry:
    entry = company.promoted()
    with company.house.owner.begin_worker() as connection:
        connection.execute(text("UPDATE models SET reference = :kept"), {"kept": kept})
    return entry


def test_a_company_without_churn_learns_that_there_is_not_enough_data(company: Company) -> None:
    told = company.do("train", purpose="churn", because="asked")
    assert (told["state"], told["status"], told["version"]) == (State.NOT_ENOUGH_DATA, "draft", 1)
    assert told["words"].startswith("Not enough data: 0 accounts")
    kept = company.house.rows("SELECT trained_since IS NOT NULL, reference IS NOT NULL FROM models")
    assert kept == [(True, True)]


def test_training_leaves_nothing_behind(company: Company) -> None:
    company.do("train", purpose="churn", because="asked")
    assert list((company.workshop.settings.data_dir / "training").glob("*")) == []


def test_a_day_that_looks_like_the_training_raises_no_alarm_and_is_kept_whole(company: Company) -> None:
    entry = with_reference(company, as_it_is(company))
    told = company.do("drift")
    assert told["alarms"] == {"churn 1": []}
    days = company.house.rows(
        "SELECT model_id, cardinality(account_ids), cardinality(probability) FROM prediction_days"
    )
    assert days == [(entry.id, 40, 40)]


def test_use_that_fell_since_the_training_raises_an_alarm_and_asks_for_training(company: Company) -> None:
    with_reference(company, as_it_is(company, shift=30.0))
    with company.house.owner.begin_worker() as connection:
        connection.execute(text("UPDATE models SET created_at = now() - interval '10 days'"))
    told = company.do("drift")
    assert any("columns moved" in sentence for sentence in told["alarms"]["churn 1"])
    assert told["training"] == ["churn: drift"]
    assert company.house.rows("SELECT params ->> 'because' FROM jobs WHERE kind = 'train'") == [("drift",)]


def test_looking_at_a_day_again_replaces_it(company: Company) -> None:
    with_reference(company, as_it_is(company))
    day = (NOON - timedelta(days=5)).date().isoformat()
    for _ in range(2):
        company.do("drift", days=[day])
    assert company.house.rows("SELECT day::text FROM drift_reports") == [(day,)]


def test_reasons_of_the_riskiest_know_what_was_usual(company: Company) -> None:
    company.promoted(level=0.5, slope=-1.0)
    company.noticed()
    told = company.do("score")
    assert told["explained"] == 40
    ((count,),) = company.house.rows("SELECT count(*) FROM predictions WHERE reasons IS NOT NULL")
    assert count == 40
    ((reason,),) = company.house.rows("SELECT reasons -> 0 FROM predictions WHERE reasons <> '[]' LIMIT 1")
    assert reason["column"] in NAMES
    assert reason["usual"] is not None


def test_the_worker_asks_for_each_look_once_a_day(company: Company) -> None:
    company.promoted()
    company.noticed()
    care = ModelCare(company.house.tick.shard)
    with company.house.store.begin_worker() as connection:
        first, again = care.look(connection), care.look(connection)
        restarted = ModelCare(company.house.tick.shard).look(connection)
    assert (len(first), again, restarted) == (2, [], [])
    company.house.clock.advance(timedelta(days=1))
    company.house.run_dry()
    with company.house.store.begin_worker() as connection:
        assert len(care.look(connection)) == 2


def test_a_company_without_models_is_left_in_peace(company: Company) -> None:
    with company.house.store.begin_worker() as connection:
        assert ModelCare(company.house.tick.shard).look(connection) == []


def test_an_interrupted_training_finds_its_steps_again(tmp_path: Path) -> None:
    steps = StepsOnDisk(tmp_path / "training" / "7")
    assert steps.get("origin 1/lightgbm") is None
    steps.put("origin 1/lightgbm", {"kind": "lightgbm", "weights": [0.1, 1 / 3]})
    found = StepsOnDisk(tmp_path / "training" / "7").get("origin 1/lightgbm")
    assert found == {"kind": "lightgbm", "weights": [0.1, 1 / 3]}


@pytest.mark.parametrize("purpose", ["trajectory", "signature"])
def test_too_short_a_past_is_told_in_words_and_is_no_failure(company: Company, purpose: str) -> None:
    told = company.do("train", purpose=purpose, because="asked")
    assert (told["state"], told["status"]) == (State.NOT_ENOUGH_DATA, "draft")
    assert told["words"].startswith("Not enough data: 0 ")
