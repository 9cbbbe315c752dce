"""What measuring everybody costs, and what measuring only those who were touched costs.

Run   : python -m benchmarks.rescore [--accounts 100000 1000000]
Prints: per size, bytes an account, seconds to add the events, seconds to measure everybody (20 series, default
        measures), and milliseconds to measure 500 touched accounts, as JSON lines.
Target: 100k accounts <= 1 s and 1M <= 8 s with health included; <= 4.5 kB of cube an account; the touched cost
        does not depend on how many accounts are stored.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime

import numpy as np
import psutil

from benchmarks.report import Report
from forestay.customers.words import Feed
from forestay.health.feeds import FeedState, FeedStates
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.features import EventRole, Feature, FeatureBook, MeasureContext
from forestay.measures.online import Memory, evaluate_all
from forestay.measures.series import SeriesBook
from forestay.signals.columns import Making, build_columns

TODAY, SERIES, TOUCHED, CHUNK = 20_000, 20, 500, 4_000
_FEATURES = tuple(
    Feature(f"f{n}", f"Feature {n}", (f"Feature {n} Used",), is_sticky=n < 4, is_premium=n in (4, 5))
    for n in range(SERIES - 6)
)
CONTEXT = MeasureContext(
    FeatureBook(_FEATURES),
    {EventRole.SIGN_IN: ("Signed In",), EventRole.INVITATION: ("Invited",), EventRole.WORKFLOW: ("Ran",)},
)


def filled(accounts: int, events: int) -> tuple[Memory, float]:
    """A workspace whose accounts have events, users, tickets, invoices and traits; seconds that the events took."""
    book = SeriesBook.build(CONTEXT.features, CONTEXT.roles)
    memory, rng, spent = Memory.empty(book, TODAY), np.random.default_rng(1), 0.0
    names = np.arange(1, len(book.event_names) + 1)
    for start in range(0, accounts, 50_000):
        here = min(50_000, accounts - start)
        rows = start + rng.integers(0, here, here * events)
        days = TODAY - rng.integers(0, 100, len(rows))
        began = time.perf_counter()
        entries = book.expand(rng.choice(names, len(rows)), rows, days)
        memory.cube.add(entries.rows, entries.series, entries.days)
        memory.users.touch(rows * 3 + rng.integers(0, 3, len(rows)), rows, days)
        spent += time.perf_counter() - began
    _add_records(memory, accounts, rng)
    return memory, spent


def _add_records(memory: Memory, accounts: int, rng: np.random.Generator) -> None:
    every = np.arange(accounts)
    for fact in sorted(MeasureSet(DEFAULT_MEASURES, CONTEXT).needs.facts):
        memory.facts.add(fact, every, TODAY - rng.integers(0, 300, accounts), rng.integers(1, 100, accounts) * 1.0)
    for key in ("renews_on", "customer_since", "arr", "seats"):
        memory.traits.set(accounts - 1, key, float(TODAY))


def score_everybody(memory: Memory, accounts: int, measures: MeasureSet, *, with_rule_scores: bool) -> None:
    """Measures and health (and both rule scores) of every account, a chunk at a time as the worker does it."""
    at = datetime(2024, 10, 4, 12, tzinfo=UTC)
    feeds = FeedStates({feed: FeedState(connected=True, last_at=at) for feed in Feed})
    for start in range(0, accounts, CHUNK):
        substrate = memory.substrate(np.arange(start, min(start + CHUNK, accounts)))
        columns = build_columns(substrate, measures.evaluate(substrate), Making(), feeds, at)
        assert len(columns.health.score)
        if with_rule_scores:
            assert len(columns.churn.value) == len(columns.readiness.value)


def measure(accounts: int, events: int) -> dict[str, float]:
    """All figures of one size."""
    memory, adding = filled(accounts, events)
    measures = MeasureSet(DEFAULT_MEASURES, CONTEXT)
    began, began_cpu = time.perf_counter(), time.process_time()
    evaluate_all(measures, memory, accounts)
    everybody, everybody_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    began = time.perf_counter()
    score_everybody(memory, accounts, measures, with_rule_scores=False)
    with_health = time.perf_counter() - began
    began = time.perf_counter()
    score_everybody(memory, accounts, measures, with_rule_scores=True)
    with_rule_scores = time.perf_counter() - began
    rng, touched = np.random.default_rng(2), []
    for _ in range(20):
        rows = np.sort(rng.choice(accounts, TOUCHED, replace=False))
        began = time.perf_counter()
        measures.evaluate(memory.substrate(rows))
        touched.append(time.perf_counter() - began)
    return {
        "accounts": accounts,
        "series": memory.cube.series,
        "bytes_an_account": round((memory.cube.nbytes + memory.users.nbytes + memory.users.nbytes_kept) / accounts),
        "bytes_of_users_an_account": round(memory.users.nbytes_pairs / accounts),
        "events_added_a_second": round(accounts * events / adding),
        "everybody_seconds": round(everybody, 2),
        "everybody_with_health_seconds": round(with_health, 2),
        "everybody_with_health_and_rule_scores_seconds": round(with_rule_scores, 2),
        "everybody_cpu_seconds": round(everybody_cpu, 2),
        "touched_500_ms": round(float(np.median(touched)) * 1000, 2),
        "resident_mb": round(psutil.Process().memory_info().rss / 1e6),
    }


def main() -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--events", type=int, default=20, help="events of an account, over 100 days")
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    report = Report("rescore")
    targets = {100_000: "<= 1", 1_000_000: "<= 8"}
    for accounts in asked.accounts:
        figures = measure(accounts, asked.events)
        print(json.dumps(figures), flush=True)
        for name, value in figures.items():
            target = targets.get(accounts, "") if name == "everybody_with_health_seconds" else ""
            report.add(f"{accounts:,} accounts: {name}", value, "", target=target)
    report.show(save=asked.save)


if __name__ == "__main__":
    main()
