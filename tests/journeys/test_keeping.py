"""What runs keep while they stand still: little, however chatty an account is."""

from __future__ import annotations

import pytest

from forestay.journeys.runtime import whole
from forestay.journeys.runtime.intake import MOST_KEPT
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork

WAIT = {
    "start": {"kind": "wait_for", "event": "Signed", "ports": {"next": "done"}},
    "done": {"kind": "exit"},
}


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


@pytest.fixture
def paused(at_work: AtWork) -> int:
    """An account whose run waits for a signature while the journey stands still."""
    journey = at_work.publish(WAIT)
    (account,) = at_work.accounts(1)
    at_work.enter(journey, [account])
    at_work.work()
    with at_work.store.worker.begin_worker() as connection:
        whole.pause_journey(raw(connection), journey, at_work.world.now)
    return account


def test_a_paused_run_keeps_nothing_of_events_that_it_does_not_wait_for(at_work: AtWork, paused: int) -> None:
    at_work.happen(paused, "Logged In", why="y" * 200)
    at_work.work()
    assert at_work.rows("SELECT wakes FROM journey_tokens") == [(None,)]


def test_a_paused_run_keeps_no_more_than_it_can_need(at_work: AtWork, paused: int) -> None:
    for _ in range(MOST_KEPT + 5):
        at_work.happen(paused, "Signed")
        at_work.work()
    assert at_work.rows("SELECT jsonb_array_length(wakes -> 'kept') FROM journey_tokens") == [(MOST_KEPT,)]
