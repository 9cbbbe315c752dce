"""`python -m forestay.simulator --accounts 20 --months 3 --out demo-data`: the simulator without the rest of the product."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from forestay.kit.clock import now
from forestay.simulator.command import run
from forestay.simulator.spec import CompanySpec


def main(arguments: list[str]) -> None:
    """Read the options, write the files, say what was written."""
    parser = argparse.ArgumentParser(prog="python -m forestay.simulator", description="Make up a B2B software company.")
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--until", type=datetime.fromisoformat, default=None, help="end of the history; now if not given"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    until = now() if given.until is None else given.until
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    spec = CompanySpec(seed=given.seed, accounts=given.accounts, months=given.months, until=until)
    sys.stdout.write(run(spec, given.out).text() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
