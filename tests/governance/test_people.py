"""Roles, permissions, passwords, the throttle, and the first start."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import insert, select

from forestay.customers.words import Role
from forestay.governance import audit, keys, members
from forestay.governance.bootstrap import ShippedDocument, bootstrap
from forestay.governance.keys import KeyKind
from forestay.governance.members import NewMember
from forestay.governance.passwords import hash_password, password_is
from forestay.governance.permissions import ROLE_PERMISSIONS, Permission, granted_by_scopes
from forestay.governance.principal import PermissionMissing, key_principal, member_principal
from forestay.governance.throttle import (
    FREE_ATTEMPTS,
    FREE_IN_COMMON,
    LONGEST_WAIT,
    Throttle,
    TooManyAttempts,
    attempt_names,
)
from forestay.kit.clock import FixedClock
from forestay.kit.errors import Invalid
from forestay.kit.settings import Settings
from forestay.store import documents
from forestay.store.documents import DocumentKind
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import calendars
from tests.conftest import StoreUnderTest

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.ADMIN, {"keys:admin", "members:admin", "triggers:publish"}, set()),
        (Role.OPS, {"triggers:publish", "imports:write", "audit:read"}, {"keys:admin", "members:admin"}),
        (Role.CSM, {"tasks:write", "feedback:write", "accounts:write", "kpis:read"}, {"audit:read", "triggers:write"}),
        (Role.VIEWER, {"accounts:read", "kpis:read"}, {"tasks:write", "feedback:write", "audit:read"}),
    ],
)
def test_each_role_may_what_it_needs_and_no_more(role: Role, may: set[str], may_not: set[str]) -> None:
    held = {permission.value for permission in ROLE_PERMISSIONS[role]}
    assert may <= held
    assert not may_not & held


def test_each_role_may_at_least_what_the_one_below_may() -> None:
    ranks = [ROLE_PERMISSIONS[role] for role in (Role.VIEWER, Role.CSM, Role.OPS, Role.ADMIN)]
    assert all(lower <= higher for lower, higher in itertools.pairwise(ranks))


def test_the_star_stands_for_everything() -> None:
    assert granted_by_scopes(["*"]) == frozenset(Permission)


def test_a_refusal_names_the_permission_and_the_role() -> None:
    with pytest.raises(PermissionMissing, match="'keys:admin', which the role ops does not have"):
        member_principal(1, 7, Role.OPS).require(Permission.KEYS_ADMIN)


def test_a_key_may_exactly_its_scopes() -> None:
    caller = key_principal(1, 3, ("tasks:read",))
    caller.require(Permission.TASKS_READ)
    with pytest.raises(PermissionMissing, match="which this key does not have"):
        caller.require(Permission.TASKS_WRITE)


def test_a_password_fits_itself_only() -> None:
    kept = hash_password("correct horse battery")
    assert password_is(kept, "correct horse battery")
    assert not password_is(kept, "correct horse batterz")
    assert "correct" not in kept
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # RFC 9106, the second recommended setting


@pytest.mark.parametrize("kept", [None, "no hash at all"])
def test_nothing_fits_a_member_without_a_password(kept: str | None) -> None:
    assert not password_is(kept, "correct horse battery")


def test_accounts_that_name_an_address_become_the_new_members(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        conn.execute(
            insert(accounts).values(workspace_id=workspace, external_id="a", owner_email="Ana@acme.example.com")
        )
        number = members.create(conn, workspace, NewMember("ana@acme.example.com", "Ana", Role.CSM))
        assert conn.execute(select(accounts.c.owner_id)).scalar_one() == number


@pytest.mark.parametrize("address", ["", "ana", "@example.com", "ana@", "a b@example.com"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="no e-mail address"):
        members.tidy_email(address)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 600), max_size=40))
def test_nobody_waits_longer_than_the_longest_wait(pauses: list[int]) -> None:
    clock = FixedClock(START)
    throttle = Throttle(clock)
    for pause in pauses:
        throttle.failed("ana")
        clock.advance(timedelta(seconds=pause))
    clock.advance(LONGEST_WAIT)
    throttle.check("ana")


def test_waits_double_with_every_wrong_attempt() -> None:
    throttle, waits = Throttle(FixedClock(START)), []
    for _ in range(FREE_ATTEMPTS + 3):
        throttle.failed("ana")
        waits.append(_wait_of(throttle, "ana"))
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16]


def _wait_of(throttle: Throttle, name: str) -> int:
    try:
        throttle.check(name)
    except TooManyAttempts as refused:
        return refused.retry_after_seconds
    return 0


def test_one_persons_wrong_attempts_do_not_slow_another() -> None:
    throttle = Throttle(FixedClock(START))
    for _ in range(20):
        throttle.failed("ana")
    throttle.check("bob")


def test_nobody_is_locked_out_by_a_few_guesses_from_elsewhere() -> None:
    throttle = Throttle(FixedClock(START))
    for _ in range(20):
        throttle.failed(*attempt_names("acme", "ana@acme.example.com", "203.0.113.7"))
    throttle.check(*attempt_names("acme", "ANA@acme.example.com ", "198.51.100.2"))
    throttle.check(*attempt_names("acme", "bob@acme.example.com", "203.0.113.7"))


@pytest.mark.parametrize("other", [("eve@acme.example.com", "203.0.113.7"), ("ana@acme.example.com", "198.51.100.2")])
def test_many_guesses_slow_the_whole_address_and_the_whole_member(other: tuple[str, str]) -> None:
    throttle = Throttle(FixedClock(START))
    for _ in range(FREE_IN_COMMON):
        throttle.failed(*attempt_names("acme", "ana@acme.example.com", "203.0.113.7"))
    with pytest.raises(TooManyAttempts):
        throttle.check(*attempt_names("acme", *other))


SEGMENT = ShippedDocument(DocumentKind.SEGMENT, "big", {"key": "big", "name": "Big"})


def first_start(store: StoreUnderTest, folder: Path, **given: SecretStr) -> tuple[int, list[str]]:
    made = bootstrap(store.owner, Settings(data_dir=folder, **given), [SEGMENT])  # type: ignore[arg-type]
    return made.workspace_id, made.lines()


def test_the_first_start_makes_a_workspace_with_all_that_ships(store: StoreUnderTest, tmp_path: Path) -> None:
    workspace_id, _ = first_start(store, tmp_path)
    assert store.api.workspace_named("default") == workspace_id
    with store.api.begin(workspace_id) as conn:
        assert documents.live(conn, workspace_id, DocumentKind.SEGMENT, "big").version == 1
        assert conn.execute(select(calendars.c.key)).scalar_one() == "default"
        assert audit.verify(conn, workspace_id) is None


def test_generated_keys_are_told_once_and_work(store: StoreUnderTest, tmp_path: Path) -> None:
    _, lines = first_start(store, tmp_path)
    secrets = [line.rpartition(" ")[2] for line in lines]
    with store.api.begin(None) as conn:
        found = [keys.look_up(conn, keys.fingerprint(secret)) for secret in secrets]
    assert [facts.kind for facts in found if facts] == [KeyKind.MANAGEMENT, KeyKind.WRITE]
    assert first_start(store, tmp_path)[1] == []


def test_given_keys_are_taken_and_not_repeated(store: StoreUnderTest, tmp_path: Path) -> None:
    given = {"admin_key": SecretStr("an-admin-key-of-ours"), "write_key": SecretStr("a-write-key-of-ours")}
    workspace_id, lines = first_start(store, tmp_path, **given)
    assert lines == []
    with store.api.begin(None) as conn:
        found = keys.look_up(conn, keys.fingerprint("an-admin-key-of-ours"))
    assert found is not None
    assert (found.workspace_id, found.scopes) == (workspace_id, ("*",))


def test_a_second_start_changes_nothing(store: StoreUnderTest, tmp_path: Path) -> None:
    first, _ = first_start(store, tmp_path)
    again = bootstrap(store.owner, Settings(data_dir=tmp_path, admin_key=SecretStr("another-admin-key-now")), [SEGMENT])
    assert (again.workspace_id, again.is_new) == (first, False)
    with store.api.begin(None) as conn:
        assert keys.look_up(conn, keys.fingerprint("another-admin-key-now")) is None
