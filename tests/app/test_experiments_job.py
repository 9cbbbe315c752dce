"""The hourly look at tests: asked for when there is anything to look at, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from forestay.app import housekeeping
from forestay.app.job_kinds import experiments_job
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.jobs import WORK
from forestay.app.looks import ask_for_look
from forestay.store import jobs
from tests.app.real_lake import chores_of
from tests.app.worker_house import WorkerHouse
from tests.conftest import StoreUnderTest
from tests.journeys.experiments.ground import BEGIN, Ground, alternating, journey


def test_a_workspace_without_a_test_asks_for_no_look(store: StoreUnderTest, workspace: int) -> None:
    assert workspace
    with store.worker.begin_worker() as connection:
        assert ask_for_look(connection) is None


def test_the_worker_asks_for_one_look_and_the_job_settles_what_is_due(
    store: StoreUnderTest, house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = Ground(store, acme)
    ground.begin(journey({"outcome": {"kind": "goal", "within_days": 30}}))
    ground.expose(ground.accounts(6), alternating(6), at=BEGIN - timedelta(days=365))
    monkeypatch.setattr(housekeeping, "TESTS_SECONDS", 0.0)
    chores = chores_of(house)
    chores.look()
    chores.look()
    with store.worker.begin_worker() as connection:
        job = jobs.claim(connection, [experiments_job.KIND])
        assert job is not None
        assert jobs.claim(connection, [experiments_job.KIND]) is None
    result = WORK[job.kind](job, Workshop(chores.settings, store.worker))
    assert result == {"workspaces": 1, "tests": {"too_early": 1}}
    assert ground.rows("SELECT count(*) FROM journey_outcomes WHERE settled_at IS NOT NULL") == [(6,)]
