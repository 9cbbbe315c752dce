"""The jobs process tells what it did."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from forestay.app import jobs as process
from forestay.app.job_kinds.workshop import Workshop
from forestay.kit import telemetry
from forestay.kit.errors import Invalid
from forestay.kit.settings import Settings
from forestay.store import jobs
from forestay.store.jobs import Job
from forestay.store.shapes import Json
from tests.conftest import StoreUnderTest


def done(_job: Job, _workshop: Workshop) -> Mapping[str, Json]:
    return {}


def refused(_job: Job, _workshop: Workshop) -> Mapping[str, Json]:
    raise Invalid("the file has no rows")


def test_the_servers_metrics_show_which_jobs_ended_and_how(
    store: StoreUnderTest, workspace: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "WORK", {"backtest": done, "import": refused})
    telemetry.set_up_telemetry("jobs")
    for kind in ("import", "backtest"):
        with store.worker.begin_worker() as connection:
            jobs.enqueue(connection, workspace, kind, {})
            job = jobs.claim(connection, [kind])
        assert job is not None
        process.carry_out(job, Workshop(Settings(data_dir=tmp_path), store.worker))
    telemetry.share(tmp_path, is_last=True)
    telemetry.share(tmp_path, is_last=True)
    telemetry.shut_down_telemetry()
    told, _ = telemetry.prometheus_text(tmp_path)
    lines = [line for line in told.decode().splitlines() if line.startswith("forestay_jobs_total{")]
    assert sorted(lines) == [
        'forestay_jobs_total{kind="backtest",process="jobs",status="done"} 1.0',
        'forestay_jobs_total{kind="import",process="jobs",status="failed"} 1.0',
    ]
