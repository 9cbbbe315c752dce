"""Sticky buckets: which share of accounts a holdout or an arm of a test takes, the same answer forever.

Reads : a key (an account's number or a text) and a salt (the experiment's name)
Gives : bucket(), buckets()
Source: XXH64 (Yann Collet), its 8-byte case written out in numpy so that a column of numbers costs one pass;
        tests hold it equal to the xxhash library.

A bucket is a number in [0, 1); a holdout of 10 % takes everything below 0.1. Changing the share only moves
the keys between the old and the new share.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xxhash

_P1, _P2, _P3 = np.uint64(11400714785074694791), np.uint64(14029467366897019727), np.uint64(1609587929392839161)
_P4, _P5 = np.uint64(9650029242287828579), np.uint64(2870177450012600261)
_STEPS = 1 << 53  # a float64 holds 53 bits exactly, so the top step stays below 1


def bucket(key: int | str, salt: str) -> float:
    """Where this key falls in [0, 1). A number falls where `buckets` puts it.

    >>> bool(bucket(7, "holdout") == buckets(np.array([7]), "holdout")[0])
    True
    """
    raw = key.to_bytes(8, "little", signed=True) if isinstance(key, int) else key.encode()
    return (int(xxhash.xxh64_intdigest(raw, seed=_seed(salt))) >> 11) / _STEPS


def buckets(keys: npt.NDArray[np.int64], salt: str) -> npt.NDArray[np.float64]:
    """keys: int64 (n,); gives float64 (n,) in [0, 1)."""
    with np.errstate(over="ignore"):
        mixed = _xxh64(keys.astype(np.int64).view(np.uint64), np.uint64(_seed(salt)))
    return (mixed >> np.uint64(11)).astype(np.float64) / _STEPS


def _seed(salt: str) -> int:
    return int(xxhash.xxh64_intdigest(salt.encode()))


def _xxh64(keys: npt.NDArray[np.uint64], seed: np.uint64) -> npt.NDArray[np.uint64]:
    mixed = np.full(keys.shape, seed + _P5 + np.uint64(8), np.uint64)
    mixed ^= _turn(keys * _P2, 31) * _P1
    mixed = _turn(mixed, 27) * _P1 + _P4
    mixed = (mixed ^ (mixed >> np.uint64(33))) * _P2
    mixed = (mixed ^ (mixed >> np.uint64(29))) * _P3
    return mixed ^ (mixed >> np.uint64(32))


def _turn(words: npt.NDArray[np.uint64], by: int) -> npt.NDArray[np.uint64]:
    return (words << np.uint64(by)) | (words >> np.uint64(64 - by))
