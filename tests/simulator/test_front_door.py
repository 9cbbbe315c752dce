"""What the made-up company sends is taken by the product's own front door, whole, without a mapping by hand."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from forestay.customers.kinds import ImportKind
from forestay.simulator import CompanySpec, LivePlay, simulate, stream_events
from forestay.sources.imports.importer import ImportOrder, run_import
from forestay.sources.segment import Call, Examined, examine
from tests.simulator.conftest import UNTIL, Made

FILES = {kind: f"{kind}.csv" for kind in ImportKind} | {ImportKind.EVENTS: "events.parquet"}


@pytest.mark.parametrize("kind", list(ImportKind))
def test_every_file_is_imported_without_a_reject(made: Made, kind: ImportKind) -> None:
    order = ImportOrder(made.folder / FILES[kind], kind, source="simulator", dry_run=True)
    result = run_import(order, lambda body: 0, lambda done, total: None)
    assert (result.rejected, dict(result.reasons), result.unmapped) == (0, {}, [])
    assert result.accepted == result.rows > 0


def test_every_call_of_the_history_is_taken(made: Made) -> None:
    lines = (made.folder / "segment-history.jsonl").read_bytes().splitlines()
    assert_all_taken([examine(line, Call.IMPORT) for line in lines])


def test_every_call_and_row_of_live_play_is_taken(tmp_path: Path) -> None:
    company = simulate(CompanySpec(seed=7, accounts=42, months=2, until=UNTIL))
    steps = list(islice(LivePlay(company, 1, events_per_second=5.0), 150))
    assert_all_taken([examine(step.body, Call.BATCH) for step in steps if step.records is None])
    for number, step in enumerate(step for step in steps if step.records is not None):
        file = tmp_path / f"{number}.jsonl"
        file.write_bytes(step.body)
        order = ImportOrder(file, step.records or ImportKind.EVENTS, source="live", dry_run=True)
        result = run_import(order, lambda body: 0, lambda done, total: None)
        assert (result.rejected, result.accepted, result.unmapped) == (0, step.items, [])


def test_bodies_for_load_tests_are_taken_as_they_are() -> None:
    bodies = list(stream_events(1_000, 3))
    examined = [examine(body, Call.BATCH) for body in bodies]
    assert_all_taken(examined)
    assert [one.body for one in examined] == bodies


def assert_all_taken(examined: list[Examined]) -> None:
    assert examined
    assert [rejected for one in examined for rejected in one.rejected] == []
