"""A message id has one hash, whether it came in a tracking call or in a file."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.sources.hashing import hashes_of, hashes_of_column

IDS = st.lists(st.text(max_size=150).filter(lambda text: text.isprintable()), max_size=30)


@settings(max_examples=80, deadline=None)
@given(IDS, st.integers(0, 5))
def test_a_column_of_ids_has_the_hashes_that_its_ids_have_one_by_one(ids: list[str], skipped: int) -> None:
    column = pa.array(ids, pa.string()).slice(skipped)
    assert hashes_of_column(column).tolist() == hashes_of(ids[skipped:]).tolist()


def test_ids_of_every_length_have_them_too() -> None:
    ids = ["0123456789abcdefghijklmnopqrstuvwxyz-" * 6][0]
    every = [ids[:size] for size in range(len(ids))]
    assert hashes_of_column(pa.array(every, pa.string())).tolist() == hashes_of(every).tolist()


def test_more_ids_than_are_hashed_at_a_time_have_them_too() -> None:
    ids = [f"8f14e45fceea167a:{n}" for n in range(20_000)]
    assert hashes_of_column(pa.array(ids, pa.string())).tolist() == hashes_of(ids).tolist()
