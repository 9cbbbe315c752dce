"""After a large first import the planner knows of it at once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from forestay.app.statistics import Statistics
from tests.app.real_lake import chores_of
from tests.app.worker_house import WorkerHouse
from tests.conftest import StoreUnderTest
from tests.sources.messages import group

MANY = text(
    "INSERT INTO accounts (workspace_id, external_id, name) SELECT :w, 'a' || n, 'A' FROM generate_series(1, 1500) AS n"
)
STATES = text(
    "INSERT INTO account_states (workspace_id, account_id, as_of) SELECT workspace_id, id, now() FROM accounts"
)
KNOWN = text("SELECT reltuples::int FROM pg_class WHERE oid = 'account_states'::regclass")

LOOK = text("SELECT forestay_analyze_accounts()")


@pytest.fixture(autouse=True)
def _planner_that_knows_no_account(store: StoreUnderTest) -> None:
    with store.worker.begin_worker() as connection:
        connection.execute(LOOK)


def test_the_planner_looks_once_when_accounts_grew_tenfold(store: StoreUnderTest, workspace: int) -> None:
    with store.worker.begin_worker() as connection:
        connection.execute(MANY, {"w": workspace})
        connection.execute(STATES)
    statistics = Statistics()
    with store.worker.begin_worker() as connection:
        assert statistics.renew(connection, 1500)
        assert connection.scalar(KNOWN) == 1500
        assert not Statistics().renew(connection, 1500)
    assert not statistics.are_behind(14_999)
    assert statistics.are_behind(15_000)


def test_a_few_accounts_are_not_worth_a_look() -> None:
    assert not Statistics().are_behind(999)


def test_the_worker_looks_after_an_import_has_settled(house: WorkerHouse, acme: int) -> None:
    house.say(acme, *(group(f"m{number}", f"a{number}", userId=f"u{number}") for number in range(1_200)))
    house.run_dry()
    chores = chores_of(house)
    chores.look_at_statistics()
    assert chores.renewing is not None
    chores.renewing.join(30)
    assert chores.statistics.seen == 1_200
