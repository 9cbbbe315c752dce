"""`forestay simulate`: writes a made-up company to a folder, with progress."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from forestay.kit import clock
from forestay.kit.errors import Invalid
from forestay.simulator.command import run
from forestay.simulator.spec import CompanySpec


def simulate_company(out: Path, *, accounts: int, months: int, seed: int, until: str | None) -> None:
    """Make the company and say what was written. Raises Invalid for a day that is none."""
    spec = CompanySpec(seed=seed, accounts=accounts, months=months, until=_moment(until))
    console = Console(highlight=False)
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("making it up", total=None)
        summary = run(
            spec, out, lambda done, total, what: progress.update(bar, completed=done, total=total, description=what)
        )
    console.print(summary.text())


def _moment(day: str | None) -> datetime:
    if day is None:
        return clock.now()
    try:
        moment = datetime.fromisoformat(day)
    except ValueError as error:
        raise Invalid(f"'{day}' is no day; write it as 2026-12-31", place="--until") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
