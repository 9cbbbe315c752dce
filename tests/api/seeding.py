"""A small company in the store: accounts with scores, a signal, a task, a message, records of every kind."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert

from forestay.store.database import Store
from forestay.store.tables import actions, customers, ingest, scores, signals
from tests.api.conftest import START

EVIDENCE = [{"column": "health.score", "label": "Health score", "value": 41.0, "unit": "of 100", "threshold": 60.0,
             "sentence": "Health score fell to 41 (usually 78)"}]  # fmt: skip
MEASURES = ["active_users_7d", "seat_use_30d", "days_since_activity", "sponsor_left_90d", "open_tickets"]


class Seed:
    """Writes rows of one workspace as the worker would."""

    def __init__(self, store: Store, workspace_id: int) -> None:
        self.store, self.workspace_id = store, workspace_id

    def put(self, table: Table, **values: Any) -> int:
        """One row; gives its number, 0 for a table without."""
        with self.store.begin(self.workspace_id) as conn:
            made = insert(table).values(workspace_id=self.workspace_id, **values)
            if "id" not in table.c:
                conn.execute(made)
                return 0
            return int(conn.execute(made.returning(table.c.id)).scalar_one())

    def account(self, external_id: str, **values: Any) -> int:
        """An account without any evidence."""
        return self.put(customers.accounts, external_id=external_id, **{"name": external_id.title(), **values})

    def measures(self) -> None:
        """The set of measures that states are stored under."""
        self.put(scores.measure_sets, number=1, keys=MEASURES, dimension_keys=[])

    def state(self, account_id: int, score: float | None, band: str | None, **values: Any) -> None:
        """What the last tick stored of an account."""
        usual: dict[str, Any] = {
            "as_of": START,
            "confidence": 0.9,
            "band_confidence": 0.8,
            "scorecard_key": "default",
            "dimensions": [40.0, 50.0, float("nan"), 60.0, 20.0],
            "trends": [-2.0, -12.5, float("nan"), 1.0, 1.5, 2.0],
            "measures": [4.0, 0.35, 9.0, 1.0, 3.0],
            "measure_set": 1,
            "churn_score": 0.62,
            "readiness": 12.0,
        }
        self.put(scores.account_states, account_id=account_id, score=score, band=band, **{**usual, **values})

    def signal(self, account_id: int, trigger: str = "health-below-60", **values: Any) -> int:
        """An open signal."""
        usual: dict[str, Any] = {
            "trigger_version": 1,
            "tier": "assisted",
            "risk_level": "high",
            "evidence": EVIDENCE,
            "event_at": START - timedelta(hours=2),
            "detected_at": START - timedelta(hours=2),
            "fired_at": START - timedelta(hours=2),
        }
        return self.put(signals.signals, account_id=account_id, trigger_key=trigger, **{**usual, **values})

    def task(self, account_id: int, **values: Any) -> int:
        """An open task."""
        usual: dict[str, Any] = {
            "title": "Call the sponsor",
            "risk_level": "high",
            "due_at": START + timedelta(hours=20),
            "evidence": EVIDENCE,
            "script": "Ask what changed.",
            "trigger_key": "health-below-60",
        }
        return self.put(actions.tasks, account_id=account_id, **{**usual, **values})

    def message(self, account_id: int, channel: str = "in_app", **values: Any) -> int:
        """A message in the outbox."""
        usual: dict[str, Any] = {"channel": channel, "to_address": "u-1", "subject": "Have you seen", "body": "Look."}
        return self.put(actions.messages, account_id=account_id, **{**usual, **values})

    def subscription(self, account_id: int, name: str, mrr: float, started: date, ended: date | None = None,
                     currency: str | None = None) -> None:  # fmt: skip
        """A subscription."""
        self.put(customers.subscriptions, external_id=name, account_id=account_id, mrr=mrr, started_on=started,
                 ended_on=ended, currency=currency, seats=10)  # fmt: skip

    def quarantined(self, item: str = '{"type":"track"}', position: int = 1) -> int:
        """An item that was not accepted."""
        return self.put(ingest.quarantine, received_at=START, source="/v1/track", reason_code="no_user",
                        reason="neither userId nor anonymousId", item=item, position=position, part=0)  # fmt: skip


def whole_company(store: Store, workspace_id: int) -> dict[str, int]:
    """Two scored accounts and one without evidence; the first has one of everything."""
    seed = Seed(store, workspace_id)
    seed.measures()
    first = seed.account(
        "acme-1", arr=120_000, plan="enterprise", renews_on=date(2027, 1, 10), currency="USD", seats=50
    )
    second = seed.account("bolt-2", arr=30_000, plan="team", country="DE")
    third = seed.account("cove-3")
    seed.state(first, 41.0, "red")
    seed.state(second, 88.0, "green", churn_score=0.04, trends=[1.0, 2.0, 3.0, 1.0, 1.0, 1.0])
    signal = seed.signal(first)
    task = seed.task(first, signal_id=signal)
    message = seed.message(first)
    contact = seed.put(customers.contacts, external_id="u-1", name="Ann Example", email="ann@example.com",
                       title="CTO", is_sponsor=True)  # fmt: skip
    seed.put(customers.memberships, contact_id=contact, account_id=first)
    seed.put(customers.tickets, external_id="t-1", account_id=first, subject="Cannot export",
             opened_at=START - timedelta(days=2), escalated_at=START - timedelta(days=1))  # fmt: skip
    seed.put(customers.invoices, external_id="i-1", account_id=first, amount=1000, issued_on=date(2026, 10, 1),
             due_on=date(2026, 10, 31))  # fmt: skip
    seed.put(customers.interactions, external_id="n-1", account_id=first, channel="meeting",
             at=START - timedelta(days=5), subject="Check-in")  # fmt: skip
    seed.subscription(first, "s-1", 10_000, date(2026, 1, 1))
    seed.put(
        scores.health_changes,
        account_id=first,
        at=START - timedelta(days=40),
        score=82.0,
        band="green",
        confidence=0.9,
        dimensions=[90.0, 80.0, float("nan"), 70.0, 75.0],
        scorecard_key="default",
        cause="day",
    )
    seed.put(scores.health_changes, account_id=first, at=START, score=41.0, band="red", confidence=0.9,
             dimensions=[40.0, 50.0, float("nan"), 60.0, 20.0], scorecard_key="default", cause="event")  # fmt: skip
    seed.put(ingest.feeds, feed="telemetry", connected_at=START - timedelta(days=90), last_at=START)
    seed.put(ingest.feeds, feed="tickets", connected_at=START - timedelta(days=90), last_at=START - timedelta(days=60))
    item = seed.quarantined()
    effect = seed.put(actions.effects, effect_key=b"k1", account_id=first, channel="email", purpose="success",
                      recipient="ann@example.com", status="unknown", reason="no answer")  # fmt: skip
    return {"first": first, "second": second, "third": third, "signal": signal, "task": task, "message": message,
            "contact": contact, "item": item, "effect": effect}  # fmt: skip


def moment(days_before: float) -> datetime:
    """So many days before the tests' present."""
    return START - timedelta(days=days_before)
