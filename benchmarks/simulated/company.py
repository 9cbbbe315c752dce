"""A made-up company of any size as matrices, made side by side and kept in a temporary folder.

Reads : simulated.block
Gives : Measured, measured(), spec_of(), folder_of()

    python -m benchmarks.simulated.company --accounts 20000 --months 24 --seeds 1 2 3

makes them beforehand. What is kept belongs to one state of the simulator and of the measures: a change of either is
another folder (FORESTAY_SIMULATED_DIR names the place, else the system's temporary folder).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

import forestay
from benchmarks.simulated.block import COLUMNS, HORIZONS, Block, block_of, grid_of
from forestay.predictions.snapshots import Labels, Snapshots
from forestay.simulator.account import live_account
from forestay.simulator.people import NEVER
from forestay.simulator.spec import MEASURED, CompanySpec

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 100
_SOURCES = {
    "simulator": "account commerce conversation helping latent leaving oracle people places profile shocks spec usage",
    "measures": "defaults event_kinds fact_kinds history offline reading record_facts",
    "health": "dimension score scorecard",
}
"""The modules by room whose change would change what is kept."""
_EVENT_REACH = 42
"""Days lived beyond the end of history, so that a last activity near the end is one."""


def spec_of(seed: int, accounts: int = 20_000, months: int = 24) -> CompanySpec:
    """The company that predictions are measured on: no stories, hard to foresee (spec.MEASURED)."""
    return CompanySpec(
        seed=seed, accounts=accounts, months=months, until=UNTIL, stories=False, segment_days=0, leaving=MEASURED
    )


@dataclass(frozen=True)
class Measured:
    """A company: the block of all its accounts (n,) over the grid (m,), and how long it took to make (CPU seconds)."""

    spec: CompanySpec
    grid: npt.NDArray[np.int32]
    block: Block
    names: tuple[str, ...]
    cpu_seconds: float

    @cached_property
    def at(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Account index and day index of every snapshot, by day and then by account: where customers are."""
        day, account = np.nonzero(self.block.is_customer.T)
        return account, day

    def snapshots(self) -> Snapshots:
        """What the product knew; one row a customer and day of the grid."""
        account, day = self.at
        values = self.block.values[account, day]
        arr = 12.0 * values[:, self.names.index("measure.mrr")].astype(np.float64)
        return Snapshots(self.block.account[account], self.grid[day].astype(np.int64), self.names, values, arr)

    def churn(self) -> Labels:
        """The last day as a customer, as far as the history tells it."""
        return self._labels(self.block.last_day)

    def oracle(self, horizon: int) -> npt.NDArray[np.float64]:
        """The oracle's chance for every snapshot; horizon: one of block.HORIZONS."""
        account, day = self.at
        found = self.block.oracle[account, day, HORIZONS.index(horizon)]
        return np.asarray(found, np.float64)

    def of_account(self, name: str) -> npt.NDArray[np.generic]:
        """A column of Block by account, for every snapshot ('is_random', 'reason', ...)."""
        column: npt.NDArray[np.generic] = getattr(self.block, name)[self.at[0]]
        return column

    def _labels(self, last: npt.NDArray[np.int64]) -> Labels:
        account, day = self.at
        known = (self.grid[-1] - self.grid[day]).astype(np.float64)
        left = (last[account] - self.grid[day]).astype(np.float64)
        return Labels(np.where(left <= known, left, np.inf), known)


def measured(spec: CompanySpec, *, processes: int = 2) -> Measured:
    """The company of a spec, out of the temporary folder or made anew."""
    folder = folder_of(spec)
    if not (folder / "made").exists():
        _make(spec, folder, processes)
    parts = {field.name: np.load(folder / f"{field.name}.npy") for field in fields(Block)}
    names = tuple((folder / "names").read_text().split())
    return Measured(spec, grid_of(spec), Block(**parts), names, float((folder / "made").read_text()))


def _make(spec: CompanySpec, folder: Path, processes: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    work = [(spec, begin) for begin in range(0, spec.accounts, CHUNK)]
    blocks, seconds = list[Block](), 0.0
    with get_context("forkserver").Pool(processes) as pool:
        for block, spent in pool.imap(_chunk, work):
            blocks.append(block)
            seconds += spent
    for field in fields(Block):
        np.save(folder / f"{field.name}.npy", np.concatenate([getattr(block, field.name) for block in blocks]))
    (folder / "names").write_text("\n".join(COLUMNS))
    (folder / "made").write_text(str(seconds))


def _chunk(asked: tuple[CompanySpec, int]) -> tuple[Block, float]:
    spec, begin = asked
    began = time.process_time()
    numbers = range(begin, min(begin + CHUNK, spec.accounts))
    lives = [live_account(spec, number, days=spec.days + _EVENT_REACH) for number in numbers]
    block = block_of(spec, lives, grid_of(spec))
    return block, time.process_time() - began


def folder_of(spec: CompanySpec, what: str = "") -> Path:
    """Where something about a company is kept; another folder whenever what makes it has changed."""
    digest = hashlib.sha256(repr(spec).encode())
    for source in _sources():
        digest.update(source.read_bytes())
    root = Path(os.environ.get("FORESTAY_SIMULATED_DIR", Path(tempfile.gettempdir()) / "forestay-simulated"))
    return root / f"{what}{spec.accounts}x{spec.months}-{spec.seed}-{digest.hexdigest()[:12]}"


def _sources() -> Iterator[Path]:
    package = Path(str(forestay.__file__)).parent
    for room, names in _SOURCES.items():
        yield from (package / room / f"{name}.py" for name in names.split())
    yield from (Path(__file__).parent / name for name in ("rows.py", "block.py"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    for seed in asked.seeds:
        began = time.perf_counter()
        made = measured(spec_of(seed, asked.accounts, asked.months), processes=asked.processes)
        left = made.block.last_day < NEVER
        print(f"seed {seed}: {len(made.at[0]):,} snapshots, {int(left.sum())} left, "
              f"{time.perf_counter() - began:.0f} s wall, {made.cpu_seconds:.0f} CPU-s to make", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
