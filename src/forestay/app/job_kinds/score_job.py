"""The job 'score': reasons of the accounts most at risk, with what was usual for each and since when it is not.

Gives : carry_out(), KIND
Reads : predictions of the live churn model, stored columns, the lake (the weeks before)
Writes: predictions.reasons

The tick keeps every account's probability; this explains, after a promotion and once a day, those that people look at
first. Others are explained when somebody opens them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sqlalchemy import Connection, select

from forestay.api.queries.columns import stored_columns
from forestay.app.job_kinds.past import OpenPast, open_past
from forestay.app.job_kinds.past_values import history_over
from forestay.app.job_kinds.workshop import Workshop
from forestay.measures.ring import Ints
from forestay.predictions.kept_reasons import kept
from forestay.predictions.serving import Served, load_serving
from forestay.store.database import raw
from forestay.store.jobs import Job
from forestay.store.shapes import Json
from forestay.store.tables.predictions import predictions

if TYPE_CHECKING:
    from forestay.predictions.reasons import Reason

KIND = "score"
EXPLAINED = 2_000
"""Accounts that are explained, the riskiest first."""
MOST = 5
BACK_DAYS = 90
_PORTION = 500
_KEEP = """
UPDATE predictions AS p SET reasons = u.reasons::jsonb, reasons_at = now()
FROM unnest(%s::bigint[], %s::text[]) AS u (account_id, reasons)
WHERE p.workspace_id = %s AND p.account_id = u.account_id AND p.model_version = %s"""


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Explain; gives how many accounts."""
    with workshop.store.begin_worker() as connection:
        served = load_serving(connection, job.workspace_id).churn
        riskiest = [] if served is None else _riskiest(connection, job.workspace_id, served)
    if served is None or not riskiest:
        return {"explained": 0}
    tell = workshop.teller(job, len(riskiest), "accounts")
    with open_past(job, workshop) as past:
        for start in range(0, len(riskiest), _PORTION):
            some = np.array(riskiest[start : start + _PORTION], np.int64)
            _explain(job, workshop, past, served, some)
            tell(start + len(some))
    return {"explained": len(riskiest), "model_version": served.version}


def _riskiest(connection: Connection, workspace_id: int, served: Served) -> list[int]:
    last = predictions.c.horizons[len(served.model.document.horizons)]
    mine = (predictions.c.workspace_id == workspace_id) & (predictions.c.model_version == served.version)
    wanted = select(predictions.c.account_id).where(mine, predictions.c.state == "ok").order_by(last.desc())
    return [int(number) for number in connection.scalars(wanted.limit(EXPLAINED))]


def _explain(job: Job, workshop: Workshop, past: OpenPast, served: Served, some: Ints) -> None:
    today = past.history.last_day + 1
    with workshop.store.begin_worker() as connection:
        columns = stored_columns(connection, job.workspace_id, today, account_ids=some.tolist())
    place = {number: at for at, number in enumerate(columns.ids.tolist())}
    numbers = np.array([number for number in some.tolist() if number in place], np.int64)
    history = history_over(past, numbers, served.model.names, today, BACK_DAYS)
    found = served.model.reasons(
        columns.table, [place[number] for number in numbers.tolist()], MOST, words=past.configuration.words,
        history=history, today=today,
    )  # fmt: skip
    texts = [_text(own) for own in found]
    with workshop.store.begin_worker() as connection:
        raw(connection).execute(_KEEP, (numbers.tolist(), texts, job.workspace_id, served.version))


def _text(own: list[Reason]) -> str:
    return msgspec.json.encode([kept(one) for one in own]).decode()
