"""After a restore nothing of a journey happens a second time that its author wants a person to look at first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from forestay.store.restored import Restored, settle_restored
from tests.conftest import StoreUnderTest

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def a_backup_in_the_midst(store: StoreUnderTest, workspace: int, overdue: str) -> None:
    """A journey with a message that is due, one for tomorrow, a run on the move, and somebody at the door."""
    with psycopg.connect(store.owner_dsn) as connection:
        body = Jsonb({"document": {"key": "rescue", "overdue": overdue}})
        connection.execute(
            "INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
            "VALUES (%s, 'journey', 'rescue', 1, 'published', %s, 'h')",
            (workspace, body),
        )
        connection.execute("INSERT INTO journeys (id, workspace_id, key) VALUES (1, %s, 'rescue')", (workspace,))
        for run, status in ((1, 10), (2, 0)):
            connection.execute(
                "INSERT INTO journey_runs (id, workspace_id, journey_id, account_id, entered_at, version, entry_key, status) "
                "VALUES (%s, %s, 1, 1, %s, 1, %s, %s)",
                (run, workspace, NOW, bytes([run]), status),
            )
        connection.execute(
            "INSERT INTO journey_tokens (workspace_id, run_id, journey_id, account_id, since, version, step, state, due_at) "
            "VALUES (%s, 2, 1, 1, %s, 1, 1, 0, %s)",
            (workspace, NOW, NOW),
        )
        for due in (NOW, NOW + timedelta(days=1)):
            connection.execute(
                "INSERT INTO effects (workspace_id, effect_key, run_id, token_id, journey_id, step, channel, purpose, recipient, due_at) "
                "VALUES (%s, %s, 1, 1, 1, 1, 'email', 'success', 'a@example.com', %s)",
                (workspace, str(due).encode(), due),
            )
        connection.execute(
            "INSERT INTO journey_inbox (workspace_id, kind, journey_id, account_id, at) VALUES (%s, 'enter', 1, 2, %s)",
            (workspace, NOW),
        )


def standing(store: StoreUnderTest) -> tuple[Any, ...]:
    """Effects in order, the run, whether its token stands still (None: it is gone), whether the entry is set aside."""
    with psycopg.connect(store.owner_dsn) as connection:
        ask = connection.execute
        effects = [row[0] for row in ask("SELECT status FROM effects ORDER BY due_at")]
        (run,) = (row[0] for row in ask("SELECT status FROM journey_runs WHERE id = 2"))
        (token,) = (row[0] for row in ask("SELECT bool_or(is_paused) FROM journey_tokens"))
        (entry,) = (row[0] for row in ask("SELECT refused IS NOT NULL FROM journey_inbox"))
    return effects, run, token, entry


@pytest.mark.parametrize(
    ("overdue", "held_back", "after"),
    [
        ("run", Restored(), (["pending", "pending"], 0, False, False)),
        ("hold", Restored(1, 1, 0, 1), (["unknown", "pending"], 2, True, True)),
        ("skip", Restored(1, 0, 1, 1), (["skipped", "pending"], 17, None, True)),
    ],
)
def test_what_was_about_to_happen_is_left_to_the_journeys_own_word(
    store: StoreUnderTest, workspace: int, overdue: str, held_back: Restored, after: tuple[Any, ...]
) -> None:
    a_backup_in_the_midst(store, workspace, overdue)
    assert settle_restored(store.owner_dsn, NOW) == held_back
    assert standing(store) == after
