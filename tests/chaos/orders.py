"""Orders that customers place, pay and get, told to a journey twice, late and in any order.

`publish()` makes the journey live; `Feed` tells of orders as the tick does: entries, events, what happened lately.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg.types.json import Jsonb

from forestay.journeys import inbox
from forestay.journeys.inbox import Entry, Happened
from forestay.journeys.runtime.book import Book
from forestay.store.database import Store, raw
from forestay.store.roles import DatabaseRole
from forestay.store.shapes import Json
from tests.chaos.site import Site

WORKSPACE = 1
LARGE = 50
ENDED = "Contract Ended"
LATENESS = 3
"""Calls of `Feed.tell` over which the events of an order are strewn; some come before the order itself."""
_MAIL = {"kind": "message", "template": "health-check-in", "to": "sponsor"}
_BY_ORDER = {"kind": "wait_for", "since": "entry", "match": {"order": "event.order"}}
DOCUMENT: dict[str, Any] = {
    "key": "orders", "name": "Orders", "subject": "account", "owner": "cs-ops@example.com", "consent": "success",
    "re_entry": {"rule": "by_key", "key": "event.order"},
    "entry": [{"event": "Order Placed", "if": "event.amount > 0"}],
    "goal": {"event": ENDED},
    "start": "size",
    "steps": {
        "size": {
            "kind": "condition", "branches": [{"if": f"event.amount >= {LARGE}", "port": "large"}],
            "ports": {"large": "both", "else": "greet"},
        },
        "greet": {**_MAIL, "follow": True, "ports": {"sent": "rest", "skipped": "rest", "failed": "unreached"}},
        "both": {"kind": "parallel", "branches": ["mail", "money"], "ports": {"mail": "confirm", "money": "paid"}},
        "confirm": {**_MAIL, "follow": True, "ports": {"sent": "meet", "skipped": "meet", "failed": "unreached"}},
        "paid": {**_BY_ORDER, "event": "Order Paid", "timeout": {"hours": 4}, "ports": {"next": "meet", "timeout": "meet"}},
        "meet": {"kind": "join", "next": "rest"},
        "rest": {"kind": "wait", "for": {"hours": 2}, "next": "thank"},
        "thank": {**_MAIL, "next": "shipped"},
        "shipped": {
            **_BY_ORDER, "event": "Order Shipped", "timeout": {"hours": 3}, "ports": {"next": "done", "timeout": "late"},
        },
        "done": {"kind": "exit", "reason": "shipped"},
        "late": {"kind": "exit", "reason": "not shipped"},
        "unreached": {"kind": "exit", "reason": "not reached"},
    },
}  # fmt: skip
FOLLOWED, UNFOLLOWED = ("greet", "confirm"), ("thank",)
_PUBLISH = """
INSERT INTO documents (workspace_id, kind, key, version, status, body, hash)
VALUES (%s, 'journey', 'orders', 1, 'published', %s, 'orders1')"""
_LATELY = """
INSERT INTO recent_events (workspace_id, account_id, name, at, day, properties)
SELECT %s, account, name, at, at::date, said::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) AS u (account, name, at, said)"""
_TOLD_AGAIN = """
INSERT INTO journey_inbox (workspace_id, kind, token_id, name, at, body)
SELECT e.workspace_id, 'outcome', e.token_id, e.status, %s, jsonb_build_object('cause', r.cause, 'slot', r.slot)
FROM (SELECT * FROM effects TABLESAMPLE SYSTEM (20) WHERE status IN ('sent', 'failed') LIMIT %s) AS e
JOIN requests AS r ON r.id = e.request_id"""


def publish(place: Site) -> tuple[int, dict[str, int]]:
    """Gives the journey's number and its steps' numbers."""
    store = Store.connect(place.server.dsn(DatabaseRole.OWNER), role=DatabaseRole.OWNER)
    with store.begin_worker() as connection:
        driver = raw(connection)
        driver.execute(_PUBLISH, (WORKSPACE, Jsonb({"document": DOCUMENT, "source": None})))
        driver.execute("SELECT forestay_history_day(current_date + n) FROM generate_series(-2, 60) AS n")
        book = Book()
        book.refresh(driver)
    store.close()
    ((number, live),) = book.live.items()
    return number, dict(live.compiled.numbers)


@dataclass
class Feed:
    """told: rows of entries, doubles among them; placed: orders that may come in, each once."""

    place: Site
    journey: int
    accounts: int
    told: int = 0
    placed: int = 0
    _next: int = 0
    _later: list[list[Happened]] = field(default_factory=lambda: [[] for _ in range(LATENESS)])

    def tell(self, orders: int) -> None:
        """So many new orders, and what becomes of them now or in one of the next calls."""
        here: list[Entry | Happened] = []
        for _ in range(orders):
            here += self._placed(self._next)
            self._next += 1
        here += [replace(one, at=self.place.now) for one in self._later.pop(0)]
        self._later.append([])
        random.shuffle(here)
        self._put(here)

    def end_contracts(self, share: float) -> None:
        """The runs of some accounts meet their goal, wherever they are."""
        some = random.sample(range(1, self.accounts + 1), int(self.accounts * share))
        self._put([Happened(account, ENDED, self.place.now) for account in some])

    def tell_again(self, outcomes: int) -> None:
        """What was told of messages before, to tokens that went on long ago or are just about to."""
        store = Store.connect(self.place.server.dsn(DatabaseRole.WORKER), role=DatabaseRole.WORKER)
        with store.begin_worker() as connection:
            raw(connection).execute(_TOLD_AGAIN, (self.place.now, outcomes))
        store.close()

    def _placed(self, order: int) -> list[Entry | Happened]:
        now, account = self.place.now, 1 + order % self.accounts
        amount = 0 if order % 50 == 7 else random.randrange(1, 2 * LARGE)
        body: dict[str, Json] = {"event": {"order": f"o{order}", "amount": amount}, "entry": 0}
        times = random.choice((1, 1, 2, 3))
        self.told += times
        self.placed += amount > 0
        entry = Entry(self.journey, account, now, None, None, None, "event", body)
        for name, share in (("Order Paid", 0.8), ("Order Shipped", 0.6)):
            comes = Happened(account, name, now, {"order": f"o{order}"})
            for _ in range(random.choice((1, 2)) if random.random() < share else 0):
                random.choice(self._later).append(comes)
        return [entry] * times

    def _put(self, rows: list[Entry | Happened]) -> None:
        """In one transaction, as the tick does, entries and events mixed."""
        store = Store.connect(self.place.server.dsn(DatabaseRole.WORKER), role=DatabaseRole.WORKER)
        happened = [row for row in rows if isinstance(row, Happened)]
        with store.begin_worker() as connection:
            for part in (rows[n::4] for n in range(4)):
                inbox.events(connection, WORKSPACE, [row for row in part if isinstance(row, Happened)])
                inbox.enter_many(connection, WORKSPACE, [row for row in part if isinstance(row, Entry)])
            columns: list[Any] = [[getattr(row, name) for row in happened] for name in ("account_id", "name", "at")]
            columns.append([json.dumps(dict(row.properties)) for row in happened])
            raw(connection).execute(_LATELY, (WORKSPACE, *columns))
        store.close()
