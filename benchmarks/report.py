"""Collects the figures of one benchmark run, prints them beside their targets, and saves them dated when asked."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass
class Figure:
    """One measured number. runs: the single values behind a median."""

    name: str
    value: float
    unit: str
    target: str = ""
    runs: list[float] = field(default_factory=list)


@dataclass
class Report:
    """All figures of one run of one benchmark, with the conditions it ran under."""

    name: str
    conditions: dict[str, str | float] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, *, target: str = "", runs: Sequence[float] = ()) -> None:
        self.figures.append(Figure(name, round(value, 4), unit, target, [round(run, 4) for run in runs]))
        print(f"  {name:<58} {value:>12,.3f} {unit:<10} {'target ' + target if target else ''}", flush=True)

    def show(self, *, save: bool) -> None:
        """Save as results/<name>-<date>.json when asked."""
        load = os.getloadavg()[0]
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f}"
        print(f"{self.name}: {machine}")
        if save:
            RESULTS.mkdir(exist_ok=True)
            day = datetime.now(UTC).date().isoformat()
            body = {"benchmark": self.name, "date": day, "machine": machine, "conditions": self.conditions}
            body["figures"] = [asdict(figure) for figure in self.figures]  # type: ignore[assignment]
            (RESULTS / f"{self.name}-{day}.json").write_text(json.dumps(body, indent=1) + "\n")
