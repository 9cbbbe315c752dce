"""Journey runners and action workers are killed at random, the provider falls silent after accepting, PostgreSQL dies and
comes back, the clock steps, everything is told twice and in any order: every run and every effect is accounted for.

`./run test` asks for some hundred messages and kills a few times; `./run test --full` for a million, and its dated
result is committed. FORESTAY_CHAOS_ORDERS sets another size (about two messages an order).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forestay.store.roles import DatabaseRole
from tests.actions.crowd import fill
from tests.actions.null_provider import NullProvider
from tests.chaos.books import check_history, check_ledger, check_on_the_way, check_runs
from tests.chaos.orders import Feed, publish
from tests.chaos.site import RUNNER, WORKER, Site, site

FULL = bool(os.environ.get("FORESTAY_TEST_FULL"))
ORDERS = int(os.environ.get("FORESTAY_CHAOS_ORDERS", "600000" if FULL else "400"))
ROUNDS = 100 if FULL else 2 + ORDERS // 2500
SHOCKS = [RUNNER, WORKER] * ROUNDS + ["restart"] * (ROUNDS // 4 + 1)
DEADLINE_SECONDS = 6 * 3600 if FULL else 300 + ORDERS / 20
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
STEPS = (60, 3600, -90, 900, -1800, 45, 7200, -600)
"""Seconds by which the clock is put forward or back, within the lease of a call under way and beyond it; on the whole it
goes on, so that leases and waits end."""
POLL_SECONDS = 0.05 if ORDERS < 10_000 else 1.0
"""Between two looks at how things stand, which read every run."""
STILL_SECONDS = 1.0
"""What stands still for so long waits for the clock alone."""

_STANDING = """
SELECT (SELECT count(*) FROM journey_inbox), (SELECT count(*) FROM requests WHERE drained_at IS NULL),
  (SELECT count(*) FROM effects WHERE status = 'pending'), (SELECT count(*) FROM journey_runs WHERE status < 10),
  (SELECT coalesce(sum(step + state + passed), 0) FROM journey_tokens),
  EXISTS (SELECT FROM journey_tokens WHERE due_at <= %(now)s AND NOT is_paused)
    OR EXISTS (SELECT FROM effects WHERE status = 'pending' AND greatest(due_at, leased_until) <= %(now)s)"""
_LEASED = "SELECT EXISTS (SELECT FROM effects WHERE status = 'pending' AND leased_until > %(now)s)"


def live_through_chaos(place: Site, feed: Feed, shocks: list[str]) -> None:
    """Tell of orders, and shock in the midst of what follows; then let what is left come to rest."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    place.start_all()
    for number, shock in enumerate(shocks):
        asked = place.provider.asked
        feed.tell(ORDERS // len(shocks) + (number < ORDERS % len(shocks)))
        feed.tell_again(ORDERS // (5 * len(shocks)))
        wait_until_asked(place, asked + ORDERS // (2 * len(shocks)), time.monotonic() + 60)
        place.restart_database() if shock == "restart" else place.kill(shock)
        check_on_the_way(place)
        place.step(STEPS[number % len(STEPS)])
    feed.end_contracts(0.05)
    for _ in range(3):
        feed.tell(0)
    come_to_rest(place, deadline)


def wait_until_asked(place: Site, calls: int, deadline: float) -> None:
    """Until the provider was called so often; or until all that is there to do is done or waits."""
    while (
        place.provider.asked < calls
        and time.monotonic() < deadline
        and not is_still(place, place.ask(_STANDING, now=place.now))
    ):
        time.sleep(POLL_SECONDS)


def is_still(place: Site, standing: list[tuple[object, ...]]) -> bool:
    """Nothing is due and nothing under way."""
    [(mail, requests, _, _, _, is_due)] = standing
    return not (mail or requests or is_due or place.ask(_LEASED, now=place.now) == [(True,)])


def come_to_rest(place: Site, deadline: float) -> None:
    """Put the clock on as often as only the clock holds things up."""
    seen: list[tuple[object, ...]] = []
    since = time.monotonic()
    while True:
        standing: list[tuple[object, ...]] = place.ask(_STANDING, now=place.now)
        [(mail, requests, pending, live, _, _)] = standing
        if not (mail or requests or pending or live):
            return
        assert time.monotonic() < deadline, standing
        place.check_alive()
        if standing != seen:
            seen, since = standing, time.monotonic()
        if is_still(place, standing) or time.monotonic() - since > STILL_SECONDS + POLL_SECONDS:
            place.step(1800)
            check_on_the_way(place)
            since = time.monotonic()
        time.sleep(POLL_SECONDS)


def survived(provider: NullProvider) -> tuple[Counter[str], dict[str, str]]:
    """Live through it all and check the books; how runs ended, and the status of each key."""
    began, shocks = time.monotonic(), SHOCKS[:]
    random.shuffle(shocks)
    accounts = max(40, ORDERS // 10)
    with site(provider) as place:
        fill(place.server.dsn(DatabaseRole.OWNER), accounts=accounts, messages=0)
        journey, steps = publish(place)
        feed = Feed(place, journey, accounts)
        live_through_chaos(place, feed, shocks)
        place.look_at_tables()
        check_on_the_way(place)
        ends = check_runs(place, feed)
        check_history(place, steps)
        ledger = check_ledger(place, steps)
        rows = place.ask("SELECT 'eff_' || encode(effect_key, 'hex'), status FROM effects")
        place.check_alive()
    keep(place, provider, feed, ends, ledger, time.monotonic() - began)
    return ends, {str(key): str(status) for key, status in rows}


@pytest.mark.chaos
def test_with_idempotency_keys_no_run_is_lost_and_no_key_acts_twice() -> None:
    random.seed(5)
    provider = NullProvider(knows_keys=True, silent=0.01, refused=0.01)
    ends, ended = survived(provider)
    assert {"sent", "failed"} <= set(ended.values()) <= {"sent", "failed", "cancelled", "unknown"}
    assert {key for key, status in ended.items() if status == "sent"} <= set(provider.acted)
    assert {ended[key] for key in provider.acted} <= {"sent", "unknown"}  # unknown: given up after an answer was lost
    assert set(provider.acted.values()) == {1}
    assert ends["completed:not reached"]


@pytest.mark.chaos
def test_without_idempotency_keys_no_message_arrives_twice_and_the_unclear_ones_are_counted() -> None:
    random.seed(6)
    provider = NullProvider(knows_keys=False, silent=0.01, refused=0.01)
    ends, ended = survived(provider)
    assert max(provider.acted.values()) == 1
    assert {key for key, status in ended.items() if status == "sent"} <= set(provider.acted)
    assert {ended[key] for key in provider.acted} <= {"sent", "unknown"}
    assert {"sent", "failed", "unknown"} <= set(ended.values()) <= {"sent", "failed", "unknown", "cancelled"}
    assert ends["completed:not reached"]


def keep(
    place: Site, provider: NullProvider, feed: Feed, ends: Counter[str], ledger: dict[str, Counter[str]], seconds: float
) -> None:
    day, name = datetime.now(UTC).date().isoformat(), "with-keys" if provider.knows_keys else "without-keys"
    body = {
        "test": f"journeys {name}", "date": day, "entries_told": feed.told, "runs": feed.placed, "ends": dict(ends),
        "effects": sum(told.total() for told in ledger.values()),
        "ledger": {step: dict(told) for step, told in sorted(ledger.items())},
        "kills": place.kills, "database_restarts": place.restarts, "calls": provider.asked,
        "acted_on": len(provider.acted), "acted_on_twice": sum(n > 1 for n in provider.acted.values()),
        "seconds": round(seconds, 1), "size": "full" if FULL else "reduced: ./run test --full does a million effects",
    }  # fmt: skip
    print(json.dumps(body))
    if FULL or "FORESTAY_CHAOS_ORDERS" in os.environ:
        (RESULTS / f"chaos-journeys-{name}-{day}.json").write_text(json.dumps(body, indent=1) + "\n")
