"""Runs every test: the many on all cores first, then those that need the machine to themselves.

`./run test` passes its arguments here. `--full` runs the chaos tests at their stated size and commits
nothing by itself: the dated result is written under benchmarks/results/.
"""

from __future__ import annotations

import os
import sys

import pytest

PARTS = (
    ["-m", "not chaos and not browser", "-n", "2"],
    ["-m", "browser", "-n", "2", "--dist", "loadfile"],
    ["-m", "chaos", "-n", "0"],
)
"""Each half of the browser tests has a made-up company of its own, whose story its files go on telling. Chaos tests kill
processes and watch the clock, so they run one at a time and last."""

NO_TESTS = 5


def main(arguments: list[str]) -> int:
    """Run the parts in order; the first failing part ends the run with its code."""
    if "--full" in arguments:
        arguments = [argument for argument in arguments if argument != "--full"]
        os.environ["FORESTAY_TEST_FULL"] = "1"
    if any(argument.endswith(".py") or "::" in argument or argument == "--collect-only" for argument in arguments):
        return int(pytest.main(arguments))
    for part in PARTS:
        code = int(pytest.main([*part, *arguments]))
        if code not in (0, NO_TESTS):
            return code
    return 0


if __name__ == "__main__":
    outcome = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(outcome)  # no teardown of the interpreter: the query engine reports its own objects there as leaks
