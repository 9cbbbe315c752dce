"""The audit trail cannot be changed without being noticed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError

from forestay.governance import audit
from forestay.store.tables.governance import audit_entries
from tests.conftest import StoreUnderTest

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def fill(store: StoreUnderTest, workspace: int, count: int = 5) -> None:
    with store.api.begin(workspace) as conn:
        for number in range(count):
            audit.record(conn, workspace, "member:7", "trigger.published", f"trigger:{number}", {"version": number})


def verdict(store: StoreUnderTest, workspace: int) -> int | None:
    with store.api.begin(workspace) as conn:
        return audit.verify(conn, workspace)


def test_an_untouched_trail_is_whole(store: StoreUnderTest, workspace: int) -> None:
    fill(store, workspace)
    assert verdict(store, workspace) is None


def test_an_empty_trail_is_whole(store: StoreUnderTest, workspace: int) -> None:
    assert verdict(store, workspace) is None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "member:8"},
        {"action": "trigger.paused"},
        {"subject": "trigger:other"},
        {"detail": {"version": 99}},
        {"at": AT},
        {"hash": b"x" * 32},
        {"prev_hash": b"x" * 32},
    ],
)
def test_a_changed_entry_is_found_whatever_was_changed(
    store: StoreUnderTest, workspace: int, change: dict[str, object]
) -> None:
    fill(store, workspace)
    with store.owner.begin_worker() as conn:
        conn.execute(update(audit_entries).where(audit_entries.c.seq == 3).values(change))
    assert verdict(store, workspace) == 3


@pytest.mark.parametrize("gone", [1, 3, 4])
def test_a_removed_entry_is_found(store: StoreUnderTest, workspace: int, gone: int) -> None:
    fill(store, workspace)
    with store.owner.begin_worker() as conn:
        conn.execute(delete(audit_entries).where(audit_entries.c.seq == gone))
    assert verdict(store, workspace) == gone


def test_an_entry_sealed_anew_by_hand_breaks_the_next_one(store: StoreUnderTest, workspace: int) -> None:
    """Who knows the rule can seal one entry again, but not the chain after it."""
    fill(store, workspace)
    with store.owner.begin_worker() as conn:
        row = conn.execute(select(audit_entries).where(audit_entries.c.seq == 3)).one()
        seal = audit.digest(row.prev_hash, workspace, 3, row.at, "member:8", row.action, row.subject, row.detail)
        conn.execute(update(audit_entries).where(audit_entries.c.seq == 3).values(actor="member:8", hash=seal))
    assert verdict(store, workspace) == 4


def test_entries_cut_off_the_end_show_in_the_last_hash(store: StoreUnderTest, workspace: int) -> None:
    fill(store, workspace)
    with store.api.begin(workspace) as conn:
        before = audit.walk(conn, workspace).last_hash
    with store.owner.begin_worker() as conn:
        conn.execute(delete(audit_entries).where(audit_entries.c.seq == 5))
    with store.api.begin(workspace) as conn:
        assert audit.walk(conn, workspace).last_hash != before


def test_the_role_of_requests_can_neither_change_nor_remove_entries(store: StoreUnderTest, workspace: int) -> None:
    fill(store, workspace)
    with pytest.raises(ProgrammingError, match="permission denied"), store.api.begin(workspace) as conn:
        conn.execute(update(audit_entries).values(actor="nobody"))
    with pytest.raises(ProgrammingError, match="permission denied"), store.api.begin(workspace) as conn:
        conn.execute(delete(audit_entries))


def test_each_workspace_has_a_chain_of_its_own(store: StoreUnderTest, workspace: int, other_workspace: int) -> None:
    fill(store, workspace, 2)
    fill(store, other_workspace, 3)
    with store.api.begin(other_workspace) as conn:
        assert audit.walk(conn, other_workspace).entries == 3
        assert audit.verify(conn, other_workspace) is None


def test_writers_at_the_same_time_make_one_chain(store: StoreUnderTest, workspace: int) -> None:
    threads = [threading.Thread(target=fill, args=(store, workspace, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.api.begin(workspace) as conn:
        found = audit.walk(conn, workspace)
    assert (found.entries, found.first_broken) == (20, None)


def test_an_entry_of_a_transaction_that_failed_is_not_in_the_chain(store: StoreUnderTest, workspace: int) -> None:
    fill(store, workspace, 1)
    with pytest.raises(RuntimeError):
        record_and_fail(store, workspace)
    fill(store, workspace, 1)
    with store.api.begin(workspace) as conn:
        assert audit.walk(conn, workspace).entries == 2
        assert audit.verify(conn, workspace) is None


def record_and_fail(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        audit.record(conn, workspace, "system", "x", "y")
        raise RuntimeError


def test_odd_text_survives_the_store(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        audit.record(
            conn, workspace, "system", "a", "nul:\x00", {"ü": "\x00→😀", "none": None, "yes": True, "n": -(2**60)}
        )
    assert verdict(store, workspace) is None


FACTS = st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.none()))
ENTRY = st.tuples(
    st.binary(min_size=32, max_size=32), st.integers(1, 9), st.text(max_size=9), st.text(max_size=9), FACTS
)


@settings(max_examples=60)
@given(ENTRY, ENTRY)
def test_two_different_entries_never_have_the_same_seal(
    one: tuple[bytes, int, str, str, dict[str, audit.Fact]], other: tuple[bytes, int, str, str, dict[str, audit.Fact]]
) -> None:
    seals = [
        audit.digest(previous, 1, seq, AT, actor, action, "s", facts)
        for previous, seq, actor, action, facts in (one, other)
    ]
    assert (seals[0] == seals[1]) == (one == other)
