"""What operators do to runs: stop, cancel, retry, start again, move to another version, merge."""

from __future__ import annotations

from typing import Any

import pytest

from forestay.journeys.compiled import Compiled
from forestay.journeys.runtime import migration, operations, whole
from forestay.journeys.runtime.rows import Place
from forestay.journeys.words import RunStatus, TokenState
from forestay.store.database import raw
from tests.conftest import StoreUnderTest
from tests.journeys.at_work import AtWork
from tests.journeys.test_machine import RESCUE


@pytest.fixture
def at_work(store: StoreUnderTest, workspace: int) -> AtWork:
    return AtWork(store, workspace)


def waiting(at_work: AtWork, count: int = 2, **more: Any) -> tuple[int, list[int]]:
    """A journey with so many runs at 'pause'."""
    journey = at_work.publish(RESCUE, **more)
    accounts = at_work.accounts(count)
    at_work.world.columns = {"health.score": dict.fromkeys(accounts, 40.0)}
    at_work.enter(journey, accounts)
    at_work.work()
    return journey, accounts


def operate(at_work: AtWork, what: Any, *given: Any) -> Any:
    with at_work.store.worker.begin_worker() as connection:
        return what(raw(connection), *given)


def test_nothing_of_a_stopped_journey_moves_or_enters(at_work: AtWork) -> None:
    journey, accounts = waiting(at_work)
    assert operate(at_work, whole.stop_journey, journey, at_work.world.now) == 2
    at_work.enter(journey, accounts)
    at_work.work(hours=100)
    assert at_work.standing() == []
    assert at_work.ends() == [(account, RunStatus.STOPPED, "stopped") for account in accounts]


def test_one_run_is_cancelled_and_the_other_goes_on(at_work: AtWork) -> None:
    _, (first, second) = waiting(at_work)
    assert operate(at_work, operations.cancel_runs, [1], at_work.world.now) == 1
    assert at_work.ends() == [(first, RunStatus.CANCELLED, "cancelled")]
    assert at_work.standing() == [(second, "pause", TokenState.TIMER)]


def test_starting_again_asks_anew_and_says_so_before(at_work: AtWork) -> None:
    waiting(at_work, 1)
    book, now = at_work.runner.book, at_work.world.now
    seen = operate(at_work, operations.preview, book, 1, "greet")
    assert (seen.stands, seen.to, seen.asks_again) == (("pause",), "greet", True)
    operate(at_work, operations.place_run, book, 1, "greet", now)
    at_work.work()
    assert [cause.rsplit(":", 1)[1] for (cause,) in at_work.rows("SELECT cause FROM requests ORDER BY id")] == [
        "1",
        "2",
    ]


def test_a_failed_run_is_tried_again_where_it_failed(at_work: AtWork) -> None:
    _, (account,) = waiting(at_work, 1)
    at_work.rows("UPDATE journey_tokens SET state = 8, due_at = NULL RETURNING id")
    at_work.rows("UPDATE journey_runs SET status = 13, reason = 'broke', ended_at = now() RETURNING id")
    assert operate(at_work, operations.retry_runs, [1], at_work.world.now) == 1
    at_work.work()
    assert at_work.standing() == [(account, "pause", TokenState.TIMER)]


def versions(at_work: AtWork, journey: int) -> tuple[Compiled, Compiled]:
    with at_work.store.worker.begin_worker() as connection:
        old, new = (at_work.runner.book.version(raw(connection), Place(at_work.workspace, journey, n)) for n in (1, 2))
    assert old is not None
    assert new is not None
    return old, new


def test_runs_move_to_another_version_as_their_author_says(at_work: AtWork) -> None:
    journey, _ = waiting(at_work)
    other = {name: step for name, step in RESCUE.items() if name != "pause"} | {
        "rest": {"kind": "wait", "for": {"days": 9}, "next": "done"},
        "greet": {**RESCUE["greet"], "next": "rest"},
    }
    at_work.publish(other, version=2)
    old, new = versions(at_work, journey)
    with pytest.raises(migration.UnclearFate, match="pause"):
        operate(at_work, migration.migrate, old, new, {}, at_work.world.now)
    assert operate(at_work, migration.fates, old, new, {"pause": "rest"}) == [
        migration.Fate("pause", 2, "moves", "rest")
    ]
    assert operate(at_work, migration.migrate, old, new, {"pause": "rest"}, at_work.world.now) == 2
    at_work.work()
    assert [step for _, step, _ in at_work.standing()] == ["rest", "rest"]
    assert at_work.rows("SELECT DISTINCT version FROM journey_runs") == [(2,)]


def test_two_accounts_that_are_one_keep_one_run(at_work: AtWork) -> None:
    _, (stays, gone) = waiting(at_work)
    at_work.rows(
        "INSERT INTO journey_inbox (workspace_id, kind, account_id, contact_id, at) "
        f"VALUES ({at_work.workspace}, 'merge', {stays}, {gone}, now()) RETURNING id"
    )
    at_work.work()
    assert at_work.ends() == [(stays, RunStatus.MERGED, "merged")]
    assert at_work.standing() == [(stays, "pause", TokenState.TIMER)]
