"""Hashes of message ids, a column at a time: XXH3 (64 bits) of each text.

Gives : hashes_of(), hashes_of_column(), Hashes
Source: the XXH3 algorithm as its author published it (github.com/Cyan4973/xxHash, doc/xxhash_spec.md); seed 0, the
        published secret. Equal to the xxhash package for every text, which stays in charge of lengths that ids
        seldom have.

An imported row's key is 17 to 128 bytes long almost always (a UUID, or a file's hash and a row's number), other ids 4
to 16: those lengths are computed with numpy for all rows at once, several times faster and without holding the
interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import xxhash

from forestay.sources.columns import Hashes, Int64s

_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
)
_KEYS = np.frombuffer(_SECRET, "<u8")
_PRIME = np.uint64(0x9E3779B185EBCA87)
_MIX = np.uint64(0x165667919E3779F9)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_MIX_SHORTEST = np.uint64(0x9FB21C651E98DF25)
_SHORTEST, _HALF_SHORT, _SHORT, _LONGEST = 4, 8, 16, 128
_BLOCK = 16_384
"""Rows at a time, so that every step finds the last one's result in the processor's cache."""


def hashes_of(ids: Iterable[str]) -> Hashes:
    """xxh3 (64 bits) of each id. With 1e9 ids in the window two differ but collide with a chance of 3 %."""
    digest = xxhash.xxh3_64_intdigest
    return np.array([digest(text.encode()) for text in ids], np.uint64)


def hashes_of_column(ids: pa.StringArray) -> Hashes:
    """The same of a column without nulls; uint64 (n,)."""
    bounds = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1].astype(np.int64)
    texts = _Texts(ids.buffers()[2], bounds)
    hashes = np.empty(len(ids), np.uint64)
    for low in range(0, len(ids), _BLOCK):
        _hash_block(ids, texts, low, hashes[low : low + _BLOCK])
    return hashes


class _Texts:
    """Bytes of a column of texts, read eight at a time from any place."""

    def __init__(self, data: pa.Buffer | None, bounds: Int64s) -> None:
        self.starts, self.sizes = bounds[:-1], np.diff(bounds)
        first, end = (int(bounds[0]), int(bounds[-1])) if len(bounds) else (0, 0)
        self.starts = self.starts - first
        room = np.zeros((end - first) // 8 * 8 + 16, np.uint8)
        if data is not None:
            room[: end - first] = np.frombuffer(data, np.uint8)[first:end]
        self._words = room.view("<u8")

    def read(self, places: Int64s) -> Hashes:
        """The 64 bits that begin at byte places (n,), the first byte lowest."""
        word = places >> 3
        bit = ((places & 7) << 3).astype(np.uint64)
        upper = (self._words[word + 1] << (np.uint64(63) - bit)) << np.uint64(1)
        read: Hashes = (self._words[word] >> bit) | upper
        return read


def _hash_block(ids: pa.StringArray, texts: _Texts, low: int, out: Hashes) -> None:
    sizes = texts.sizes[low : low + len(out)]
    shortest = np.flatnonzero((sizes >= _SHORTEST) & (sizes <= _HALF_SHORT))
    if len(shortest):
        out[shortest] = _shortest(texts, texts.starts[low + shortest], sizes[shortest])
    short = np.flatnonzero((sizes > _HALF_SHORT) & (sizes <= _SHORT))
    if len(short):
        out[short] = _short(texts, texts.starts[low + short], sizes[short])
    for steps in range(1, 5):  # 17-32, 33-64, 65-96 and 97-128 bytes
        least, most = max(_SHORT, 32 * (steps - 1)), 32 * steps
        here = np.flatnonzero((sizes > least) & (sizes <= most))
        if len(here):
            out[here] = _middle(texts, texts.starts[low + here], sizes[here], steps)
    other = np.flatnonzero((sizes < _SHORTEST) | (sizes > _LONGEST))
    if len(other):
        out[other] = hashes_of(ids.take(pa.array(other + low)).to_pylist())


def _shortest(texts: _Texts, starts: Int64s, sizes: Int64s) -> Hashes:
    """4 to 8 bytes: the first four and the last four."""
    first, last = texts.read(starts) & _LOW, texts.read(starts + sizes - 4) & _LOW
    mixed = ((first << _HALF) + last) ^ (_KEYS[1] ^ _KEYS[2])
    mixed = (mixed ^ _turned(mixed, 49) ^ _turned(mixed, 24)) * _MIX_SHORTEST
    mixed = (mixed ^ ((mixed >> np.uint64(35)) + sizes.astype(np.uint64))) * _MIX_SHORTEST
    spread: Hashes = mixed ^ (mixed >> np.uint64(28))
    return spread


def _turned(bits: Hashes, by: int) -> Hashes:
    turned: Hashes = (bits << np.uint64(by)) | (bits >> np.uint64(64 - by))
    return turned


def _short(texts: _Texts, starts: Int64s, sizes: Int64s) -> Hashes:
    """9 to 16 bytes: the first eight and the last eight."""
    first = texts.read(starts) ^ (_KEYS[3] ^ _KEYS[4])
    last = texts.read(starts + sizes - 8) ^ (_KEYS[5] ^ _KEYS[6])
    return _avalanche(sizes.astype(np.uint64) + first.byteswap() + last + _folded(first, last))


def _middle(texts: _Texts, starts: Int64s, sizes: Int64s, steps: int) -> Hashes:
    """17 to 128 bytes: sixteen from the front and sixteen from the end, `steps` times towards the middle."""
    total = sizes.astype(np.uint64) * _PRIME
    for step in range(steps):
        for place, key in ((starts + 16 * step, 4 * step), (starts + sizes - 16 * (step + 1), 4 * step + 2)):
            total += _folded(texts.read(place) ^ _KEYS[key], texts.read(place + 8) ^ _KEYS[key + 1])
    return _avalanche(total)


def _folded(one: Hashes, other: Hashes) -> Hashes:
    """The halves of the 128-bit product, one upon the other."""
    low_one, high_one, low_other, high_other = one & _LOW, one >> _HALF, other & _LOW, other >> _HALF
    low, left = low_one * low_other, high_one * low_other
    cross = (low >> _HALF) + (left & _LOW) + low_one * high_other
    upper = (left >> _HALF) + (cross >> _HALF) + high_one * high_other
    folded: Hashes = np.bitwise_xor(upper, (cross << _HALF) | (low & _LOW))
    return folded


def _avalanche(total: Hashes) -> Hashes:
    mixed = (total ^ (total >> np.uint64(37))) * _MIX
    spread: Hashes = mixed ^ (mixed >> _HALF)
    return spread
