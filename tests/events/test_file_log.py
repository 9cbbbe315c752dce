"""The file log on disks that fill, tear and rot."""

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.events.drivers import file_segments
from forestay.events.drivers.file import FileLog, FileLogReader
from forestay.events.drivers.file_format import HEADER_BYTES
from forestay.events.log import Codec, LogBusy, LogClosed, LogDamaged, LogFull, LogInUse

_BODIES = [b"a" * 5, b"", b"b" * 60, b"c" * 33]
_ENDS = [5 + 48, 5 + 2 * 48, 65 + 3 * 48, 98 + 4 * 48]


def _written(folder: Path, groups: list[list[bytes]]) -> Path:
    """A closed log with these group commits, and its one segment."""

    async def write() -> None:
        log = FileLog(folder)
        for group in groups:
            await asyncio.gather(*(log.append(1, Codec.SEGMENT, body) for body in group))
        log.close()

    asyncio.run(write())
    (segment,) = folder.glob("*.seg")
    return segment


def _bodies(folder: Path) -> list[bytes]:
    log = FileLog(folder)
    bodies = [record.body for record in log.read(0)]
    log.close()
    return bodies


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    _written(folder, [_BODIES])
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    def fresh() -> Path:
        """As after a loss of power: the segment, and a mark that was never written back."""
        folder = tmp_path_factory.mktemp("torn")
        shutil.copy(next(whole.glob("*.seg")), folder)
        return folder

    return fresh


@pytest.mark.parametrize("kept", range(_ENDS[-1] + 1))
def test_a_log_torn_at_any_byte_keeps_every_whole_record_and_goes_on(copy: Callable[[], Path], kept: int) -> None:
    folder = copy()
    os.truncate(next(folder.glob("*.seg")), kept)
    intact = _BODIES[: sum(end <= kept for end in _ENDS)]

    async def go_on() -> int:
        log = FileLog(folder)
        position = await log.append(1, Codec.SEGMENT, b"next")
        log.close()
        return position

    assert asyncio.run(go_on()) == len(intact) + 1
    assert _bodies(folder) == [*intact, b"next"]


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, _ENDS[-1] - 1), garbage=st.binary(min_size=1, max_size=80))
def test_a_last_group_with_any_bytes_wrong_is_a_torn_tail(
    whole: Path, tmp_path_factory, start: int, garbage: bytes
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    content = bytearray(next(whole.glob("*.seg")).read_bytes())
    content[start : start + len(garbage)] = garbage
    (folder / f"{1:020d}.seg").write_bytes(content)

    bodies = _bodies(folder)

    assert bodies == _BODIES[: len(bodies)]
    assert len(bodies) >= sum(end <= start for end in _ENDS)


@pytest.mark.parametrize("place", [0, 5, 20, HEADER_BYTES, HEADER_BYTES + 3])
def test_a_wrong_byte_before_an_acknowledged_group_is_reported_and_nothing_is_cut(tmp_path: Path, place: int) -> None:
    segment = _written(tmp_path, [[b"first"], [b"second"], [b"third"]])
    (tmp_path / "durable").unlink()
    content = bytearray(segment.read_bytes())
    content[place] ^= 0xFF
    segment.write_bytes(content)

    with pytest.raises(LogDamaged, match=r"record 1 .* byte 0 .*backup"):
        FileLog(tmp_path)
    assert segment.read_bytes() == content


def test_a_wrong_byte_in_the_last_group_is_reported_when_the_mark_knows_it_was_acknowledged(tmp_path: Path) -> None:
    segment = _written(tmp_path, [[b"only"]])
    segment.write_bytes(segment.read_bytes()[:-1])

    with pytest.raises(LogDamaged, match="record 1 "):
        FileLog(tmp_path)


def test_a_log_whose_segments_are_gone_does_not_start_again_at_one(tmp_path: Path) -> None:
    _written(tmp_path, [[b"only"]]).unlink()

    with pytest.raises(LogDamaged, match="all segments are gone"):
        FileLog(tmp_path)


def test_a_reader_reports_a_record_that_rotted_and_does_not_skip_it(tmp_path: Path) -> None:
    segment = _written(tmp_path, [[b"first"], [b"second"], [b"third"]])
    content = bytearray(segment.read_bytes())
    content[content.index(b"second")] ^= 1
    segment.write_bytes(content)
    reader = FileLogReader(tmp_path)

    with pytest.raises(LogDamaged, match="record 2 "):
        reader.read(0)
    reader.close()


def test_a_record_that_a_body_only_quotes_proves_nothing(tmp_path: Path) -> None:
    inner = _written(tmp_path / "inner", [[b"x"], [b"y"], [b"z"]]).read_bytes()
    segment = _written(tmp_path / "outer", [[b"before", inner]])
    content = segment.read_bytes()
    (tmp_path / "outer" / "durable").unlink()
    segment.write_bytes(content[:-1])

    assert _bodies(tmp_path / "outer") == [b"before"]


async def test_a_second_writer_is_refused_and_told_who_holds_the_log(tmp_path: Path) -> None:
    log = FileLog(tmp_path)

    with pytest.raises(LogInUse, match=str(os.getpid())):
        FileLog(tmp_path)
    log.close()
    FileLog(tmp_path).close()


class _Disk:
    """A disk that can hold so many more bytes; a write that does not fit is cut short, the next one fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 1_000_000
        self._pwritev, self._pwrite = os.pwritev, os.pwrite
        monkeypatch.setattr(file_segments.os, "pwritev", self.pwritev)
        monkeypatch.setattr(file_segments.os, "pwrite", self.pwrite)

    def pwritev(self, descriptor: int, buffers: list[bytes], offset: int, flags: int) -> int:
        return self.pwrite(descriptor, b"".join(buffers), offset)

    def pwrite(self, descriptor: int, content: bytes, offset: int) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "no space left on device")
        written = self._pwrite(descriptor, content[: self.room], offset)
        self.room -= written
        return written


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> _Disk:
    return _Disk(monkeypatch)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FileLog]:
    log = FileLog(tmp_path, segment_bytes=2_000)
    yield log
    log.close()


@pytest.mark.parametrize("room", [0, 1, 47, 48, 60, 149])
async def test_a_full_disk_refuses_everybody_who_waits_and_loses_nothing(log: FileLog, disk: _Disk, room: int) -> None:
    await log.append(1, Codec.SEGMENT, b"before")
    disk.room = room

    answers = await asyncio.gather(
        *(log.append(1, Codec.SEGMENT, b"lost" * 25) for _ in range(5)), return_exceptions=True
    )

    assert {type(answer) for answer in answers} == {LogFull}
    assert (log.last_position(), [record.body for record in log.read(0)]) == (1, [b"before"])


async def test_a_log_that_was_full_goes_on_when_there_is_room_again(log: FileLog, disk: _Disk, tmp_path: Path) -> None:
    await log.append(1, Codec.SEGMENT, b"before")
    disk.room = 20
    with pytest.raises(LogFull):
        await log.append(1, Codec.SEGMENT, b"refused")
    disk.room = 1_000_000

    assert await log.append(1, Codec.SEGMENT, b"after") == 2
    log.close()
    assert _bodies(tmp_path) == [b"before", b"after"]


async def test_a_failed_sync_takes_the_group_back(
    log: FileLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object) -> int:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(file_segments, "write_durably", fails)
        with pytest.raises(LogFull):
            await log.append(1, Codec.SEGMENT, b"refused")

    assert await log.append(1, Codec.SEGMENT, b"after") == 1
    log.close()
    assert _bodies(tmp_path) == [b"after"]


async def test_a_disk_that_cannot_even_take_back_refuses_until_it_can(
    log: FileLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(file_segments, "write_durably", fails)
        broken.setattr(file_segments.os, "ftruncate", fails)
        for _ in range(2):
            with pytest.raises(LogFull):
                await log.append(1, Codec.SEGMENT, b"refused")

    assert await log.append(1, Codec.SEGMENT, b"after") == 1
    assert [record.body for record in log.read(0)] == [b"after"]


async def test_no_room_for_a_new_segment_is_a_full_log_too(log: FileLog, monkeypatch: pytest.MonkeyPatch) -> None:
    await log.append(1, Codec.SEGMENT, b"x" * 3_000)

    def fails(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(file_segments, "make_folder_durable", fails)
        with pytest.raises(LogFull):
            await log.append(1, Codec.SEGMENT, b"refused")

    assert await log.append(1, Codec.SEGMENT, b"after") == 2
    assert [len(record.body) for record in log.read(0)] == [3_000, 5]


async def test_a_disk_that_stands_still_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    write = file_segments.write_durably

    def waits(descriptor: int, frames: list[bytes], offset: int) -> int:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return write(descriptor, frames, offset)

    log = FileLog(tmp_path, waiting_limit_bytes=1_000)
    monkeypatch.setattr(file_segments, "write_durably", waits)
    waiting = [asyncio.ensure_future(log.append(1, Codec.SEGMENT, b"x" * 400)) for _ in range(5)]
    await asyncio.sleep(0)
    go_on.set()

    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[:2] == [1, 2]
    assert isinstance(answers[-1], LogBusy)
    log.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_fault_nobody_foresaw_is_told_to_everybody_who_waits(
    log: FileLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise SystemExit  # ends the log's thread, as an unforeseen fault would

    monkeypatch.setattr(file_segments, "write_durably", breaks)

    with pytest.raises(LogClosed):
        await log.append(1, Codec.SEGMENT, b"x")
    with pytest.raises(LogClosed):
        await log.append(1, Codec.SEGMENT, b"y")


async def test_a_dead_reader_is_forgotten_by_the_bell(log: FileLog, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run" / "99999-dead.bell")

    await log.append(1, Codec.SEGMENT, b"x")

    assert not (tmp_path / "run" / "99999-dead.bell").exists()
