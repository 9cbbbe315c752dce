"""Bounds on what strangers send."""

import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.kit.limits import Gunzip, NotGzip, TokenBucket, TooMuch, gathered


async def _chunks(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=400), size=st.integers(1, 50), parts=st.integers(1, 3))
async def test_a_packed_body_comes_out_whole_however_it_is_cut(body: bytes, size: int, parts: int) -> None:
    packed = gzip.compress(body) * parts

    assert await gathered(_chunks(packed, size), 5_000, is_gzip=True) == body * parts


async def test_zlib_is_understood_too() -> None:
    assert await gathered(_chunks(zlib.compress(b"hello"), 3), 100, is_gzip=True) == b"hello"


@pytest.mark.parametrize(("length", "limit"), [(101, 100), (10_000_000, 500_000)])
async def test_a_body_that_is_too_long_once_unpacked_is_refused(length: int, limit: int) -> None:
    with pytest.raises(TooMuch):
        await gathered(_chunks(gzip.compress(bytes(length)), 64), limit, is_gzip=True)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000), 1), 1)
    inner = Gunzip(1_000)

    with pytest.raises(TooMuch):
        inner.feed(gzip.decompress(bomb))
    assert inner._length == 1_001


async def test_a_body_that_just_fits_passes() -> None:
    assert len(await gathered(_chunks(gzip.compress(bytes(100)), 7), 100, is_gzip=True)) == 100
    assert len(await gathered(_chunks(bytes(100), 7), 100)) == 100


async def test_a_plain_body_is_refused_as_soon_as_it_is_too_long() -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(10)

    with pytest.raises(TooMuch):
        await gathered(endless(), 95)
    assert asked == 10


@pytest.mark.parametrize("body", [b"", b"{}", b"\x1f\x8b\x08nonsense", gzip.compress(b"hello", mtime=0)[:-3]])
async def test_what_is_not_gzip_or_breaks_off_is_said_so(body: bytes) -> None:
    with pytest.raises(NotGzip):
        await gathered(_chunks(body, 10), 100, is_gzip=True)


def test_a_bucket_lets_through_what_it_holds_and_says_when_the_rest_may_come() -> None:
    now = 0.0
    bucket = TokenBucket(100, lambda: now)

    assert bucket.take(100) == 0
    assert bucket.take(50) == 0.5
    now = 0.5
    assert bucket.take(50) == 0


def test_more_than_a_second_holds_passes_once_and_is_paid_off_later() -> None:
    now = 0.0
    bucket = TokenBucket(100, lambda: now)

    assert bucket.take(300) == 0
    assert bucket.take(1) == pytest.approx(2.01)


def test_a_clock_that_steps_back_takes_no_tokens_away() -> None:
    now = 10.0
    bucket = TokenBucket(100, lambda: now)
    now = 5.0

    assert bucket.take(100) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 100)), max_size=40))
def test_never_more_than_the_rate_and_one_seconds_worth_passes(asked: list[tuple[float, int]]) -> None:
    now, passed = 0.0, 0
    bucket = TokenBucket(100, lambda: now)
    for pause, amount in asked:
        now += pause
        passed += amount * (bucket.take(amount) == 0)

    assert passed <= 100 + 100 * now + 1e-6
