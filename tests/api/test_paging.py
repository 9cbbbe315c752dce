"""Lists are read from an index where there is one: what cannot be missing is not sorted as if it could."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forestay.api.paging import Sorting, encode
from forestay.store.tables.actions import effects
from forestay.store.tables.customers import accounts
from forestay.store.tables.signals import signals

QUESTION = ("a list",)
_NEWEST = Sorting(effects.c.id, effects.c.id, descending=True)
_LATEST = Sorting(signals.c.fired_at, signals.c.id, descending=True)
_RICHEST = Sorting(accounts.c.arr, accounts.c.id, descending=True)


def _said(sorting: Sorting, cursor: str | None = None) -> str:
    return " ".join(str(sorting.of(select(sorting.number), cursor, QUESTION, 50)).split())


@pytest.mark.parametrize(("sorting", "order"), [
    (_NEWEST, "ORDER BY effects.id DESC LIMIT"),
    (_LATEST, "ORDER BY signals.fired_at DESC, signals.id ASC LIMIT"),
    (_RICHEST, "ORDER BY accounts.arr DESC NULLS LAST, accounts.id ASC LIMIT"),
])  # fmt: skip
def test_only_what_may_be_missing_is_told_to_come_last(sorting: Sorting, order: str) -> None:
    assert order in _said(sorting)


def test_the_next_page_of_the_newest_begins_below_the_last_number() -> None:
    said = _said(_NEWEST, encode(7, 7, QUESTION))
    assert said.partition("WHERE ")[2].startswith("effects.id < CAST(")
    assert " OR " not in said


def test_the_next_page_of_the_latest_begins_at_the_last_moment() -> None:
    said = _said(_LATEST, encode("2026-11-01T00:00:00+00:00", 7, QUESTION))
    assert said.partition("WHERE ")[2].startswith("signals.fired_at <= CAST(")
