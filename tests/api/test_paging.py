"""How lists are read and sent: from an index where there is one, and packed where they are long."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forestay.api.paging import Sorting, encode
from forestay.store.tables.actions import effects
from forestay.store.tables.customers import accounts
from forestay.store.tables.signals import signals
from tests.api.conftest import House

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


def test_long_answers_are_packed_for_who_reads_that_and_short_ones_left(house: House, admin: dict[str, str]) -> None:
    def encoding(path: str, accepted: str) -> str | None:
        answer = house.client.get(path, headers={**admin, "Accept-Encoding": accepted})
        assert answer.status_code == 200
        return answer.headers.get("content-encoding")

    assert encoding("/api/roles", "gzip, br") == "gzip"
    assert encoding("/api/roles", "identity") is None
    assert encoding("/api/tasks", "gzip, br") is None
