"""A message counts once, however often and in whatever order it is sent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.sources import dedup
from forestay.sources.columns import Hashes
from forestay.sources.dedup import KEPT_DAYS, MessageHashes

TODAY = 20_000


def hashes(*numbers: int) -> Hashes:
    return np.array(numbers, np.uint64)


def test_a_message_sent_twice_in_one_batch_counts_once(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    assert seen.first_seen(hashes(5, 3, 5, 3, 9), TODAY).tolist() == [True, True, False, False, True]


def test_a_message_sent_again_seven_days_later_is_a_copy(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    seen.first_seen(hashes(5), TODAY)
    assert seen.first_seen(hashes(5, 6), TODAY + KEPT_DAYS).tolist() == [False, True]


def test_an_old_day_is_forgotten_and_its_file_deleted(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    seen.first_seen(hashes(5), TODAY)
    seen.save()
    assert seen.first_seen(hashes(5), TODAY + KEPT_DAYS + 1).tolist() == [True]
    seen.prune(seen.save())
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] == [str(TODAY + KEPT_DAYS + 1)]


def test_an_imported_row_is_known_a_year_later(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    seen.first_seen(hashes(5), TODAY, forever=True)
    assert seen.first_seen(hashes(5), TODAY + 365, forever=True).tolist() == [False]


def test_an_imported_row_that_also_came_live_counts_once(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    seen.first_seen(hashes(5), TODAY)
    assert seen.first_seen(hashes(5), TODAY, forever=True).tolist() == [False]


def test_a_clock_that_steps_back_a_day_still_knows_the_copies(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    seen.first_seen(hashes(5), TODAY)
    assert seen.first_seen(hashes(5), TODAY - 1).tolist() == [False]


def test_many_small_batches_keep_few_runs(tmp_path: Path) -> None:
    seen = MessageHashes(tmp_path)
    rng = np.random.default_rng(1)
    for _ in range(300):
        seen.first_seen(rng.integers(0, 2**63, 50).astype(np.uint64), TODAY)
    assert len(seen._partitions[TODAY]) <= 12


@settings(max_examples=40, deadline=None)
@given(
    batches=st.lists(
        st.tuples(st.integers(0, 12), st.booleans(), st.lists(st.integers(0, 30), max_size=12), st.booleans()),
        max_size=14,
    )
)
def test_any_history_of_batches_spills_and_restarts_equals_a_plain_dictionary(
    batches: list[tuple[int, bool, list[int], bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hashes")
    seen = MessageHashes(folder)
    days: dict[int, set[int]] = {}
    for offset, forever, numbers, restart in sorted(batches, key=lambda batch: batch[0]):
        day = TODAY + offset
        expected = []
        for number in numbers:
            known = any(d == dedup.FOREVER or d >= day - KEPT_DAYS for d in days.get(number, set()))
            expected.append(not known)
            days.setdefault(number, set()).update(set() if known else {dedup.FOREVER if forever else day})
        assert seen.first_seen(hashes(*numbers), day, forever=forever).tolist() == expected
        files = seen.save() if restart else {}
        seen = MessageHashes.load(folder, files) if restart else seen


def test_a_file_sent_again_counts_only_the_rows_that_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, small in (("_SIEVED", 64), ("_MANY", 1), ("_BLOCK_BITS", 6)):
        monkeypatch.setattr(dedup, name, small)
    draw = np.random.default_rng(7)
    sent = np.append(draw.integers(0, 2**64, 1_000, np.uint64), hashes(0, 2**64 - 1))
    more = draw.integers(0, 2**64, 500, np.uint64)
    seen = MessageHashes(tmp_path)
    assert seen.first_seen(sent, TODAY, forever=True).all()
    again = np.concatenate((more, sent[::3]))
    assert seen.first_seen(again, TODAY, forever=True).tolist() == [True] * 500 + [False] * len(sent[::3])
    assert not seen.first_seen(np.concatenate((sent, more)), TODAY).any()
