"""A ten-step journey simulated over the lake, rollups warm.

    python -m benchmarks.simulation [--save] [--small]

Lakes as benchmarks.backtest writes them. The journey is entered by a condition on use, branches on health, writes,
waits, asks a person and waits for use to come back. Sizes of the target: 10,000 accounts over 90 days, and 100,000
accounts over a year. Reading the lake is part of the time; peak memory is that of this process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time

import numpy as np

from benchmarks.backtest import TODAY, YEAR, write
from benchmarks.report import Report
from benchmarks.rescore import CONTEXT
from forestay.journeys.document import Journey
from forestay.journeys.read import from_text, read_journey
from forestay.journeys.simulation.report import SimulationReport
from forestay.journeys.simulation.simulate import Days, Ground, simulate
from forestay.lake.reads import LakeReader
from forestay.measures.defaults import DEFAULT_MEASURES
from forestay.measures.evaluate import MeasureSet
from forestay.measures.series import SeriesBook
from forestay.signals.columns import Making
from forestay.signals.past import LakePast

TEN_STEPS = """
key: ten-steps
name: Ten steps
owner: ops@example.com
consent: success
re_entry: {rule: after_exit, after: {days: 30}}
entry: [{condition: "measure.usage_change_28d < 0.8"}]
exit: {condition: "measure.days_since_activity >= 60"}
start: nudge
steps:
  nudge: {kind: message, channel: in_app, template: adoption-nudge, to: active_users, next: three-days}
  three-days: {kind: wait, for: {days: 3}, next: how}
  how:
    kind: condition
    branches:
      - {if: "measure.usage_change_28d >= 1", port: better}
      - {if: "measure.active_users_30d < 2", port: worse}
    ports: {better: well, worse: call, else: ask}
  ask: {kind: message, channel: email, template: low-usage-help, to: champion, next: week}
  week: {kind: wait, for: {days: 7}, next: call}
  call: {kind: task, title: Call, choices: [helped, lost], timeout: {days: 10}, ports: {helped: back, lost: lost, timeout: back}}
  back: {kind: wait_for, condition: "measure.usage_change_28d >= 1", timeout: {days: 21}, ports: {next: thanks, timeout: lost}}
  thanks: {kind: message, channel: email, template: recovery-thanks, to: champion, next: well}
  well: {kind: goal, reason: well}
  lost: {kind: exit, reason: lost}
"""


def journey() -> Journey:
    return read_journey(from_text(TEN_STEPS))


def run(root: str, accounts: int, days: int) -> tuple[float, float, SimulationReport]:
    measures = MeasureSet(DEFAULT_MEASURES, CONTEXT)
    book = SeriesBook.build(CONTEXT.features, CONTEXT.roles)
    numbers = np.arange(1, accounts + 1)
    lake = LakeReader(root, memory_mb=1000)
    unknown = lambda _key, wanted: np.full(len(wanted), np.nan)  # noqa: E731
    past = LakePast(lake, 1, numbers, np.full(accounts, -1), TODAY - 1, book, unknown, memory_mb=2000)
    began, spent = time.perf_counter(), time.process_time()
    made = simulate(journey(), Days(TODAY - days, TODAY - 1), Ground(past, Making(), measures))
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    lake.close()
    return seconds, cpu, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--small", action="store_true", help="a tenth of the accounts, to try it out")
    options = parser.parse_args()
    report, scale = Report("simulation"), 10 if options.small else 1
    for accounts, events, days, target in ((10_000, 1_000, 90, "<= 2"), (100_000, 200, YEAR, "<= 120")):
        with tempfile.TemporaryDirectory() as root:
            write(root, accounts // scale, events)
            seconds, cpu, made = run(root, accounts // scale, days)
            report.add(f"{accounts // scale:,} accounts x {days} days", seconds, "s", target=target)
            report.add("  CPU", cpu, "s")
            report.add("  runs entered", made.entered, "")
            report.add("  steps taken", sum(step.arrived for step in made.steps), "")
    report.add("peak memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "GB", target="<= 4")
    report.show(save=options.save)


if __name__ == "__main__":
    main()
