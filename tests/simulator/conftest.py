"""One small company and its files for all tests of the room: made once, never changed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from forestay.simulator import Company, CompanySpec, Summary, simulate, write_files
from forestay.simulator.account import AccountLife

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Made:
    """A company, its lives (futures included) and what it wrote."""

    company: Company
    lives: list[AccountLife]
    folder: Path
    truth: Path
    summary: Summary

    @property
    def spec(self) -> CompanySpec:
        return self.company.spec

    def rows(self, kind: str) -> list[dict[str, str]]:
        with (self.folder / f"{kind}.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @cached_property
    def events(self) -> dict[str, list[object]]:
        columns: dict[str, list[object]] = pq.read_table(self.folder / "events.parquet").to_pydict()
        return columns

    @cached_property
    def messages(self) -> list[dict[str, object]]:
        lines = (self.folder / "segment-history.jsonl").read_bytes().splitlines()
        return [message for line in lines for message in msgspec.json.decode(line)["batch"]]

    @cached_property
    def anomalies(self) -> dict[str, list[object]]:
        columns: dict[str, list[object]] = pq.read_table(self.truth / "anomalies.parquet").to_pydict()
        return columns


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    company = simulate(CompanySpec(seed=7, accounts=60, months=12, until=UNTIL))
    folder = tmp_path_factory.mktemp("company") / "product"
    summary = write_files(company, folder)
    return Made(company, list(company.accounts()), folder, summary.truth, summary)


@pytest.fixture(scope="session")
def many() -> list[AccountLife]:
    """Five hundred accounts' histories, for what shows only in numbers."""
    company = simulate(CompanySpec(seed=8, accounts=500, months=12, until=UNTIL, stories=False))
    return [company.account(number, company.spec.days) for number in range(500)]
