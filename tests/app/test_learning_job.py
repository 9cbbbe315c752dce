"""The daily look at interventions: asked for once, notes and closes, watches in silence, and moves lines where that is wanted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from forestay.app import housekeeping
from forestay.app.job_kinds import learning_job
from forestay.app.job_kinds.learning_job import learn
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.jobs import WORK
from forestay.app.learning_looks import ask_for_learning
from forestay.kit.buckets import buckets
from forestay.learning.precision import EXPLORED_SHARE
from forestay.outcomes.covariates import COVARIATES
from forestay.store import jobs
from tests.app.real_lake import chores_of, house_with_lake
from tests.conftest import StoreUnderTest
from tests.outcomes.firings import FIRED, TRIGGER, Company

LOW = {**TRIGGER, "holdout_share": 0}


@pytest.fixture
def company(store: StoreUnderTest, workspace: int) -> Company:
    return Company(store, workspace)


def scored(company: Company, n: int, score: float) -> None:
    """What the last tick stored."""
    company.run(
        """INSERT INTO account_states (workspace_id, account_id, as_of, score, band)
           SELECT :w, i, :at, :score, 'yellow' FROM generate_series(1, :n) AS i""", n=n, at=FIRED, score=score,
    )  # fmt: skip


def test_where_nothing_fired_nothing_is_learned(store: StoreUnderTest, workspace: int) -> None:
    assert workspace
    with store.worker.begin_worker() as connection:
        assert ask_for_learning(connection) is None


def test_the_worker_asks_for_one_look_a_day_and_the_job_does_it(
    store: StoreUnderTest, acme: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, company = house_with_lake(store, tmp_path), Company(store, acme)
    company.publish(LOW)
    company.accounts(3)
    company.fire(3, share=0)
    monkeypatch.setattr(housekeeping, "TESTS_SECONDS", 0.0)
    chores = chores_of(house)
    chores.look()
    chores.look()
    with store.worker.begin_worker() as connection:
        job = jobs.claim(connection, [learning_job.KIND])
        assert job is not None
        assert jobs.claim(connection, [learning_job.KIND]) is None
    result = WORK[job.kind](job, Workshop(chores.settings, store.worker))
    assert (result["noted"], result["closed"], result["judged"]) == (3, 3, 1)
    again = WORK[job.kind](job, Workshop(chores.settings, store.worker))
    assert (again["noted"], again["closed"]) == (0, 0)
    assert [row.n for row in company.run("SELECT DISTINCT cardinality(covariates) AS n FROM interventions")] == [
        len(COVARIATES)
    ]
    house.close()


def test_accounts_that_nearly_fired_are_watched_always_the_same_ones_and_nobody_sees_it(company: Company) -> None:
    company.publish(LOW)
    company.accounts(400)
    scored(company, 400, 65.0)
    found = learn(company.store.worker, company.store.api.begin, company.workspace, "UTC", FIRED)
    rows = company.run("SELECT account_id, value, propensity FROM interventions WHERE arm = 'explored'")
    drawn = [n for n in range(1, 401) if buckets_of(n) < EXPLORED_SHARE]
    assert found.watched == len(drawn) > 5
    assert sorted(row.account_id for row in rows) == drawn
    assert {row.value for row in rows} == {65.0}
    assert (
        learn(
            company.store.worker, company.store.api.begin, company.workspace, "UTC", FIRED + timedelta(days=1)
        ).watched
        == 0
    )
    assert company.run("SELECT 1 FROM signals") == []
    assert company.run("SELECT 1 FROM requests") == []


def buckets_of(account: int) -> float:
    import numpy as np

    return float(buckets(np.array([account]), "explore:low")[0])


def test_accounts_far_from_the_line_are_not_watched(company: Company) -> None:
    company.publish(LOW)
    company.accounts(200)
    scored(company, 200, 90.0)
    assert learn(company.store.worker, company.store.api.begin, company.workspace, "UTC", FIRED).watched == 0


def mostly_wrong(company: Company) -> None:
    company.publish(LOW)
    company.accounts(40)
    company.fire(40, share=0)
    company.run("INSERT INTO feedback (workspace_id, signal_id, actor, verdict) "
                "SELECT :w, id, 'member:1', 'inaccurate' FROM signals")  # fmt: skip


@pytest.mark.parametrize(("mode", "moved", "suggested"), [("off", 0, 0), ("suggest", 0, 1), ("automatic", 1, 1)])
def test_lines_move_by_themselves_only_where_the_workspace_wants_it(
    company: Company, mode: str, moved: int, suggested: int
) -> None:
    mostly_wrong(company)
    company.run(
        """UPDATE workspaces SET settings = jsonb_build_object('trigger_tuning', jsonb_build_object('mode', cast(:m AS text)))
           WHERE id = :w""", m=mode,
    )  # fmt: skip
    found = learn(company.store.worker, company.store.api.begin, company.workspace, "UTC", FIRED + timedelta(days=2))
    assert found.moved == moved
    assert len(company.run("SELECT 1 FROM trigger_tunings WHERE workspace_id = :w")) == suggested
    actors = company.run("SELECT actor FROM audit_entries WHERE workspace_id = :w AND action = 'trigger.tuned'")
    assert [row.actor for row in actors] == ["system:learning"] * moved
