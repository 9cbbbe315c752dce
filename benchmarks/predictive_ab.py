"""Tests of arms with twenty looks: how often they are wrong, how much power is left, and what a hundred thousand
exposures cost the page that shows them.

    python -m benchmarks.predictive_ab [--quick] [--save]

Each simulated test is looked at twenty times, evenly, and stopped at the first interval that excludes zero; the yardstick is
the usual test at the end, looked at once. The intervals are those of journeys/experiments/confidence.py, unchanged.
'planned': the number of subjects was said beforehand; 'by itself': nobody said it, so the product plans for four weeks
(experiments/planning.py), looked at every day of them, in traffic whose weeks swing by half; 'no end': as holdouts run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import insert, text

from benchmarks.report import Report
from forestay.journeys.experiments.confidence import LINE_SHARE, difference
from forestay.journeys.experiments.evaluate import evaluate_tests, report_tests
from forestay.journeys.experiments.planning import DAYS, bound_after
from forestay.journeys.read import body_of
from forestay.store.database import Store
from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole
from forestay.store.tables import governance

Floats = npt.NDArray[np.float64]
LOOKS, ALPHA = 20, 0.05


@dataclass(frozen=True)
class Setting:
    """n: subjects of both arms; draw(random, n, is_arm, with_effect) -> outcomes."""

    name: str
    n: int
    draw: Callable[[np.random.Generator, npt.NDArray[np.bool_], bool], Floats]


def rate(base: float, effect: float) -> Callable[[np.random.Generator, npt.NDArray[np.bool_], bool], Floats]:
    def draw(random: np.random.Generator, is_arm: npt.NDArray[np.bool_], with_effect: bool) -> Floats:
        return (random.random(len(is_arm)) < base + effect * is_arm * with_effect).astype(np.float64)

    return draw


def money(effect: float) -> Callable[[np.random.Generator, npt.NDArray[np.bool_], bool], Floats]:
    """Revenue: a long tail (log-normal)."""

    def draw(random: np.random.Generator, is_arm: npt.NDArray[np.bool_], with_effect: bool) -> Floats:
        raw: Floats = np.exp(random.normal(0, 0.7, len(is_arm)))
        return raw + effect * is_arm * with_effect

    return draw


SETTINGS = (
    Setting("rate 30 %, +5.8 points, 2,000 subjects", 2000, rate(0.30, 0.058)),
    Setting("rate 10 %, +2.9 points, 4,000 subjects", 4000, rate(0.10, 0.029)),
    Setting("revenue, long tail, 2,000 subjects", 2000, money(0.12)),
)


def usual(outcome: Floats, is_arm: npt.NDArray[np.bool_]) -> bool:
    """The test that is looked at once."""
    one, other = outcome[is_arm], outcome[~is_arm]
    spread = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return bool(abs(one.mean() - other.mean()) > 1.959964 * spread)


def traffic(random: np.random.Generator, n: int) -> npt.NDArray[np.int_]:
    """Subjects by the end of each day of a test whose n subjects come in within four weeks that swing by half."""
    weeks = np.repeat(np.exp(0.5 * random.normal(size=4)), 7)
    return np.round(n * np.cumsum(weeks) / weeks.sum()).astype(int)


def by_days(outcome: Floats, is_arm: npt.NDArray[np.bool_], known: npt.NDArray[np.int_]) -> bool:
    """Whether any look at the end of a day was sure; as the product where nobody said a number."""
    chance = np.full(len(outcome), 0.5)
    for day, n in enumerate(known, start=1):
        if min(int(is_arm[:n].sum()), int((~is_arm[:n]).sum())) < 100:
            continue
        bound = bound_after(tuple(map(int, known[:day])), ALPHA * LINE_SHARE, DAYS)
        if difference(outcome[:n], is_arm[:n], chance[:n], ALPHA, bound=bound).interval.excludes_zero:
            return True
    return False


def ever(outcome: Floats, is_arm: npt.NDArray[np.bool_], planned: int | None, looks: int = LOOKS) -> bool:
    """Whether any of the looks was sure. As the product: nothing before 100 known outcomes in each arm."""
    chance = np.full(len(outcome), 0.5)
    for n in np.linspace(len(outcome) / looks, len(outcome), looks).astype(int):
        if min(int(is_arm[:n].sum()), int((~is_arm[:n]).sum())) < 100:
            continue
        if difference(outcome[:n], is_arm[:n], chance[:n], ALPHA, planned=planned).interval.excludes_zero:
            return True
    return False


def peeking(outcome: Floats, is_arm: npt.NDArray[np.bool_]) -> bool:
    """The usual test looked at twenty times: what everybody does, for comparison."""
    ends = np.linspace(len(outcome) / LOOKS, len(outcome), LOOKS).astype(int)
    return any(usual(outcome[:n], is_arm[:n]) for n in ends if n >= 200)


def statistics(report: Report, tests: int) -> None:
    for setting in SETTINGS:
        random = np.random.default_rng(7)
        found = {name: np.zeros(2) for name in ("usual", "peeking", "planned", "by itself", "no end")}
        for _ in range(tests):
            is_arm, known = random.random(setting.n) < 0.5, traffic(random, setting.n)
            for effect in (0, 1):
                outcome = setting.draw(random, is_arm, bool(effect))
                found["usual"][effect] += usual(outcome, is_arm)
                found["planned"][effect] += ever(outcome, is_arm, setting.n)
                found["by itself"][effect] += by_days(outcome, is_arm, known)
                found["no end"][effect] += ever(outcome, is_arm, None)
                if not effect:
                    found["peeking"][effect] += peeking(outcome, is_arm)
        share = {name: counts / tests for name, counts in found.items()}
        margin = 1.96 * np.sqrt(0.05 * 0.95 / tests)
        print(f" {setting.name}; {tests} tests, +-{margin:.3f} on a rate of 5 %")
        report.add(f"{setting.name}: power, usual test once", float(share["usual"][1]), "share")
        report.add(f"{setting.name}: false, usual test 20 looks", float(share["peeking"][0]), "share")
        for name, target in (("planned", ">= .75"), ("by itself", ">= .75"), ("no end", "")):
            report.add(f"{setting.name}: false, {name}", float(share[name][0]), "share", target="<= .05")
            kept = float(share[name][1] / share["usual"][1])
            report.add(f"{setting.name}: power kept, {name}", kept, "share", target=target)


def page(report: Report, exposures: int) -> None:
    """What the page of a test costs with so many exposures, each with two outcomes."""
    with tempfile.TemporaryDirectory(prefix="forestay-bench-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "data")
        server.start()
        try:
            prepare({role: server.dsn(role) for role in DatabaseRole}, server.data_dir)
            store = Store.connect(server.dsn(DatabaseRole.OWNER), role=DatabaseRole.OWNER)
            _measure(report, store, exposures)
            store.close()
        finally:
            server.kill()


def _measure(report: Report, store: Store, exposures: int) -> None:
    with store.begin_worker() as connection:
        made = insert(governance.workspaces).values(slug="acme", name="Acme").returning(governance.workspaces.c.id)
        workspace = int(connection.execute(made).scalar_one())
        _fill(connection, workspace, exposures)
        connection.execute(text("ANALYZE"))
    now = datetime(2026, 11, 22, tzinfo=UTC)
    started = time.perf_counter()
    with store.begin_worker() as connection:
        evaluate_tests(connection, workspace, now)
    report.add("first look, all noted and settled", time.perf_counter() - started, "s")
    runs, ours = [], []
    for _ in range(3):
        started, used = time.perf_counter(), time.process_time()
        with store.begin_worker() as connection:
            found = report_tests(connection, workspace, "rescue")
        runs.append(time.perf_counter() - started)
        ours.append(time.process_time() - used)
    report.add("of it the server's own CPU time, without PostgreSQL", float(np.median(ours)), "s", runs=ours)
    print(f"  {found[0].verdict}: {found[0].words}")
    report.add(f"page of a test with {exposures:,} exposures", float(np.median(runs)), "s", target="<= 1 s", runs=runs)


def _fill(connection: object, workspace: int, n: int) -> None:
    import json

    journey = {
        "key": "rescue", "name": "Rescue", "owner": "cs-ops@example.com", "entry": [{"manual": True}], "start": "offer",
        "steps": {
            "offer": {
                "kind": "split", "arms": [{"port": "a", "share": 50}, {"port": "b", "share": 50}],
                "ports": {"a": "end", "b": "end"},
                "test": {"outcome": {"kind": "account", "became": "churned", "within_days": 30},
                         "also": [{"kind": "revenue", "of": "kept", "within_days": 30}]},
            },
            "end": {"kind": "exit"},
        },
    }  # fmt: skip
    run = connection.execute  # type: ignore[attr-defined]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    where = {"w": workspace, "n": n, "at": at, "body": json.dumps(body_of(journey)), "end": at + timedelta(days=40)}
    run(text("INSERT INTO journeys (workspace_id, key) VALUES (:w, 'rescue')"), where)
    run(text("INSERT INTO documents (workspace_id, kind, key, version, status, body, hash) "
             "VALUES (:w, 'journey', 'rescue', 1, 'published', cast(:body AS jsonb), 'x')"), where)  # fmt: skip
    run(text("INSERT INTO accounts (id, workspace_id, external_id, arr, churned_on) SELECT i, :w, 'a-' || i, 1200, "
             "CASE WHEN i % 10 = 0 THEN date '2026-06-20' END FROM generate_series(1, :n) AS i"), where)  # fmt: skip
    run(text("INSERT INTO subscriptions (workspace_id, external_id, account_id, mrr, started_on) "
             "SELECT :w, 's-' || i, i, 100, '2024-01-01' FROM generate_series(1, :n) AS i"), where)  # fmt: skip
    run(text("""INSERT INTO journey_exposures (workspace_id, journey_id, test, bucket_version, account_id, run_id, arm, at, shares)
                SELECT :w, 1, 'offer', 1, i, i, CASE WHEN random() < 0.5 THEN 'a' ELSE 'b' END,
                  :at + i * interval '1 second', '{"a": 0.5, "b": 0.5}'::jsonb FROM generate_series(1, :n) AS i"""), where)  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--save", action="store_true")
    asked.add_argument("--only", choices=("statistics", "page"))
    asked.add_argument("--tests", type=int, default=1000)
    order = asked.parse_args()
    tests, exposures = (100, 10_000) if order.quick else (order.tests, 100_000)
    report = Report("predictive-ab", {"tests": tests, "looks": LOOKS, "exposures": exposures, "alpha": ALPHA})
    if order.only != "statistics":
        page(report, exposures)
    if order.only != "page":
        statistics(report, tests)
    report.show(save=order.save)


if __name__ == "__main__":
    main()
