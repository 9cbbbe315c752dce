"""What every event log owes those who write to it and those who read from it, whichever driver keeps it."""

import asyncio
import itertools
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forestay.events.log import Codec, EventLog, LogClosed, LogForgotten, LogReader
from tests.events.drivers import DRIVERS, Driver


@pytest.fixture(params=DRIVERS, ids=lambda driver: driver.name)
def driver(request: pytest.FixtureRequest) -> Driver:
    return request.param


@pytest.fixture
def log(driver: Driver, tmp_path: Path) -> Iterator[EventLog]:
    log = driver.writer(tmp_path)
    yield log
    log.close()


@pytest.fixture
def reader(driver: Driver, log: EventLog, tmp_path: Path) -> Iterator[LogReader]:
    reader = driver.reader(tmp_path)
    yield reader
    reader.close()


async def _fill(log: EventLog, count: int, size: int = 100) -> list[int]:
    bodies = [f"{n}:".encode().ljust(size, b".") for n in range(count)]
    waves = [bodies[start : start + 10] for start in range(0, count, 10)]
    done = [await asyncio.gather(*(log.append(7, Codec.SEGMENT, body) for body in wave)) for wave in waves]
    return list(itertools.chain.from_iterable(done))


def _positions(log: LogReader, after: int = 0) -> list[int]:
    seen: list[int] = []
    while some := log.read(after, limit_bytes=500):
        seen += [record.position for record in some]
        after = seen[-1]
    return seen


async def test_a_body_comes_back_whole_with_its_workspace_and_codec(log: EventLog, reader: LogReader) -> None:
    position = await log.append(42, Codec.ARROW, b"\x00\xff body")

    (record,) = reader.read(0)

    assert (record.position, record.workspace_id, record.codec, record.body) == (
        position,
        42,
        Codec.ARROW,
        b"\x00\xff body",
    )


async def test_positions_are_dense_and_in_the_order_of_appending(log: EventLog, reader: LogReader) -> None:
    assert await _fill(log, 100) == list(range(1, 101))
    assert _positions(reader) == list(range(1, 101))
    assert [record.body[:2] for record in reader.read(9, 1)] == [b"9:"]


async def test_reading_may_begin_anywhere_and_jump_back(log: EventLog, reader: LogReader) -> None:
    await _fill(log, 100)

    assert [_positions(reader, after)[:1] for after in (50, 3, 99, 0, 98)] == [[51], [4], [100], [1], [99]]


async def test_an_empty_log_has_nothing_and_says_so(log: EventLog, reader: LogReader) -> None:
    assert (reader.read(0), reader.last_position(), reader.first_position()) == ([], 0, 1)


async def test_reading_past_the_end_gives_nothing(log: EventLog, reader: LogReader) -> None:
    await _fill(log, 3)

    assert reader.read(3) == [] == reader.read(1_000)


async def test_a_body_larger_than_the_reading_limit_still_comes(log: EventLog, reader: LogReader) -> None:
    await log.append(1, Codec.SEGMENT, b"x" * 300_000)
    await log.append(1, Codec.SEGMENT, b"y")

    assert [len(record.body) for record in reader.read(0, limit_bytes=10)] == [300_000]
    assert [record.body for record in reader.read(1, limit_bytes=10)] == [b"y"]


async def test_an_empty_body_is_a_body(log: EventLog, reader: LogReader) -> None:
    await log.append(1, Codec.CONTROL, b"")

    assert [record.body for record in reader.read(0)] == [b""]


async def test_several_readers_read_at_their_own_pace(driver: Driver, log: EventLog, tmp_path: Path) -> None:
    await _fill(log, 50)
    slow, fast = driver.reader(tmp_path), driver.reader(tmp_path)

    assert (_positions(fast)[-1], slow.read(0, 1)[0].position, slow.read(1, 1)[0].position) == (50, 1, 2)
    slow.close()
    fast.close()


async def test_a_reader_that_comes_before_the_writer_sees_its_first_body(driver: Driver, tmp_path: Path) -> None:
    reader = driver.reader(tmp_path)
    assert not reader.wait(0, 0.01)
    log = driver.writer(tmp_path)

    await log.append(1, Codec.SEGMENT, b"first")

    assert reader.wait(0, 10)
    assert [record.body for record in reader.read(0)] == [b"first"]
    reader.close()
    log.close()


async def test_retention_drops_whole_segments_and_keeps_what_is_still_needed(log: EventLog, reader: LogReader) -> None:
    await _fill(log, 100)

    first = log.forget(60)

    assert 1 < first <= 61
    assert (reader.first_position(), _positions(reader, first - 1)) == (first, list(range(first, 101)))


async def test_retention_by_time_drops_what_is_old_and_nothing_that_is_not(driver: Driver, tmp_path: Path) -> None:
    moment = 1_000
    log = driver.writer(tmp_path, micros_now=lambda: moment)
    for moment in range(1_000, 1_100):  # noqa: B007
        await log.append(1, Codec.SEGMENT, b"x" * 100)

    old = log.position_before(1_060)
    log.forget(old)

    assert 30 < old <= 60
    assert (log.position_before(0), log.position_before(1_100)) == (log.first_position() - 1, 100)
    assert min(record.received_at for record in log.read(log.first_position() - 1)) <= 1_060
    log.close()


async def test_a_quiet_log_is_not_held_up_by_one_segment_that_never_fills(driver: Driver, tmp_path: Path) -> None:
    days = [day * 86_400_000_000 for day in range(1, 11)]
    times = iter(days)
    log = driver.writer(tmp_path, micros_now=lambda: next(times))
    for _ in days:
        await log.append(1, Codec.SEGMENT, b"x")

    assert log.forget(log.position_before(days[7])) == 7
    log.close()


async def test_an_empty_log_has_nothing_to_forget(log: EventLog, reader: LogReader) -> None:
    assert (reader.position_before(2**60), log.forget(0)) == (0, 1)


async def test_a_reader_that_lags_behind_retention_is_told_and_not_served_a_gap(
    log: EventLog, reader: LogReader
) -> None:
    await _fill(log, 100)
    log.forget(60)

    with pytest.raises(LogForgotten, match="no longer kept"):
        reader.read(0)


async def test_a_log_that_was_forgotten_whole_goes_on_counting(driver: Driver, log: EventLog, tmp_path: Path) -> None:
    await _fill(log, 10)
    assert log.forget(10) == 11
    log.close()

    again = driver.writer(tmp_path)

    assert (again.last_position(), again.first_position(), again.read(10)) == (10, 11, [])
    assert await again.append(1, Codec.SEGMENT, b"next") == 11
    again.close()


async def test_a_waiting_reader_wakes_when_a_body_is_durable(log: EventLog, reader: LogReader) -> None:
    woke = asyncio.create_task(asyncio.to_thread(reader.wait, 0, 30))
    await asyncio.sleep(0)

    await log.append(1, Codec.SEGMENT, b"x")

    assert await woke


def _wait_for(name: str, folder: Path, after: int, results: "multiprocessing.Queue[bool]") -> None:
    reader = next(one for one in DRIVERS if one.name == name).reader(folder)
    results.put(False)
    results.put(reader.wait(after, 60))


async def test_a_reader_in_another_process_wakes_too(driver: Driver, log: EventLog, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[bool] = spawn.Queue()
    process = spawn.Process(target=_wait_for, args=(driver.name, tmp_path, 0, results))
    process.start()
    await asyncio.to_thread(results.get, timeout=60)

    await log.append(1, Codec.SEGMENT, b"x")

    assert await asyncio.to_thread(results.get, timeout=60)
    process.join()


async def test_closing_a_reader_ends_its_wait(reader: LogReader) -> None:
    woke = asyncio.create_task(asyncio.to_thread(reader.wait, 0, 600))
    await asyncio.sleep(0)

    reader.close()

    assert not await woke


async def test_the_time_of_receipt_never_goes_back_when_the_clock_does(driver: Driver, tmp_path: Path) -> None:
    times = iter([5_000, 3_000, 6_000])
    log = driver.writer(tmp_path, micros_now=lambda: next(times))
    for _ in range(3):
        await log.append(1, Codec.SEGMENT, b"x")

    assert [record.received_at for record in log.read(0)] == [5_000, 5_000, 6_000]
    log.close()


async def test_nor_when_the_clock_went_back_while_the_server_was_down(driver: Driver, tmp_path: Path) -> None:
    log = driver.writer(tmp_path, micros_now=lambda: 5_000)
    await log.append(1, Codec.SEGMENT, b"x")
    log.close()

    log = driver.writer(tmp_path, micros_now=lambda: 10)
    await log.append(1, Codec.SEGMENT, b"y")

    assert [record.received_at for record in log.read(0)] == [5_000, 5_000]
    log.close()


async def test_closing_keeps_what_was_waiting(driver: Driver, tmp_path: Path) -> None:
    log = driver.writer(tmp_path)
    waiting = [asyncio.ensure_future(log.append(1, Codec.SEGMENT, b"x")) for _ in range(20)]
    await asyncio.sleep(0)

    log.close()

    assert await asyncio.gather(*waiting) == list(range(1, 21))


async def test_a_closed_log_refuses_and_says_that_a_retry_helps(log: EventLog) -> None:
    log.close()
    log.close()

    with pytest.raises(LogClosed) as refusal:
        await log.append(1, Codec.SEGMENT, b"x")
    assert refusal.value.retryable


async def test_a_sender_that_hung_up_does_not_disturb_the_others(log: EventLog) -> None:
    gone = asyncio.ensure_future(log.append(1, Codec.SEGMENT, b"gone"))
    stays = asyncio.ensure_future(log.append(1, Codec.SEGMENT, b"stays"))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == 2


def test_bodies_may_come_from_several_event_loops(log: EventLog) -> None:
    counts: list[list[int]] = []
    threads = [threading.Thread(target=lambda: counts.append(asyncio.run(_fill(log, 50)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(itertools.chain.from_iterable(counts)) == list(range(1, 201)) == _positions(log)


@pytest.mark.chaos
@pytest.mark.parametrize("acknowledged", [1, 40, 333])
def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(
    driver: Driver, tmp_path: Path, acknowledged: int
) -> None:
    command = [sys.executable, "-m", "tests.events.writing_process", driver.name, str(tmp_path)]
    seen: dict[int, bytes] = {}
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(acknowledged)]
            process.kill()
            lines += process.stdout.readlines()
        whole = [line.split() for line in lines if line.endswith(b"\n")]
        seen |= {int(position): body for position, body in whole}

    log = driver.writer(tmp_path)
    after, kept = 0, {}
    while some := log.read(after):
        kept |= {record.position: record.body for record in some}
        after = some[-1].position
    log.close()

    assert len(seen) >= 3 * acknowledged
    assert kept | seen == kept
