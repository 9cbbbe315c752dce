"""Keys, and what a process remembers of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from forestay.governance import keys
from forestay.governance.keybook import TTL_SECONDS, KeyBook
from forestay.governance.keys import KeyFacts, KeyKind
from forestay.kit.errors import Invalid, NotFound
from forestay.store.database import Store, StoreUnavailable
from forestay.store.tables.governance import api_keys
from tests.conftest import StoreUnderTest

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"


class Watch:
    """A clock in seconds that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def away() -> Iterator[Store]:
    """A store that cannot be reached."""
    store = Store.connect(NOWHERE)
    yield store
    store.close()


def made(store: StoreUnderTest, workspace: int, kind: KeyKind = KeyKind.WRITE, *scopes: str) -> str:
    with store.api.begin(workspace) as conn:
        return keys.create(conn, workspace, kind, "test", scopes).secret


def test_a_key_says_by_its_prefix_which_door_it_opens() -> None:
    assert keys.new_key(KeyKind.MANAGEMENT).startswith("fsk_")
    assert keys.new_key(KeyKind.WRITE).startswith("fsw_")
    assert len(keys.new_key(KeyKind.WRITE)) >= 4 + 43


def test_the_store_keeps_no_secret(store: StoreUnderTest, workspace: int) -> None:
    secret = made(store, workspace)
    with store.api.begin(workspace) as conn:
        row = conn.execute(select(api_keys)).one()
    assert row.key_hash == keys.fingerprint(secret)
    assert secret not in str(row)


def test_a_key_is_found_before_its_workspace_is_known(store: StoreUnderTest, workspace: int) -> None:
    secret = made(store, workspace, KeyKind.MANAGEMENT, "tasks:read")
    with store.api.begin(None) as conn:
        found = keys.look_up(conn, keys.fingerprint(secret))
    assert found is not None
    assert (found.workspace_id, found.kind, found.scopes) == (workspace, KeyKind.MANAGEMENT, ("tasks:read",))


def test_a_revoked_key_is_not_found_and_cannot_be_revoked_again(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        one = keys.create(conn, workspace, KeyKind.WRITE, "test")
        keys.revoke(conn, workspace, one.key_id)
        assert keys.look_up(conn, keys.fingerprint(one.secret)) is None
        with pytest.raises(NotFound):
            keys.revoke(conn, workspace, one.key_id)


def test_an_unknown_scope_is_refused_with_the_known_ones(store: StoreUnderTest, workspace: int) -> None:
    with pytest.raises(Invalid, match=r"'tasks:fly' is no scope; allowed are \*, accounts:read"):
        made(store, workspace, KeyKind.MANAGEMENT, "tasks:fly")


def test_a_write_key_has_no_scopes(store: StoreUnderTest, workspace: int) -> None:
    with pytest.raises(Invalid, match="opens collection and nothing else"):
        made(store, workspace, KeyKind.WRITE, "tasks:read")


def test_a_key_that_was_seen_is_known_without_asking(store: StoreUnderTest, workspace: int, watch: Watch) -> None:
    book, secret = KeyBook(store.api, None, watch), made(store, workspace)
    assert book.known(secret) is None
    assert book.find(secret) == book.known(secret)


def test_what_is_known_grows_old(store: StoreUnderTest, workspace: int, watch: Watch) -> None:
    book, secret = KeyBook(store.api, None, watch), made(store, workspace)
    book.find(secret)
    watch.seconds += TTL_SECONDS
    assert book.known(secret) is None


def test_using_a_key_is_noted_coarsely(store: StoreUnderTest, workspace: int, watch: Watch) -> None:
    book, secret = KeyBook(store.api, None, watch), made(store, workspace)
    book.find(secret)
    with store.api.begin(workspace) as conn:
        first = conn.execute(select(api_keys.c.last_used_at)).scalar_one()
    watch.seconds += TTL_SECONDS
    book.find(secret)
    with store.api.begin(workspace) as conn:
        assert conn.execute(select(api_keys.c.last_used_at)).scalar_one() == first
    assert first is not None


def test_a_known_key_is_let_in_while_the_store_is_away(
    store: StoreUnderTest, workspace: int, watch: Watch, away: Store
) -> None:
    book, secret = KeyBook(store.api, None, watch), made(store, workspace)
    known = book.find(secret)
    book._store = away
    watch.seconds += 10 * TTL_SECONDS
    assert book.find(secret) == known


def test_an_unknown_key_is_not_let_in_while_the_store_is_away(away: Store, watch: Watch) -> None:
    with pytest.raises(StoreUnavailable):
        KeyBook(away, None, watch).find("fsw_never-seen-before")


def test_a_write_key_is_known_after_a_restart_without_the_store(
    store: StoreUnderTest, workspace: int, watch: Watch, away: Store, tmp_path: Path
) -> None:
    file, secret = tmp_path / "write-keys.json", made(store, workspace)
    known = KeyBook(store.api, file, watch).find(secret)
    assert KeyBook(away, file, watch).find(secret) == known
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_management_key_is_not_remembered_on_the_disk(
    store: StoreUnderTest, workspace: int, watch: Watch, tmp_path: Path
) -> None:
    file = tmp_path / "write-keys.json"
    KeyBook(store.api, file, watch).find(made(store, workspace, KeyKind.MANAGEMENT, "*"))
    assert not file.exists()


def test_a_revoked_write_key_is_forgotten_on_the_disk_too(
    store: StoreUnderTest, workspace: int, watch: Watch, tmp_path: Path
) -> None:
    file, secret = tmp_path / "write-keys.json", made(store, workspace)
    book = KeyBook(store.api, file, watch)
    book.find(secret)
    book.forget(keys.fingerprint(secret))
    assert json.loads(file.read_text()) == []


def test_a_broken_file_of_keys_does_not_stop_the_start(store: StoreUnderTest, workspace: int, tmp_path: Path) -> None:
    file = tmp_path / "write-keys.json"
    file.write_text("{torn")
    found = KeyBook(store.api, file).find(made(store, workspace))
    assert isinstance(found, KeyFacts)


def test_a_wrong_key_is_asked_of_the_store_once_and_can_become_right(
    store: StoreUnderTest, workspace: int, watch: Watch
) -> None:
    book, secret = KeyBook(store.api, None, watch), keys.new_key(KeyKind.WRITE)
    assert book.find(secret) is None
    with store.api.begin(workspace) as conn:
        keys.create(conn, workspace, KeyKind.WRITE, "late", secret=secret)
    assert book.find(secret) is None
    watch.seconds += TTL_SECONDS
    assert book.find(secret) is not None
