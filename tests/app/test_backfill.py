"""A trigger on an event that was never counted counts the past too: from the lake, now or as soon as it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from forestay.app.housekeeping import Housekeeping
from forestay.lake.reads import LakeReader
from forestay.signals.trigger import write_trigger
from forestay.store import documents
from forestay.store.documents import DocumentKind
from tests.app.real_lake import LakeAtOnce, chores_of, house_with_lake
from tests.app.remembered import counts
from tests.app.worker_house import WorkerHouse
from tests.conftest import StoreUnderTest
from tests.signals.world import trigger
from tests.sources.messages import group, track

SERIES = "event:Borehole Drilled"
WATCHED = "SELECT count(*)::int FROM signals WHERE trigger_key = 'watch'"


@pytest.fixture
def drilled(store: StoreUnderTest, acme: int, tmp_path: Path) -> Iterator[WorkerHouse]:
    """Globex drilled on three days, and nothing counts that."""
    house = house_with_lake(store, tmp_path)
    house.say(acme, group("g", "globex", userId="ann"))
    for day in range(3):
        house.say(acme, track(f"m{day}", "Borehole Drilled", userId="ann"))
        house.run_dry()
        house.clock.advance(timedelta(days=1))
    house.run_dry()
    yield house
    house.close()


def publish(house: WorkerHouse, workspace: int) -> None:
    watch = trigger("event 'Borehole Drilled' at least 3 in 30 days")
    with house.owner.begin_worker() as connection:
        documents.save_draft(connection, workspace, DocumentKind.TRIGGER, watch.key, write_trigger(watch))
        documents.publish(connection, workspace, DocumentKind.TRIGGER, watch.key)


def look(house: WorkerHouse, chores: Housekeeping) -> None:
    chores._look_at_configuration()
    house.run_dry()


def drillings(house: WorkerHouse, workspace: int) -> list[int]:
    return [number for (_, name, _), number in sorted(counts(house.space(workspace)).items()) if name == SERIES]


def test_a_new_triggers_event_is_counted_from_the_past(drilled: WorkerHouse, acme: int) -> None:
    publish(drilled, acme)
    look(drilled, chores_of(drilled))
    assert drillings(drilled, acme) == [1, 1, 1]
    assert drilled.rows(WATCHED) == [(1,)]


def test_what_comes_after_the_refill_is_added_to_it(drilled: WorkerHouse, acme: int) -> None:
    publish(drilled, acme)
    look(drilled, chores_of(drilled))
    drilled.say(acme, track("m9", "Borehole Drilled", userId="ann"), track("m2", "Borehole Drilled", userId="ann"))
    drilled.run_dry()
    assert drillings(drilled, acme) == [1, 1, 1, 1]


def test_a_lake_that_is_behind_is_asked_again(drilled: WorkerHouse, acme: int) -> None:
    lake, chores = drilled.lake, chores_of(drilled)
    assert isinstance(lake, LakeAtOnce)
    publish(drilled, acme)
    lake.is_away = True
    look(drilled, chores)
    chores.refill()
    assert (drillings(drilled, acme), drilled.rows(WATCHED)) == ([], [(0,)])
    lake.is_away = False
    chores.refill()
    drilled.run_dry()
    assert (drillings(drilled, acme), drilled.rows(WATCHED)) == ([1, 1, 1], [(1,)])


@pytest.mark.parametrize("trouble", [duckdb.IOException("torn file"), OSError(28, "No space left on device")])
def test_a_lake_that_cannot_be_read_does_not_end_the_worker(
    drilled: WorkerHouse, acme: int, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise trouble

    publish(drilled, acme)
    chores = chores_of(drilled)
    with monkeypatch.context() as lake:
        lake.setattr(LakeReader, "spans", fails)
        look(drilled, chores)
    assert drillings(drilled, acme) == []
    chores.refill()
    assert drillings(drilled, acme) == [1, 1, 1]


def test_a_refill_that_waits_is_not_forgotten_by_a_restart(drilled: WorkerHouse, acme: int) -> None:
    lake, chores = drilled.lake, chores_of(drilled)
    assert isinstance(lake, LakeAtOnce)
    publish(drilled, acme)
    lake.is_away = True
    look(drilled, chores)
    chores.save()
    lake.is_away = False
    drilled.restart()
    chores_of(drilled)
    assert drillings(drilled, acme) == [1, 1, 1]


def test_a_trigger_published_while_the_worker_was_down_counts_the_past(drilled: WorkerHouse, acme: int) -> None:
    chores_of(drilled).save()
    publish(drilled, acme)
    drilled.restart()
    chores_of(drilled)
    assert drillings(drilled, acme) == [1, 1, 1]
