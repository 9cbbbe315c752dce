"""Tests of the store may change its schema and roles, so each has a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole, passwords_of
from forestay.store.schema import allow_sign_in
from tests.conftest import StoreUnderTest, fresh_store


@pytest.fixture
def store(postgres: EmbeddedPostgres) -> Iterator[StoreUnderTest]:
    """A database of the test's own, gone afterwards."""
    with fresh_store(postgres) as made:
        yield made
    allow_sign_in(postgres.dsn(DatabaseRole.OWNER), passwords_of(postgres.data_dir))  # roles belong to the server
