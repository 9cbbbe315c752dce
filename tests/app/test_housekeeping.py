"""What the worker does between ticks: it forgets what nobody needs, survives a full disk, and begins the night."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from forestay.app import snapshot
from forestay.app.job_kinds import compaction_job
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.recovery import LogTooShort
from forestay.app.worker import Worker
from forestay.events.drivers.file import FileLog
from forestay.kit import telemetry
from forestay.kit.clock import micros_of
from forestay.sources import dedup
from forestay.sources.dedup import MessageHashes
from forestay.store import jobs
from tests.app.real_lake import chores_of, house_with_lake, settings_of
from tests.app.remembered import everything
from tests.app.worker_house import WorkerHouse
from tests.conftest import StoreUnderTest
from tests.sources.messages import group, track

WEEK = timedelta(hours=169)
FULL = OSError(errno.ENOSPC, "No space left on device")


def full_disk(*_: object, **__: object) -> None:
    raise FULL


@pytest.fixture
def laked(store: StoreUnderTest, acme: int, tmp_path: Path) -> Iterator[WorkerHouse]:
    """A worker with a lake on disk."""
    assert acme
    house = house_with_lake(store, tmp_path)
    yield house
    house.close()


def say(house: WorkerHouse, workspace: int, number: int) -> None:
    house.say(workspace, group(f"g{number}", "globex", userId="ann"), track(f"m{number}", userId="ann"))
    house.run_dry()


def a_week_later(house: WorkerHouse, workspace: int) -> None:
    """Two snapshots were made a week ago, every record has a segment of its own, and one came since."""
    house.log.close()
    house.log = FileLog(house.folder / "log", micros_now=lambda: micros_of(house.clock.now()), segment_bytes=1)
    house.restart()
    chores = chores_of(house)
    say(house, workspace, 1)
    chores.save()
    say(house, workspace, 2)
    chores.save()
    house.clock.advance(WEEK)
    house.run_dry()
    chores.forget()
    say(house, workspace, 3)


def test_the_log_forgets_what_is_a_week_old_and_recovery_still_works(house: WorkerHouse, acme: int) -> None:
    a_week_later(house, acme)
    assert house.log.first_position() > 1
    before = everything(house.space(acme))
    house.restart()
    assert everything(house.space(acme)) == before


def test_nothing_is_forgotten_while_there_is_one_snapshot_only(house: WorkerHouse, acme: int) -> None:
    chores = chores_of(house)
    say(house, acme, 1)
    chores.save()
    house.clock.advance(WEEK)
    chores.forget()
    assert house.log.first_position() == 1


def test_nothing_is_forgotten_before_the_lake_has_it(house: WorkerHouse, acme: int) -> None:
    chores = chores_of(house)
    for number in (1, 2):
        say(house, acme, number)
        chores.save()
    house.lake.position = 0
    house.clock.advance(WEEK)
    chores.forget()
    assert house.log.first_position() == 1


@pytest.mark.parametrize("damaged", ["snapshot.json", "workspace.msgpack", "homes.npy"])
def test_a_damaged_snapshot_gives_way_to_the_one_before(house: WorkerHouse, acme: int, damaged: str) -> None:
    a_week_later(house, acme)
    before = everything(house.space(acme))
    newest = max((house.folder / "snapshot").glob("at-*"), key=lambda path: int(path.name[3:]))
    next(newest.rglob(damaged)).write_bytes(b"\x93torn")
    house.restart()
    assert everything(house.space(acme)) == before


def test_a_lost_snapshot_folder_after_a_week_is_told_and_not_papered_over(house: WorkerHouse, acme: int) -> None:
    a_week_later(house, acme)
    house.forget_snapshots()
    with pytest.raises(LogTooShort, match="restore a backup"):
        house.restart()


def test_a_snapshot_on_a_full_disk_is_made_later_and_leaves_no_room_taken(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chores = chores_of(house)
    say(house, acme, 1)
    with monkeypatch.context() as disk:
        disk.setattr(np, "save", full_disk)
        chores.save()
    assert list((house.folder / "snapshot").glob("*-*")) == []
    chores.save()
    before = everything(house.space(acme))
    assert snapshot.load_snapshot(house.folder / "snapshot", house.recovery.configurations()) is not None
    house.restart()
    assert everything(house.space(acme)) == before


def test_message_ids_stay_in_memory_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedup, "_SPILL", 4)
    seen = MessageHashes(tmp_path)
    ids = np.arange(8, dtype=np.uint64)
    with monkeypatch.context() as disk:
        disk.setattr(np, "save", full_disk)
        assert seen.first_seen(ids, 20_000).all()
    assert not seen.first_seen(ids, 20_000).any()
    assert MessageHashes.load(tmp_path, seen.save()).all_hashes().tolist() == ids.tolist()


def test_the_worker_goes_on_without_its_sign_of_life_on_a_full_disk(
    house: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(settings_of(house.folder))
    say(house, acme, 1)
    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", full_disk)
        worker._beat(house.tick, house.log, 0)  # type: ignore[arg-type]
    worker._beaten = -1e9
    worker._beat(house.tick, house.log, 0)  # type: ignore[arg-type]
    assert json.loads((house.folder / "run" / "worker.json").read_text())["position"] == 1


def test_the_metrics_tell_how_far_log_and_lake_are_behind(house: WorkerHouse, acme: int) -> None:
    telemetry.set_up_telemetry("worker")
    try:
        say(house, acme, 1)
        say(house, acme, 2)
        house.say(acme, track("m9", userId="ann"))
        chores_of(house)._count_effects()
        Worker(settings_of(house.folder))._beat(house.tick, house.log, 1)  # type: ignore[arg-type]
        text = telemetry.prometheus_text()[0].decode()
    finally:
        telemetry.shut_down_telemetry()
    told = {line.partition("{")[0]: line.rpartition(" ")[2] for line in text.splitlines() if line[0] != "#"}
    assert told["forestay_log_lag_bodies"] == "1.0"
    assert told["forestay_lake_lag_bodies"] == "1.0"
    assert told["forestay_effects_pending"] == "0.0"


def test_a_new_day_begins_one_night_for_the_lake(laked: WorkerHouse, acme: int) -> None:
    created = "UPDATE workspaces SET created_at = :now RETURNING id"
    laked.rows(created, now=laked.clock.now())
    night = chores_of(laked).night
    night.look()
    assert laked.rows("SELECT count(*)::int FROM jobs") == [(0,)]
    laked.clock.advance(timedelta(days=1))
    laked.run_dry()
    night.look()
    night.look()
    assert laked.rows("SELECT workspace_id, kind, status FROM jobs") == [(acme, "compaction", "queued")]
    assert (laked.folder / "run" / "jobs.wake").exists()


def test_the_night_counts_copies_that_came_after_a_week_and_forgets_old_watched_events(
    laked: WorkerHouse, acme: int
) -> None:
    say(laked, acme, 1)
    laked.clock.advance(timedelta(days=9))
    laked.say(acme, track("m1", userId="ann", timestamp="2026-11-22T12:00:00Z"), track("m2", userId="ann"))
    laked.run_dry()
    account = "(SELECT id FROM accounts)"
    old_and_new = f"(:w, {account}, 'x', now(), current_date - 31), (:w, {account}, 'x', now(), current_date - 3)"
    laked.rows(
        f"INSERT INTO recent_events (workspace_id, account_id, name, at, day) VALUES {old_and_new} RETURNING 1", w=acme
    )
    with laked.store.begin_worker() as connection:
        jobs.enqueue(connection, acme, compaction_job.KIND, {})
        job = jobs.claim(connection)
    assert job is not None
    result = compaction_job.carry_out(job, Workshop(settings_of(laked.folder), laked.store))
    assert (result["duplicates"], result["recent_events_forgotten"]) == (1, 1)
    counted = "SELECT sum(count)::int FROM daily_counts WHERE name = 'events.duplicate_late'"
    assert laked.rows(counted) == [(1,)]
    again = compaction_job.carry_out(job, Workshop(settings_of(laked.folder), laked.store))
    assert (again["duplicates"], laked.rows(counted)) == (0, [(1,)])
