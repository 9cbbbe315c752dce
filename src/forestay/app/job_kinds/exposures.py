"""What measures said of accounts before each intervention, out of the lake by the reader that training sets use.

Reads : interventions that wait, the lake (past_values, signals.past_columns)
Gives : look_back(), LookBack
Writes: interventions.covariates, through outcomes.known_before

Each intervention is read once, so a day costs what was new on it. The workspace's own definition of a measure counts; one
that it does not have is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from forestay.app.job_kinds.past import open_past
from forestay.app.job_kinds.past_values import values_before
from forestay.app.job_kinds.workshop import Workshop
from forestay.outcomes.covariates import MEASURES
from forestay.outcomes.known_before import keep_measures, waiting_for_measures
from forestay.store.changes import about
from forestay.store.jobs import Job

LookBack = Callable[[int], int]
"""Keeps what was known before the interventions of a workspace; gives of how many."""


def look_back(job: Job, workshop: Workshop, workspace_id: int) -> int:
    """Until none waits: a month of them in one reading and one transaction. Gives how many were kept."""
    kept = 0
    with workshop.store.begin_worker() as connection:
        waiting = waiting_for_measures(connection, workspace_id)
    if not len(waiting):
        return kept
    with open_past(replace(job, workspace_id=workspace_id), workshop) as past:
        while len(waiting):
            values = values_before(past, waiting.account_ids, waiting.days, MEASURES)
            with workshop.store.begin_worker() as connection:
                about(connection, (workspace_id,))
                keep_measures(connection, workspace_id, waiting, values)
                kept += len(waiting)
                waiting = waiting_for_measures(connection, workspace_id)
    return kept
