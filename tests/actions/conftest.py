"""The scene of every test of actions."""

from __future__ import annotations

import pytest

from tests.actions.scene import Scene
from tests.conftest import StoreUnderTest


@pytest.fixture
def scene(store: StoreUnderTest, workspace: int) -> Scene:
    return Scene(store, workspace).set_up()
