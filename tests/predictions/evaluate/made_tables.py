"""Small made-up tables in which it is known what can be foreseen."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np


def customers(rows: int, *, seed: int = 1, slope: float = 2.0) -> dict[str, list[str]]:
    """Customers whose chance to leave follows their use (slope 0: nothing foretells it)."""
    rng = np.random.default_rng(seed)
    use = rng.standard_normal(rows)
    leaves = rng.random(rows) < 1 / (1 + np.exp(1.2 + slope * use))
    return {
        "customer": [f"acc-{n:05d}" for n in range(rows)],
        "use": [f"{value:.3f}" for value in use],
        "plan": [("basic", "team", "enterprise")[n] for n in rng.integers(0, 3, rows)],
        "noise": [f"{value:.3f}" for value in rng.random(rows)],
        "churned": ["Yes" if left else "No" for left in leaves],
    }


def write_csv(path: Path, table: Mapping[str, Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path
