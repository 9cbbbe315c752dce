"""What the quick way writes is read back by PostgreSQL as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestay.app.quick_arrays import QuickListDumper
from tests.conftest import StoreUnderTest

TEXTS = st.lists(
    st.none() | st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), max_size=20)
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)), st.lists(st.none() | st.floats(allow_nan=False)))
def test_texts_and_numbers_come_back_as_they_were(
    store: StoreUnderTest, texts: list[str | None], whole: list[int | None], broken: list[float | None]
) -> None:
    with psycopg.connect(store.owner_dsn) as connection:
        connection.adapters.register_dumper(list, QuickListDumper)
        row = connection.execute("SELECT %s::text[], %s::bigint[], %s::float8[]", (texts, whole, broken)).fetchone()
    assert row == (texts, whole, broken)


def test_moments_and_days_come_back_as_they_were(store: StoreUnderTest) -> None:
    moments, days = [datetime(2026, 11, 22, 1, 2, 3, 4, UTC), None], [None, date(2026, 2, 28)]
    with psycopg.connect(store.owner_dsn) as connection:
        connection.adapters.register_dumper(list, QuickListDumper)
        assert connection.execute("SELECT %s::timestamptz[], %s::date[]", (moments, days)).fetchone() == (moments, days)


def test_a_nul_is_refused_and_not_cut_off(store: StoreUnderTest) -> None:
    with psycopg.connect(store.owner_dsn) as connection:
        connection.adapters.register_dumper(list, QuickListDumper)
        with pytest.raises(psycopg.DataError):
            connection.execute("SELECT %s::text[]", (["a\x00b"],))
