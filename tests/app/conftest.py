"""A worker on a store of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.worker_house import WorkerHouse, made_workspace
from tests.conftest import StoreUnderTest


@pytest.fixture
def acme(store: StoreUnderTest) -> int:
    """A workspace with all that ships."""
    return made_workspace(store.owner)


@pytest.fixture
def house(store: StoreUnderTest, acme: int, tmp_path: Path) -> Iterator[WorkerHouse]:
    """A worker that has started on it."""
    house = WorkerHouse(store.worker, store.owner, tmp_path)
    yield house
    house.close()
