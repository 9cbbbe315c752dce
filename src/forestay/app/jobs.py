"""The jobs process: does the machine work that waits, one piece at a time, and ends when there is none.

Reads : the jobs table (worker role); files in the data folder; the lake
Gives : run(); WORK, which says what does each kind of job

Only one works in a data folder, so at its start every running job is an orphan: it takes them back at once, and
they go on from their checkpoints. It ends with 0 when nothing waits, else with an error, and is then started again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from forestay.app.job_kinds import (
    backtest_job,
    compaction_job,
    drift_job,
    experiments_job,
    history_job,
    import_job,
    learning_job,
    score_job,
    simulation_job,
    train_job,
)
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.orphans import only_one, sweep, take_back
from forestay.app.prepare import wait_prepared
from forestay.kit.errors import ForestayError
from forestay.kit.logs import bound, get_logger, set_up_logs
from forestay.kit.settings import Settings
from forestay.kit.telemetry import Counter, count, set_up_telemetry, share, shut_down_telemetry, span
from forestay.store import jobs
from forestay.store.database import Store, StoreUnavailable
from forestay.store.dsn import dsns_of
from forestay.store.jobs import Job, JobLost, JobStatus
from forestay.store.roles import DatabaseRole
from forestay.store.shapes import Json

LINGER_SECONDS = 2.0
"""How long an idle jobs process stays, so that a second import does not pay for another start."""

HEARTBEAT_SECONDS = 5.0
ASKING_SECONDS = 120.0
"""How long after work that a person looks on at, who will change something and ask again: a start costs more than the work."""

_WATCHED = frozenset({"journey_simulation", "backtest"})
_LOOK_SECONDS = 0.1

_log = get_logger(__name__)

Work = Callable[[Job, Workshop], Mapping[str, Json]]

WORK: Mapping[str, Work] = {
    "import": import_job.carry_out,
    "backtest": backtest_job.carry_out,
    history_job.KIND: history_job.carry_out,
    compaction_job.KIND: compaction_job.carry_out,
    experiments_job.KIND: experiments_job.carry_out,
    learning_job.KIND: learning_job.carry_out,
    "journey_simulation": simulation_job.carry_out,
    train_job.KIND: train_job.carry_out,
    drift_job.KIND: drift_job.carry_out,
    score_job.KIND: score_job.carry_out,
}


def run(settings: Settings) -> None:
    """Work until nothing has waited for a while."""
    set_up_logs(settings.log_level, settings.log_format)
    set_up_telemetry("jobs", settings.otlp_endpoint)
    wait_prepared(settings.data_dir)
    store = Store.connect(dsns_of(settings)[DatabaseRole.WORKER], pool_size=3, role=DatabaseRole.WORKER)
    try:
        with only_one(settings.data_dir):
            _inherit(store, settings)
            _work_off(store, Workshop(settings, store))
    finally:
        store.close()
        share(settings.data_dir / "run", is_last=True)
        shut_down_telemetry()


def _inherit(store: Store, settings: Settings) -> None:
    """Take over what an earlier process was at, and clear away what nobody will ask for."""
    with store.begin_worker() as connection:
        orphans = take_back(connection)
        swept = sweep(connection, settings.data_dir / "uploads")
    if orphans or swept:
        _log.info("took over from an earlier process", jobs=orphans, swept_files=swept)


def _work_off(store: Store, workshop: Workshop) -> None:
    until = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < until:
        with store.begin_worker() as connection:
            job = jobs.claim(connection, list(WORK))
        if job is None:
            time.sleep(_LOOK_SECONDS)
            continue
        with store.working_for(job.workspace_id):
            carry_out(job, workshop)
        share(workshop.settings.data_dir / "run")
        stay = ASKING_SECONDS if job.kind in _WATCHED else LINGER_SECONDS
        until = max(until, time.monotonic() + stay)


def carry_out(job: Job, workshop: Workshop) -> None:
    """Do one job; an expected refusal is its error, anything else fails it and is told in the log."""
    try:
        with bound(job=job.id, kind=job.kind), span("job", kind=job.kind), _beating(job, workshop.store):
            result = WORK[job.kind](job, workshop)
        with workshop.store.begin_worker() as connection:
            jobs.finish(connection, job, result)
        count(Counter.JOBS, kind=job.kind, status=JobStatus.DONE)
        _log.info("job done", job=job.id)
    except JobLost:
        _log.info("job was cancelled or taken over", job=job.id)
    except StoreUnavailable:
        _log.warning("the store went away; the job is claimed again later", job=job.id)
        raise
    except ForestayError as error:
        _fail(job, workshop, str(error))
    except Exception:  # noqa: BLE001 - one broken job must not take the others with it
        _log.exception("job failed", job=job.id)
        _fail(job, workshop, "something unexpected happened; the server's log has the details")


def _fail(job: Job, workshop: Workshop, sentence: str) -> None:
    with workshop.store.begin_worker() as connection:
        jobs.fail(connection, job, sentence)
    count(Counter.JOBS, kind=job.kind, status=JobStatus.FAILED)


@contextmanager
def _beating(job: Job, store: Store) -> Iterator[None]:
    """Say every few seconds that the job lives, also while one long step runs."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                with store.begin_worker() as connection:
                    jobs.heartbeat(connection, job)
            except (StoreUnavailable, JobLost):
                continue

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def main() -> None:
    """Run with the settings of the environment; an expected refusal is one sentence and exit code 1."""
    try:
        run(Settings())
    except ForestayError as error:
        print(f"forestay jobs: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
