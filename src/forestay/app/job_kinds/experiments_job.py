"""The job 'experiments': every hour a look at all tests and holdouts of journeys.

Gives : carry_out(), KIND
Reads : what journeys/experiments/evaluate.py reads
Writes: journey_outcomes, journey_arms; the job's result counts tests by verdict
Source: issue 'Journeys' 7

One job for all workspaces, one transaction each; it stands under the workspace with the lowest number. It may be
killed at any point and begun again: what is settled stays so, and a look may be repeated at any time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import text

from forestay.app.job_kinds.workshop import Workshop
from forestay.app.looks import KIND
from forestay.journeys.experiments.evaluate import evaluate_tests
from forestay.kit.clock import SystemClock
from forestay.store.jobs import Job
from forestay.store.shapes import Json

__all__ = ["KIND", "carry_out"]

_TESTING = text("SELECT DISTINCT workspace_id FROM journey_exposures ORDER BY workspace_id")


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Evaluate the tests of every workspace that has any; gives how many came to which verdict."""
    with workshop.store.begin_worker() as connection:
        spaces = [int(number) for number in connection.execute(_TESTING).scalars()]
    verdicts: Counter[str] = Counter()
    for done, number in enumerate(spaces):
        workshop.say(job, done, len(spaces), "tests")
        with workshop.store.begin_worker() as connection:
            verdicts.update(report.verdict for report in evaluate_tests(connection, number, SystemClock().now()))
    return {"workspaces": len(spaces), "tests": dict(verdicts)}
