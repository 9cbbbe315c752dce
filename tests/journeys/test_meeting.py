"""Two things that concern one run at the same moment: both tokens of a fork, two runners, an event before its wait."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from forestay.journeys.words import RunStatus, TokenState
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork
from tests.running import eventually

BOTH: dict[str, Any] = {
    "start": {"kind": "parallel", "branches": ["mail", "money"], "ports": {"mail": "confirm", "money": "paid"}},
    "confirm": {
        "kind": "message", "template": "x", "follow": True, "ports": {"sent": "meet", "skipped": "meet", "failed": "meet"},
    },
    "paid": {
        "kind": "wait_for", "event": "Paid", "since": "entry", "timeout": {"days": 9},
        "ports": {"next": "meet", "timeout": "late"},
    },
    "meet": {"kind": "join", "next": "done"},
    "done": {"kind": "exit", "reason": "done"},
    "late": {"kind": "exit", "reason": "late"},
}  # fmt: skip


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def entered(at_work: AtWork) -> tuple[int, int]:
    """An account whose run waits for both; the token that waits for its message."""
    journey = at_work.publish(BOTH)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    ((token,),) = at_work.rows(f"SELECT id FROM journey_tokens WHERE state = {int(TokenState.OUTCOME)}")
    return account, token


def test_an_event_and_an_outcome_that_come_together_complete_the_join(at_work: AtWork) -> None:
    account, token = entered(at_work)
    at_work.happen(account, "Paid")
    at_work.report(token, "sent")
    at_work.work()
    assert at_work.ends() == [(account, RunStatus.COMPLETED, "done")]


def test_an_outcome_that_comes_while_another_runner_moves_the_run_is_waited_with_and_not_dropped(
    at_work: AtWork,
) -> None:
    account, token = entered(at_work)
    at_work.report(token, "sent")
    with (
        psycopg.connect(at_work.store.owner_dsn) as other,
        psycopg.connect(at_work.store.owner_dsn, autocommit=True) as eye,
    ):
        other.execute("SELECT FROM journey_runs FOR UPDATE")
        turn = threading.Thread(target=at_work.runner.take_in)
        turn.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        eventually(lambda: not turn.is_alive() or eye.execute(waiting).fetchone() == (1,), seconds=20)
        other.execute("""UPDATE journey_runs SET run_values = '{"told": "meanwhile"}'""")
        other.commit()
        turn.join(20)
    assert (account, "meet", TokenState.JOIN) in at_work.standing()
    assert at_work.rows("SELECT run_values ->> 'told' FROM journey_runs") == [("meanwhile",)]


def test_what_comes_right_after_the_entry_counts_though_the_run_began_later(at_work: AtWork) -> None:
    journey = at_work.publish(BOTH)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.happen(account, "Paid")
    at_work.world.now += timedelta(seconds=5)  # so long it takes until a runner looks
    at_work.work()
    assert (account, "meet", TokenState.JOIN) in at_work.standing()
