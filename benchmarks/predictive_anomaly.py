"""Unusual use, measured: planted incidents in made-up companies, and the spike planted in the retentioneering set.

    python -m benchmarks.predictive_anomaly [--save] [--accounts 700] [--seeds 3]

Every day of 140 is judged as the worker judges it: from the 100 days that it remembers, lines laid anew every week from
those days alone. Every fortnight a tenth of the accounts lose all their sessions from then on and another tenth lose 60 %
of them (each session by chance); what is found within 14 days counts. All other account-days are ordinary: each alarm
that begins there is false. 'By chance' is how many ordinary accounts have an alarm of a fall in such a fortnight.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import resource
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.report import Report
from forestay.health.anomaly import QUIET_DAYS, Lines, lines_of, unusual
from forestay.health.ordinary import ordinary_of
from forestay.kit.clock import DAY_MICROS
from forestay.simulator import CompanySpec, simulate
from forestay.simulator.catalogue import EVENT_NUMBER, SIGNED_IN
from forestay.simulator.spec import Untidiness

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REMEMBERED, BLOCK, BLOCKS = 100, 14, 10
ENOUGH = 3.0
"""Sessions a week from which an account is counted apart: about a third of the accounts have fewer."""
SHARE = 0.1
DATA = Path(__file__).parents[2] / "shared" / "data" / "retentioneering-ecom" / "ecom.csv.gz"
SPIKE = (date(2024, 2, 29), date(2024, 3, 3))


@dataclass(frozen=True, slots=True)
class Company:
    """sessions (rows, 4): account's place, day's place, events, sign-ins; lives (n, 2): first and last day's place."""

    accounts: int
    days: int
    sessions: Ints
    lives: Ints

    def daily(self, keep: npt.NDArray[np.bool_], column: int) -> Floats:
        found = np.zeros((self.accounts, self.days))
        rows = self.sessions[keep]
        np.add.at(found, (rows[:, 0], rows[:, 1]), rows[:, column])
        return found


@dataclass
class Tally:
    """found: incidents by kind, [found, all, found where >= ENOUGH a week, all such]."""

    found: dict[str, list[int]] = field(
        default_factory=lambda: {kind: [0, 0, 0, 0] for kind in ("zero", "drop", "none")}
    )
    alarms: int = 0
    account_days: int = 0


def company(seed: int, accounts: int) -> Company:
    spec = CompanySpec(seed=seed, accounts=accounts, months=12, until=datetime(2026, 11, 1, tzinfo=UTC), stories=False,
                       untidiness=Untidiness(outage_days=0))  # fmt: skip
    days, parts, lives = spec.until_day - spec.start_day, [], []
    for at, life in enumerate(simulate(spec).accounts()):
        day = life.usage.at // DAY_MICROS - spec.start_day
        here = (day >= 0) & (day < days)
        key, place = np.unique(np.stack([day[here], life.usage.user[here]], axis=1), axis=0, return_inverse=True)
        signed = life.usage.name[here] == EVENT_NUMBER[SIGNED_IN]
        counts = [np.bincount(place, weights, minlength=len(key)) for weights in (None, signed.astype(float))]
        parts.append(np.column_stack([np.full(len(key), at), key[:, 0], *counts]).astype(np.int64))
        lives.append((max(0, life.profile.since_day), min(days, life.latent.end_day)))
    return Company(accounts, days, np.concatenate(parts), np.array(lives))


def watch(made: Company, columns: tuple[int, ...], alarms_90_days: float, seed: int) -> Tally:
    rng, tally = np.random.default_rng(seed), Tally()
    everything = made.daily(np.ones(len(made.sessions), bool), 3)
    kinds = rng.random(made.accounts) < 0.5
    luck = rng.random(len(made.sessions))
    last_alarm = np.full(made.accounts, -1000)
    for block in range(BLOCKS):
        start = made.days - BLOCK * (BLOCKS - block)
        chosen = rng.random(made.accounts) < 2 * SHARE
        zero, drop = chosen & kinds, chosen & ~kinds
        after = made.sessions[:, 1] >= start
        lost = after & (zero[made.sessions[:, 0]] | (drop[made.sessions[:, 0]] & (luck < 0.6)))
        series = [made.daily(~lost, column) for column in columns]
        here = (made.lives[:, 0] <= start - REMEMBERED + 1) & (made.lives[:, 1] >= start + BLOCK)
        fell = _block(series, here, start, alarms_90_days, chosen, last_alarm, tally)
        weekly = everything[:, start - 56 : start].sum(axis=1) / 8
        for kind, group in (("zero", zero), ("drop", drop), ("none", ~chosen)):
            for offset, some in ((0, group & here), (2, group & here & (weekly >= ENOUGH))):
                tally.found[kind][offset] += int(fell[some].sum())
                tally.found[kind][offset + 1] += int(some.sum())
    return tally


def _block(
    series: list[Floats], here: npt.NDArray[np.bool_], start: int, alarms_90_days: float, chosen: npt.NDArray[np.bool_],
    last_alarm: Ints, tally: Tally,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Judge a fortnight day by day; gives which accounts had an alarm of a fall."""
    rows, fell, lines = np.flatnonzero(here), np.zeros(len(here), bool), Lines()
    for today in range(start, start + BLOCK):
        known = [daily[rows, today - REMEMBERED + 1 : today + 1] for daily in series]
        if (today - start) % 7 == 0:
            lines = lines_of(known, [ordinary_of(daily) for daily in known], alarms_90_days)
        direction = unusual(*known, lines=lines).direction
        fell[rows[direction < 0]] = True
        out = rows[(direction != 0) & ~chosen[rows]]
        tally.alarms += int((today - last_alarm[out] > QUIET_DAYS).sum())
        last_alarm[out] = today
        tally.account_days += int((~chosen[rows]).sum())
    return fell


def planted(report: Report, accounts: int, seeds: int) -> None:
    companies = [company(100 + seed, accounts) for seed in range(seeds)]
    for columns, series in (((2,), "events"), ((3,), "sign-ins"), ((2, 3), "both")):
        for rate in (1.0, 0.5, 0.25):
            tallies = [watch(made, columns, rate, seed) for seed, made in enumerate(companies)]
            name = f"{series}, lines for {rate:g} a quarter"
            runs = [90 * one.alarms / one.account_days for one in tallies]
            report.add(f"{name}: false alarms / 90 days", float(np.mean(runs)), "", target="<= 1", runs=runs)
            for kind, target in (("zero", ">= .98"), ("drop", ">= .30, goal .60"), ("none", "")):
                word = {"zero": "use to zero", "drop": "60 % drop", "none": "by chance"}[kind]
                for offset, which in ((0, "all"), (2, f">= {ENOUGH:g} sessions a week")):
                    runs = [one.found[kind][offset] / max(1, one.found[kind][offset + 1]) for one in tallies]
                    report.add(f"{name}: {word}, {which}", float(np.mean(runs)), "", target=target, runs=runs)
    count = sum(sum(watch(made, (2,), 1.0, 0).found[kind][1] for kind in ("zero", "drop")) for made in companies[:1])
    report.add("incidents a company and series", count, "")


def spike(report: Report) -> None:
    """The retentioneering set: its spike in the counts that show one, and incidents of our own planted in the whole."""
    names: dict[tuple[str, date], int] = {}
    with gzip.open(DATA, "rt") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["timestamp"][:10])
            for name in ("everything", row["event"]):
                names[name, day] = names.get((name, day), 0) + 1
    days = [
        date.fromordinal(at)
        for at in range(min(day for _, day in names).toordinal(), max(day for _, day in names).toordinal() + 1)
    ]
    for name in ("everything", "support_chat"):
        counts = np.array([[names.get((name, day), 0) for day in days]], float)
        is_in = np.array([SPIKE[0] <= day <= SPIKE[1] for day in days])
        near = np.array([abs((day - SPIKE[0]).days) <= 14 for day in days]) & ~is_in
        direction = judged(counts)
        times = counts[0, is_in].mean() / counts[0, near].mean()
        report.add(f"retentioneering, {name}: days of the spike against the month around", times, "x")
        report.add(
            f"retentioneering, {name}: days of the spike with an alarm", int((direction[is_in] > 0).sum()), "of 4"
        )
        report.add(
            f"retentioneering, {name}: alarms that begin on other days",
            began(direction, ~is_in),
            f"of {(~is_in).sum()}",
        )
    everything = np.array([[names.get(("everything", day), 0) for day in days]], float)
    rng = np.random.default_rng(3)
    for word, keep, up in (("use to zero", 0.0, 1), ("60 % drop", 0.4, 1), ("spike to twice", 1.0, 2)):
        starts = range(REMEMBERED, len(days) - BLOCK, 3)
        hits = 0
        for start in starts:
            changed = everything.copy()
            changed[0, start:] = up * rng.binomial(everything[0, start:].astype(int), keep)
            direction = judged(changed, start, start + BLOCK)
            hits += bool((direction == (1 if up > 1 else -1)).any())
        report.add(
            f"retentioneering, whole site: {word} planted, found within 14 days",
            hits / len(starts),
            f"of {len(starts)}",
        )


def judged(counts: Floats, first: int = 0, last: int | None = None) -> npt.NDArray[np.int8]:
    """Direction on each day from `first`, knowing only the days before."""
    ends = range(first, counts.shape[1] if last is None else last)
    return np.array([unusual(counts[:, max(0, end - REMEMBERED + 1) : end + 1]).direction[0] for end in ends], np.int8)


def began(direction: npt.NDArray[np.int8], here: npt.NDArray[np.bool_]) -> int:
    out = (direction != 0) & here
    return int((out & ~np.concatenate(([False], direction[:-1] != 0))).sum())


def speed(report: Report) -> None:
    daily = np.random.default_rng(1).poisson(2.0, (10_000, REMEMBERED)).astype(float)
    began = time.process_time()
    unusual(daily, daily)
    report.add("10,000 accounts, two series, lines laid anew: CPU", time.process_time() - began, "s")
    report.add("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--accounts", type=int, default=700)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    report = Report("predictive-anomaly", {"accounts": options.accounts, "seeds": options.seeds})
    spike(report)
    planted(report, options.accounts, options.seeds)
    speed(report)
    report.show(save=options.save)


if __name__ == "__main__":
    main()
