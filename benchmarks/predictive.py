"""How well the predictive engine foretells, on public data and on made-up companies, with the protocol of each section.

Run   : python -m benchmarks.predictive [--only telco pysurvival cdnow crm5 ravenstack simulator] [--save]
        [--data FOLDER] [--accounts 20000] [--months 24] [--seeds 1 2 3]
Prints: the protocol of each section, its figures beside their targets, intervals as [low, high] in `runs`
Source: issue 4, 'Must hold, measured'; what the figures mean is said in docs/predictions-measured.md

--save writes one file a section (results/predictive-<section>-<date>.json), so that one section can be run anew. Figures
do not depend on the machine, only on seeds and on the versions of numpy and LightGBM; seconds do.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import (
    predictive_cdnow,
    predictive_crm5,
    predictive_ravenstack,
    predictive_simulator,
    predictive_survival,
    predictive_telco,
)
from benchmarks.report import Report

SECTIONS = ("telco", "pysurvival", "cdnow", "crm5", "ravenstack", "simulator")
DATA = Path(os.environ.get("FORESTAY_BENCHMARK_DATA", "../shared/data"))


def main() -> None:
    """Run the sections asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with ibm-telco, pysurvival, cdnow, ...")
    parser.add_argument("--accounts", type=int, default=20_000, help="of each made-up company")
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    for section in asked.only:
        run, words = _section(section, asked)
        print(f"\n== {section}\n{words}", flush=True)
        report, began = Report(f"predictive-{section}"), time.perf_counter()
        run(report)
        report.add("seconds", time.perf_counter() - began, "s")
        report.show(save=asked.save)


def _section(name: str, asked: argparse.Namespace) -> tuple[Callable[[Report], None], str]:
    """What to run, and its protocol (the module's docstring)."""
    simulated = partial(
        predictive_simulator.simulator, accounts=asked.accounts, months=asked.months, seeds=tuple(asked.seeds)
    )
    sections: dict[str, tuple[Callable[[Report], None], str | None]] = {
        "telco": (partial(predictive_telco.telco, folder=asked.data), predictive_telco.__doc__),
        "pysurvival": (partial(predictive_survival.pysurvival, folder=asked.data), predictive_survival.__doc__),
        "cdnow": (partial(predictive_cdnow.cdnow, folder=asked.data), predictive_cdnow.__doc__),
        "crm5": (partial(predictive_crm5.crm5, folder=asked.data), predictive_crm5.__doc__),
        "ravenstack": (partial(predictive_ravenstack.ravenstack, folder=asked.data), predictive_ravenstack.__doc__),
        "simulator": (simulated, predictive_simulator.__doc__),
    }
    run, words = sections[name]
    return run, words or ""


if __name__ == "__main__":
    main()
