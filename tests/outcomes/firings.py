"""A company whose trigger fired for many accounts, some of them held out, with what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text

from tests.conftest import StoreUnderTest

FIRED = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = FIRED + timedelta(days=200)
TRIGGER: dict[str, Any] = {
    "key": "low", "name": "Low", "tier": "assisted", "risk_level": "high", "outcome": "churned", "within_days": 90,
    "holdout_share": 0.5, "condition": {"column": "health.score", "is": "below", "value": 60},
}  # fmt: skip


@dataclass
class Company:
    store: StoreUnderTest
    workspace: int

    def run(self, sql: str, **values: object) -> list[Any]:
        with self.store.owner.begin_worker() as connection:
            found = connection.execute(text(sql), {"w": self.workspace, **values})
            return list(found) if found.returns_rows else []

    def publish(self, trigger: Mapping[str, Any] = TRIGGER, version: int = 1) -> None:
        self.run("UPDATE documents SET status = 'archived' WHERE workspace_id = :w AND key = :k", k=trigger["key"])
        self.run(
            """INSERT INTO documents (workspace_id, kind, key, version, status, body, hash)
               VALUES (:w, 'trigger', :k, :v, 'published', cast(:b AS jsonb), 'x')""",
            k=trigger["key"], v=version, b=json.dumps(dict(trigger)),
        )  # fmt: skip

    def accounts(self, n: int, arr: float = 1200.0) -> None:
        """Numbered from 1; health of each wanders around its number's own level; MRR since long before."""
        self.run(
            """INSERT INTO accounts (id, workspace_id, external_id, arr, customer_since, seats)
               SELECT i, :w, 'a-' || i, :arr, '2024-01-01', 10 FROM generate_series(1, :n) AS i""", n=n, arr=arr,
        )  # fmt: skip
        self.run(
            """INSERT INTO subscriptions (workspace_id, external_id, account_id, mrr, started_on)
               SELECT :w, 's-' || i, i, :mrr, '2024-01-01' FROM generate_series(1, :n) AS i""", n=n, mrr=arr / 12,
        )  # fmt: skip
        self.run(
            """INSERT INTO health_changes (workspace_id, account_id, at, score, band, confidence, dimensions, cause)
               SELECT :w, i, :at, 30 + 30 * (i % 2), 'red', 0.9, ARRAY[40, 50, 'NaN', 60, 20]::real[], 'day'
               FROM generate_series(1, :n) AS i""", n=n, at=FIRED - timedelta(days=1),
        )  # fmt: skip

    def fire(self, n: int, share: float = 0.5, key: str = "low", version: int = 1, seed: int = 1) -> np.ndarray:
        """A firing an account; gives who is treated (n,)."""
        treated = np.random.default_rng(seed).random(n) >= share
        self.run(
            """INSERT INTO signals (workspace_id, trigger_key, trigger_version, account_id, tier, risk_level, evidence,
                 event_at, detected_at, fired_at, is_holdout, held_back)
               SELECT :w, :k, :v, i, 'assisted', 'high', '[{"column": "health.score", "value": 41}]', :at, :at, :at,
                 NOT t, CASE WHEN t THEN NULL ELSE 'holdout' END
               FROM unnest(cast(:i AS bigint[]), cast(:t AS boolean[])) AS one (i, t)""",
            k=key, v=version, at=FIRED, i=list(range(1, n + 1)), t=treated.tolist(),
        )  # fmt: skip
        return treated

    def churn(self, accounts: list[int]) -> None:
        """They leave a month after the firing."""
        day = (FIRED + timedelta(days=30)).date()
        self.run("UPDATE accounts SET churned_on = :d WHERE id = ANY(:ids)", d=day, ids=accounts)
        self.run("UPDATE subscriptions SET ended_on = :d WHERE account_id = ANY(:ids)", d=day, ids=accounts)

    def lived(self, n: int, gain: float = 0.2, seed: int = 2) -> np.ndarray:
        """Accounts, firings, and an end for each; help keeps those with an odd number. Gives who was treated."""
        self.publish()
        self.accounts(n)
        treated = self.fire(n)
        stays = 0.6 + gain * treated * (np.arange(1, n + 1) % 2)
        gone = np.random.default_rng(seed).random(n) >= stays
        self.churn((np.flatnonzero(gone) + 1).tolist())
        return treated
