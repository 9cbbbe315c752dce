"""`forestay simulate`: make a company and write its files.

Gives: run().
"""

from __future__ import annotations

from pathlib import Path

from forestay.simulator.company import simulate
from forestay.simulator.files import Progress, Summary, nobody_watches, write_files
from forestay.simulator.spec import CompanySpec


def run(spec: CompanySpec, out: Path, progress: Progress = nobody_watches) -> Summary:
    """Simulate a company and write it to a folder; the truth goes beside it. See files.write_files()."""
    return write_files(simulate(spec), out, progress)
