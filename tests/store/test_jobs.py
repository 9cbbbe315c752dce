"""Machine work: done by one process at a time, taken over when it dies, stopped when it is cancelled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from forestay.kit.errors import NotFound
from forestay.store import jobs
from forestay.store.jobs import Job, JobLost, JobStatus
from tests.conftest import StoreUnderTest


def enqueued(store: StoreUnderTest, workspace: int, kind: str = "import") -> int:
    with store.api.begin(workspace) as conn:
        return jobs.enqueue(conn, workspace, kind, {"file": "accounts.csv"}, "member:7")


def claimed(store: StoreUnderTest) -> Job | None:
    with store.worker.begin_worker() as conn:
        return jobs.claim(conn)


def taken(store: StoreUnderTest) -> Job:
    job = claimed(store)
    assert job is not None
    return job


def silence(store: StoreUnderTest) -> None:
    """The process of every running job died a minute and a second ago."""
    with store.owner.begin_worker() as conn:
        conn.execute(text("update jobs set heartbeat_at = now() - interval '61 seconds'"))


def test_jobs_are_done_in_the_order_they_came(store: StoreUnderTest, workspace: int) -> None:
    first, second = enqueued(store, workspace), enqueued(store, workspace)
    assert [taken(store).id, taken(store).id, claimed(store)] == [first, second, None]


def test_many_claimers_at_once_never_get_the_same_job(store: StoreUnderTest, workspace: int) -> None:
    expected = {enqueued(store, workspace) for _ in range(12)}
    start = Barrier(4)

    def claimer(_: int) -> list[int]:
        start.wait(10)
        return [job.id for job in iter(lambda: claimed(store), None)]

    with ThreadPoolExecutor(4) as pool:
        got = [number for numbers in pool.map(claimer, range(4)) for number in numbers]
    assert (len(got), set(got)) == (12, expected)


def test_a_claimer_does_not_wait_for_another_ones_open_transaction(store: StoreUnderTest, workspace: int) -> None:
    first, second = enqueued(store, workspace), enqueued(store, workspace)
    with store.worker.begin_worker() as one, store.worker.begin_worker() as other:
        mine, yours = jobs.claim(one), jobs.claim(other)
        assert mine is not None
        assert yours is not None
        assert (mine.id, yours.id) == (first, second)


def test_a_job_whose_process_died_goes_to_the_next_with_its_checkpoint(store: StoreUnderTest, workspace: int) -> None:
    enqueued(store, workspace)
    lost = taken(store)
    with store.worker.begin_worker() as conn:
        jobs.checkpoint(conn, lost, {"row": 5000})
    assert claimed(store) is None
    silence(store)
    again = taken(store)
    assert (again.id, again.attempt, again.checkpoint) == (lost.id, 2, {"row": 5000})
    with pytest.raises(JobLost), store.worker.begin_worker() as conn:
        jobs.finish(conn, lost, {"rows": 1})


def test_a_job_that_keeps_killing_its_process_is_given_up(store: StoreUnderTest, workspace: int) -> None:
    number = enqueued(store, workspace)
    for _ in range(jobs.MOST_ATTEMPTS):
        taken(store)
        silence(store)
    assert claimed(store) is None
    with store.api.begin(workspace) as conn:
        view = jobs.find(conn, workspace, number)
    assert (view.status, "5 times" in str(view.error)) == (JobStatus.FAILED, True)


def test_progress_and_result_are_seen_by_people(store: StoreUnderTest, workspace: int) -> None:
    enqueued(store, workspace)
    job = taken(store)
    with store.worker.begin_worker() as conn:
        jobs.progress(conn, job, 10, 40, "reading rows")
    with store.api.begin(workspace) as conn:
        assert jobs.find(conn, workspace, job.id).progress == {"done": 10, "total": 40, "what": "reading rows"}
    with store.worker.begin_worker() as conn:
        jobs.finish(conn, job, {"rows": 40})
    with store.api.begin(workspace) as conn:
        view = jobs.find(conn, workspace, job.id)
    assert (view.status, view.result) == (JobStatus.DONE, {"rows": 40})


def test_a_cancelled_job_stops_at_its_next_word(store: StoreUnderTest, workspace: int) -> None:
    enqueued(store, workspace)
    job = taken(store)
    with store.api.begin(workspace) as conn:
        assert jobs.cancel(conn, workspace, job.id)
        assert not jobs.cancel(conn, workspace, job.id)
    with pytest.raises(JobLost), store.worker.begin_worker() as conn:
        jobs.heartbeat(conn, job)


def test_a_failed_job_says_why_and_is_not_tried_again(store: StoreUnderTest, workspace: int) -> None:
    enqueued(store, workspace)
    job = taken(store)
    with store.worker.begin_worker() as conn:
        jobs.fail(conn, job, "the file has no column account_id")
        assert not jobs.waiting(conn)
    with store.api.begin(workspace) as conn:
        assert jobs.find(conn, workspace, job.id).error == "the file has no column account_id"


def test_a_claimer_of_one_kind_leaves_the_others(store: StoreUnderTest, workspace: int) -> None:
    enqueued(store, workspace, "backtest")
    with store.worker.begin_worker() as conn:
        assert jobs.claim(conn, ["import"]) is None
        assert jobs.waiting(conn)


def test_a_job_of_another_workspace_is_not_there(store: StoreUnderTest, workspace: int, other_workspace: int) -> None:
    number = enqueued(store, workspace)
    with pytest.raises(NotFound), store.api.begin(other_workspace) as conn:
        jobs.cancel(conn, other_workspace, number)
