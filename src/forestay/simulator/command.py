"""`forestay simulate`: make a company and write its files.

Gives: run(), report().
"""

from __future__ import annotations

from pathlib import Path

from forestay.simulator.company import simulate
from forestay.simulator.files import Progress, Summary, nobody_watches, write_files
from forestay.simulator.spec import CompanySpec


def run(spec: CompanySpec, out: Path, progress: Progress = nobody_watches) -> Summary:
    """Simulate a company and write it to a folder; the truth goes beside it. See files.write_files()."""
    return write_files(simulate(spec), out, progress)


def report(summary: Summary) -> str:
    """What was written, in lines for a terminal."""
    lines = [f"{count:>10,} {kind}" for kind, count in summary.rows.items()]
    lines.append(f"{summary.events:>10,} events in events.parquet")
    lines.append(f"{summary.segment_messages:>10,} Segment calls in {summary.segment_bodies} bodies")
    return "\n".join((*lines, f"files in {summary.folder}", f"truth in {summary.truth} (the product never reads it)"))
