"""A simulation out of a real lake: it finds what was planted there, and leaves not a byte behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from forestay.journeys.read import from_text, read_journey
from forestay.journeys.simulation.kept import KeptBlock
from forestay.journeys.simulation.lake_events import LakeEvents
from forestay.journeys.simulation.simulate import Days, Ground, simulate
from forestay.lake.batch import LakeBatch
from forestay.lake.reads import LakeReader
from forestay.lake.writer import LakeWriter
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import FeatureBook
from forestay.measures.series import SeriesBook
from forestay.signals.columns import Making
from forestay.signals.past import LakePast

FIRST, LAST = 20_000, 20_199
ACCOUNTS = np.array([11, 12, 13, 14], np.int64)
JOURNEY = read_journey(
    from_text("""
key: silence
name: Silence
entry: [{condition: "no event 'Opened' in 14 days"}, {event: Came Back, if: "event.days >= 5"}]
start: ask
steps:
  ask: {kind: message, template: low-usage-help, to: champion, next: back}
  back: {kind: wait_for, event: Came Back, timeout: {days: 20}, ports: {next: well, timeout: gone}}
  well: {kind: exit, reason: well}
  gone: {kind: exit, reason: gone}
""")
)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[LakeReader]:
    """Daily use by all; 11 and 12 fall silent on day 100; 11 comes back on day 120, 13 says so twice on day 150."""
    said = [(account, "Opened", day, None) for account in ACCOUNTS.tolist() for day in range(FIRST, LAST + 1)
            if account > 12 or day < FIRST + 100]  # fmt: skip
    said += [(11, "Came Back", FIRST + 120, "{}")]
    said += [(13, "Came Back", FIRST + 150, '{"days": 9}'), (13, "Came Back", FIRST + 153, '{"days": 1}')]
    events = pa.table({
        "workspace_id": [1] * len(said), "position": [1] * len(said), "account": [row[0] for row in said],
        "user": [row[0] * 10 for row in said], "event": [row[1] for row in said], "day": [row[2] for row in said],
        "weight": [1] * len(said), "at": [row[2] * 86_400_000_000 + 36_000_000_000 for row in said],
        "user_key": [f"u:{row[0]}" for row in said], "properties": pa.array([row[3] for row in said], pa.string()),
    })  # fmt: skip
    LakeWriter(str(tmp_path)).flush(LakeBatch(1, events=events))
    reader = LakeReader(str(tmp_path))
    yield reader
    reader.close()


def ground(lake: LakeReader) -> Ground:
    book = SeriesBook.build(FeatureBook(), {}, events=["Opened"])
    past = LakePast(
        lake, 1, ACCOUNTS, np.full(4, -1), LAST, book, lambda _key, wanted: np.full(len(wanted), np.nan)
    )  # fmt: skip
    return Ground(past, Making(), MeasureSet(DEFAULT_MEASURES), events=LakeEvents(lake, 1))


def test_entries_and_awaited_events_come_out_of_the_lake(lake: LakeReader) -> None:
    told = simulate(JOURNEY, Days(FIRST + 60, FIRST + 180), ground(lake))
    assert told.entered_by == {"0: condition": 2, "1: event Came Back": 1}
    assert told.ended == {"completed: well": 2, "completed: gone": 1}


def test_a_changed_wait_is_simulated_without_reading_the_past_again(lake: LakeReader, tmp_path: Path) -> None:
    text = "key: s\nname: S\nentry: [{condition: \"no event 'Opened' in 14 days\"}]\nstart: rest\nsteps:\n"
    text += "  rest: {kind: wait, for: {days: 3}, next: well}\n  well: {kind: exit, reason: well}\n"
    longer, days, kept = text.replace("days: 3", "days: 5"), Days(FIRST + 60, FIRST + 180), KeptBlock()
    otherwise = longer.replace("14 days", "20 days")
    alone = [simulate(read_journey(from_text(one)), days, ground(lake)) for one in (text, longer, otherwise)]
    known = replace(ground(lake), kept=kept.at("today"))
    first = simulate(read_journey(from_text(text)), days, known)
    closed = LakeReader(str(tmp_path))
    closed.close()
    unread = replace(ground(closed), kept=kept)
    assert [first, simulate(read_journey(from_text(longer)), days, unread)] == alone[:2]
    assert simulate(read_journey(from_text(otherwise)), days, known) == alone[2]
    moved = replace(unread, kept=kept.at("tomorrow"))
    with pytest.raises(duckdb.Error):
        simulate(read_journey(from_text(longer)), days, moved)


def test_the_state_of_a_lake_is_another_after_every_flush(lake: LakeReader, tmp_path: Path) -> None:
    before = lake.state()
    assert lake.state() == before
    LakeWriter(str(tmp_path)).flush(LakeBatch(2))
    assert lake.state() != before


def test_a_simulation_leaves_every_file_of_the_lake_as_it_was(lake: LakeReader, tmp_path: Path) -> None:
    before = digest(tmp_path)
    simulate(JOURNEY, Days(FIRST + 60, FIRST + 180), ground(lake))
    assert digest(tmp_path) == before


def digest(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
