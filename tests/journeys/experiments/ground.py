"""A workspace with a journey and its test, and sentences to fill it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, text

from forestay.journeys.experiments.evaluate import evaluate_tests
from forestay.journeys.experiments.report import TestReport
from forestay.journeys.read import body_of
from tests.conftest import StoreUnderTest

BEGIN = datetime(2026, 6, 1, 12, tzinfo=UTC)
HALF = {"a": 50.0, "b": 50.0}


def journey(test: Mapping[str, object] | None = None, **more: object) -> dict[str, object]:
    split = {
        "kind": "split",
        "arms": [{"port": arm, "share": share} for arm, share in HALF.items()],
        "ports": {"a": "end", "b": "end"},
        **({"test": test} if test else {}),
    }
    return {
        "key": "rescue",
        "name": "Rescue",
        "owner": "cs-ops@example.com",
        "entry": [{"manual": True}],
        "start": "offer",
        "steps": {"offer": split, "end": {"kind": "exit"}},
        **more,
    }


@dataclass
class Ground:
    store: StoreUnderTest
    workspace: int
    journey_id: int = 0

    def begin(self, document: Mapping[str, object]) -> None:
        """Publish a journey."""
        with self.store.owner.begin_worker() as connection:
            self.journey_id = int(
                connection.execute(
                    text("INSERT INTO journeys (workspace_id, key) VALUES (:w, 'rescue') RETURNING id"),
                    {"w": self.workspace},
                ).scalar_one()
            )
            connection.execute(
                text("""INSERT INTO documents (workspace_id, kind, key, version, status, body, hash)
                        VALUES (:w, 'journey', 'rescue', 1, 'published', cast(:body AS jsonb), 'x')"""),
                {"w": self.workspace, "body": json.dumps(body_of(document))},
            )

    def accounts(self, count: int) -> list[int]:
        with self.store.owner.begin_worker() as connection:
            found = connection.execute(
                text("""INSERT INTO accounts (workspace_id, external_id)
                        SELECT :w, 'a-' || n FROM generate_series(1, :n) AS n RETURNING id"""),
                {"w": self.workspace, "n": count},
            )
            return [int(row[0]) for row in found]

    def expose(
        self,
        accounts: Sequence[int],
        arms: Sequence[str],
        *,
        test: str = "offer",
        shares: Mapping[str, float] | None = None,
        at: datetime = BEGIN,
    ) -> None:
        """One run for each, a second apart; the run's number is the account's."""
        with self.store.owner.begin_worker() as connection:
            moments = [at + timedelta(seconds=place) for place in range(len(accounts))]
            connection.execute(
                text("""INSERT INTO journey_exposures (workspace_id, journey_id, test, bucket_version, account_id, run_id, arm, at, shares)
                        SELECT :w, :j, :test, 1, a, coalesce((SELECT max(run_id) FROM journey_exposures), 0) + row_number() OVER (), arm, at,
                               cast(:shares AS jsonb)
                        FROM unnest(cast(:accounts AS bigint[]), cast(:arms AS text[]), cast(:at AS timestamptz[])) AS u (a, arm, at)"""),
                {
                    "w": self.workspace,
                    "j": self.journey_id,
                    "test": test,
                    "shares": json.dumps(shares or {"a": 0.5, "b": 0.5}),
                    "accounts": list(accounts),
                    "arms": list(arms),
                    "at": moments,
                },
            )

    def reach_goal(self, accounts: Sequence[int], after: timedelta = timedelta(days=5)) -> None:
        self.run(
            """INSERT INTO journey_runs (workspace_id, journey_id, account_id, entered_at, ended_at, version, status, entry_key)
               SELECT :w, :j, a, :at, :end, 1, 11, cast('run-' || a AS bytea) FROM unnest(cast(:accounts AS bigint[])) AS a""",
            j=self.journey_id, accounts=list(accounts), at=BEGIN, end=BEGIN + after,
        )  # fmt: skip

    def subscribe(self, account: int, mrr: float, since: date, until: date | None = None) -> None:
        self.run(
            """INSERT INTO subscriptions (workspace_id, external_id, account_id, mrr, started_on, ended_on, renews_on)
               VALUES (:w, 's-' || :a || '-' || :since, :a, :mrr, :since, :until, :renews)""",
            a=account, mrr=mrr, since=since, until=until, renews=None,
        )  # fmt: skip

    def run(self, statement: str, **values: object) -> None:
        with self.store.owner.begin_worker() as connection:
            connection.execute(text(statement), {"w": self.workspace, **values})

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self.store.owner.begin_worker() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def look(self, now: datetime) -> list[TestReport]:
        """An evaluation with the worker's rights."""
        with self.store.worker.begin_worker() as connection:
            return evaluate_tests(connection, self.workspace, now)


def alternating(count: int) -> list[str]:
    """Arms as a fair coin would deal them, the same at every call."""
    return [("a", "b")[int(side)] for side in np.random.default_rng(1).random(count) < 0.5]


def of_arm(accounts: Sequence[int], arms: Sequence[str], arm: str) -> list[int]:
    return [account for account, its in zip(accounts, arms, strict=True) if its == arm]


__all__ = ["BEGIN", "Connection", "Ground", "alternating", "journey", "of_arm"]
