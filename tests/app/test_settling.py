"""A CSM is not called for an account whose export has only half arrived."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forestay.app.settling import SETTLE_MICROS, Settling


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def test_triggers_of_an_imported_account_wait_until_nothing_more_is_said_of_it() -> None:
    settling = Settling()
    settling.hold([3], at=0)
    settling.hold([3], at=1_000_000)
    assert settling.is_calm(rows(2, 3, 9)).tolist() == [True, False, True]
    assert settling.release(SETTLE_MICROS).tolist() == []
    assert settling.release(SETTLE_MICROS + 1_000_000).tolist() == [3]
    assert settling.is_calm(rows(3)).all()


def test_who_waits_survives_a_restart(tmp_path: Path) -> None:
    settling = Settling()
    settling.hold([1, 5], at=10)
    settling.dump(tmp_path)
    again = Settling.load(tmp_path)
    assert len(again) == 2
    assert again.release(SETTLE_MICROS + 10).tolist() == [1, 5]


def test_nobody_waits_at_first(tmp_path: Path) -> None:
    Settling().dump(tmp_path)
    assert len(Settling.load(tmp_path)) == 0


def test_history_is_scored_once_when_it_is_all_there() -> None:
    settling = Settling()
    settling.tell_old(150, at=0)
    assert not settling.has_history
    settling.tell_old(150, at=1_000_000)
    settling.hold([2], at=1_000_000)
    assert not settling.take_history(SETTLE_MICROS + 1_000_000)
    settling.release(SETTLE_MICROS + 1_000_000)
    assert settling.take_history(SETTLE_MICROS + 1_000_000)
    assert not settling.take_history(2 * SETTLE_MICROS)
