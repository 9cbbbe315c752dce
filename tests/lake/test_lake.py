"""What the lake promises: every row once, whatever stops in the middle."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from forestay.lake.batch import ADOPTED, LakeBatch
from forestay.lake.compaction import compact
from forestay.lake.engine import DeltaFolder
from forestay.lake.reads import Chosen, LakeReader
from forestay.lake.tables import ACCOUNT_EVENT_DAY, EVENTS, RECORDS, LakeTable, conform
from forestay.lake.writer import LakeWriter

DAY = 20_000
ACCOUNT, USER = 7, 3


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "a=b's lake")


@pytest.fixture
def reader(root: str) -> Iterator[LakeReader]:
    LakeWriter(root)
    lake = LakeReader(root, memory_mb=256)
    yield lake
    lake.close()


def message(position: int, event: str = "Report Run", day: int = DAY, **other: object) -> dict[str, object]:
    at = day * 86_400_000_000
    row = {"workspace_id": 1, "day": day, "at": at, "received_at": at, "position": position, "part": 0, "weight": 1}
    return row | {"message_id": f"m{position}", "account": ACCOUNT, "user": USER, "event": event} | other


def batch(up_to: int, *messages: dict[str, object], **other: pa.Table) -> LakeBatch:
    return LakeBatch(up_to, events=pa.Table.from_pylist(list(messages), schema=_loose(EVENTS)), **other)


def _loose(table: LakeTable) -> pa.Schema:
    """Days and moments as the numbers in which the tick has them."""
    plain = {pa.date32(): pa.int32(), pa.timestamp("us", tz="UTC"): pa.int64()}
    return pa.schema([(field.name, plain.get(field.type, field.type)) for field in table.schema])


def events_of(reader: LakeReader, *accounts: int) -> list[int]:
    """Events by place over all days, from the rollup."""
    sums = np.zeros(len(accounts), np.int64)
    for counts in reader.totals(Chosen(1, np.array(accounts)), DAY - 500, DAY + 500):
        np.add.at(sums, counts.place, counts.events)
    return sums.tolist()


def test_a_batch_flushed_twice_stands_once(root: str, reader: LakeReader) -> None:
    LakeWriter(root).flush(batch(2, message(1), message(2)))
    LakeWriter(root).flush(batch(3, message(1), message(2), message(3)))
    assert (events_of(reader, ACCOUNT), reader.events(1, ACCOUNT, DAY, DAY).num_rows) == ([3], 3)


def test_a_crash_between_two_tables_loses_and_doubles_nothing(
    root: str, reader: LakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = DeltaFolder.append

    def dies_at_the_rollup(folder: DeltaFolder, table: LakeTable, *rest: object) -> None:
        assert table is not ACCOUNT_EVENT_DAY, "kill -9"
        append(folder, table, *rest)

    writer = LakeWriter(root)
    with monkeypatch.context() as patch:
        patch.setattr(DeltaFolder, "append", dies_at_the_rollup)
        with pytest.raises(AssertionError, match="kill -9"):
            writer.flush(batch(2, message(1), message(2)))
    again = LakeWriter(root)
    assert (again.positions()["events"], again.position()) == (2, 0)
    again.flush(batch(3, message(1), message(2), message(3)))
    assert (events_of(reader, ACCOUNT), reader.events(1, ACCOUNT, DAY, DAY).num_rows) == ([3], 3)


def test_compaction_leaves_every_sum_and_the_positions_alone(root: str, reader: LakeReader) -> None:
    writer = LakeWriter(root)
    for position in range(1, 6):
        writer.flush(batch(position, message(position, day=DAY - 40 * position)))
    before = events_of(reader, ACCOUNT)
    compact(root)
    assert (events_of(reader, ACCOUNT), LakeWriter(root).position()) == (before, 5)


def test_an_append_during_compaction_is_not_lost(
    root: str, reader: LakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LakeWriter(root)
    writer.flush(batch(1, message(1)))
    writer.flush(batch(2, message(2)))
    rewrite, waiting = DeltaFolder.rewrite, [batch(3, message(3))]

    def rewrite_after_an_append(folder: DeltaFolder, *rest: object) -> None:
        for late in waiting[:]:
            waiting.remove(late)
            writer.flush(late)
        rewrite(folder, *rest)

    monkeypatch.setattr(DeltaFolder, "rewrite", rewrite_after_an_append)
    compact(root)
    assert (events_of(reader, ACCOUNT), reader.events(1, ACCOUNT, DAY, DAY).num_rows) == ([3], 3)


def test_a_message_that_came_again_after_a_month_counts_once_after_the_night(root: str, reader: LakeReader) -> None:
    writer = LakeWriter(root)
    writer.flush(batch(1, message(1)))
    writer.flush(batch(9, message(9, message_id="m1")))
    assert compact(root).duplicates == 1
    assert (events_of(reader, ACCOUNT), reader.events(1, ACCOUNT, DAY, DAY).num_rows) == ([1], 1)


def test_a_night_that_stopped_half_way_corrects_nothing_twice(
    root: str, reader: LakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LakeWriter(root)
    writer.flush(batch(1, message(1)))
    writer.flush(batch(9, message(9, message_id="m1")))

    def dies(*rest: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DeltaFolder, "rewrite", dies)
        with pytest.raises(KeyboardInterrupt):
            compact(root)
    compact(root)
    assert events_of(reader, ACCOUNT) == [1]


def test_messages_without_an_id_are_never_taken_for_copies(root: str, reader: LakeReader) -> None:
    writer = LakeWriter(root)
    writer.flush(batch(1, message(1, message_id=None)))
    writer.flush(batch(2, message(2, message_id=None)))
    compact(root)
    assert events_of(reader, ACCOUNT) == [2]


def test_a_merged_account_is_read_under_the_one_that_stayed(root: str, reader: LakeReader) -> None:
    joins = pa.table({"workspace_id": [1], "kind": ["account"], "gone": [ACCOUNT], "into": [8], "position": [2]})
    LakeWriter(root).flush(batch(2, message(1), joins=joins))
    assert (events_of(reader, ACCOUNT, 8), reader.accounts(1, DAY, DAY).tolist()) == ([0, 1], [8])


def test_events_from_before_the_account_was_known_count_when_they_are_adopted(root: str, reader: LakeReader) -> None:
    adopted = pa.Table.from_pylist(
        [{"workspace_id": 1, "account": 8, "user": USER, "event": "Report Run", "weight": 1, "position": 2}],
        schema=ADOPTED,
    ).set_column(4, "day", pa.array([DAY], pa.int32()))
    LakeWriter(root).flush(batch(2, message(1, account=None), adopted=adopted))
    assert events_of(reader, 8) == [1]


def test_calls_that_are_no_product_events_stay_out_of_the_rollups(root: str, reader: LakeReader) -> None:
    LakeWriter(root).flush(batch(1, message(1, type="identify", event=None, weight=0)))
    assert events_of(reader, ACCOUNT) == [0]


def test_one_workspace_never_sees_the_events_of_another(root: str, reader: LakeReader) -> None:
    LakeWriter(root).flush(batch(2, message(1), message(2, workspace_id=2)))
    assert (events_of(reader, ACCOUNT), reader.event_names(1, DAY, DAY)) == ([1], {"Report Run": 1})


def test_only_days_asked_for_are_read(root: str, reader: LakeReader) -> None:
    LakeWriter(root).flush(batch(2, message(1, day=DAY - 30), message(2)))
    days = [c.day.tolist() for c in reader.totals(Chosen(1, np.array([ACCOUNT])), DAY - 3, DAY)]
    assert (days, reader.events(1, ACCOUNT, DAY - 3, DAY).num_rows) == ([[DAY]], 1)


def test_a_name_with_quotes_is_a_name(root: str, reader: LakeReader) -> None:
    LakeWriter(root).flush(batch(1, message(1, event="Robert'); DROP TABLE")))
    chosen = Chosen(1, np.array([ACCOUNT]))
    found = [c.code.tolist() for c in reader.counts(chosen, ["Robert'); DROP TABLE"], DAY, DAY, others=False)]
    assert found == [[1]]


def test_every_version_of_a_record_is_kept(root: str) -> None:
    versions = [{"workspace_id": 1, "kind": "tickets", "key": "t1", "position": n, "body": f"{n}"} for n in (1, 2)]
    LakeWriter(root).flush(LakeBatch(2, records=pa.Table.from_pylist(versions)))
    kept = DeltaFolder(root).open(RECORDS).to_pyarrow_dataset().to_table().sort_by("position")
    assert kept.column("body").to_pylist() == ["1", "2"]


def test_missing_columns_are_null_and_strange_ones_dropped() -> None:
    rows = conform(pa.table({"workspace_id": [1], "shoe_size": [44]}), EVENTS)
    assert (rows.schema, rows.column("message_id").null_count) == (EVENTS.schema, 1)


def test_a_correction_that_waits_for_the_night_makes_no_count_negative(root: str, reader: LakeReader) -> None:
    writer = LakeWriter(root)
    writer.flush(batch(1, message(1), message(1, part=1, message_id="n")))
    taken_out = pa.Table.from_pylist([{"workspace_id": 1, "month": 202410, "account": ACCOUNT, "event": "Report Run"}])
    rows = taken_out.append_column("day", pa.array([DAY], pa.int32())).append_column("events", pa.array([-1]))
    DeltaFolder(root).append(ACCOUNT_EVENT_DAY, conform(rows, ACCOUNT_EVENT_DAY), 1, "duplicates:2024-10-04")
    counts = list(reader.counts(Chosen(1, np.array([ACCOUNT])), ["Report Run"], DAY, DAY))
    assert [c.events.tolist() for c in counts] == [[1]]


def test_copies_are_counted_for_the_workspace_they_came_to(root: str) -> None:
    writer = LakeWriter(root)
    for position in (1, 4, 7):
        theirs = [
            message(position + n, message_id="m", workspace_id=workspace) for n, workspace in enumerate((1, 2, 2))
        ]
        writer.flush(batch(position + 2, *theirs))
    night = compact(root, memory_mb=256)
    assert (night.duplicates_of, night.duplicates) == ({1: 2, 2: 5}, 7)
    assert compact(root, memory_mb=256).duplicates_of == {}
