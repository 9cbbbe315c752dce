"""The job 'drift': the daily look at the models of a workspace, and what follows from it.

Gives : carry_out(), KIND
Reads : params {days: ['2026-11-20', ...] or nothing for yesterday}; the lake; live and shadow models
Writes: prediction_days (live and shadow), drift_reports (live); measures_before where a trajectory is live; a job of kind
        'train' when one is due
Source: issue 'The predictive engine' 8 (PSI, domain classifier, CBPE, drift-triggered retraining); docs/models.md

It compares yesterday's accounts with those of the training, by the same columns out of the same lake. Doing a day again
replaces it, so the job may be killed at any point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from forestay.app.job_kinds.past import OpenPast, open_past
from forestay.app.job_kinds.past_values import ValuesOn, values_on
from forestay.app.job_kinds.quarter_ago import keep_quarter_ago
from forestay.app.job_kinds.training_past import read_reference
from forestay.app.job_kinds.workshop import Workshop
from forestay.app.nightly import wake_jobs
from forestay.kit.clock import date_of, number_of
from forestay.learning.book import purposes_to_train
from forestay.learning.drift import DriftReport, Sides, judge_drift
from forestay.learning.retraining import Standing, reason_to_train
from forestay.predictions import registry
from forestay.predictions.model_document import Purpose
from forestay.predictions.policy import policy_of
from forestay.predictions.registry import ModelEntry, ModelStatus
from forestay.predictions.serving import Served, served_of
from forestay.store import jobs
from forestay.store.jobs import Job, JobStatus
from forestay.store.shapes import Json
from forestay.store.tables.ingest import jobs as jobs_table
from forestay.store.tables.predictions import drift_reports, models, prediction_days

KIND = "drift"
PART = 10_000
_AT_WORK = (ModelStatus.LIVE, ModelStatus.SHADOW)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A model at work, with the rows it was trained on."""

    entry: ModelEntry
    served: Served
    reference: bytes | None


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Look at every model at work on every day asked for; gives alarms by model, and what is trained anew."""
    watched = _watched(job, workshop)
    alarms: dict[str, Json] = {}
    with open_past(job, workshop) as past:
        days = _days(job, past)
        for done, day in enumerate(days):
            workshop.say(job, done, len(days), "days")
            for one in watched:
                values = values_on(past, one.served.model.names, day)
                report = _look(one, values, past)
                _keep(job, workshop, one, values, day, report)
                if report is not None:
                    alarms[f"{one.entry.purpose} {one.entry.version}"] = [alarm.sentence for alarm in report.alarms]
        today = past.history.last_day + 1
        if _foresees_health(job, workshop):
            keep_quarter_ago(workshop, job.workspace_id, past)
    return {"days": len(days), "alarms": alarms, "training": _train_anew(job, workshop, today)}


def _watched(job: Job, workshop: Workshop) -> list[_Watched]:
    with workshop.store.begin_worker() as connection:
        found = []
        for entry in registry.live_entries(connection, job.workspace_id, _AT_WORK):
            served = served_of(connection, job.workspace_id, entry.id, entry.purpose, entry.version, entry.hash)
            if served is not None:
                kept = registry.reference_of(connection, job.workspace_id, entry.id)
                found.append(_Watched(entry, served, kept))
    return found


def _foresees_health(job: Job, workshop: Workshop) -> bool:
    with workshop.store.begin_worker() as connection:
        return registry.live(connection, job.workspace_id, Purpose.TRAJECTORY) is not None


def _days(job: Job, past: OpenPast) -> list[int]:
    asked = job.params.get("days")
    if not isinstance(asked, Sequence):
        return [past.history.last_day]
    return sorted(min(number_of(date.fromisoformat(str(day))), past.history.last_day) for day in asked)


def _look(one: _Watched, now: ValuesOn, past: OpenPast) -> DriftReport | None:
    """None for a shadow, and where no rows of the training were kept."""
    if one.entry.status != ModelStatus.LIVE or one.reference is None:
        return None
    then, model, words = read_reference(one.reference), one.served.model, past.configuration.words
    days = float(one.served.alert_days)
    sides = Sides(
        model.names, then, now.values, model.predict_values(then, intervals=False).within(days),
        model.predict_values(now.values, intervals=False).within(days),
    )  # fmt: skip
    return judge_drift(sides, one.served.alert, lambda name: words[name].label)


def _keep(
    job: Job, workshop: Workshop, one: _Watched, now: ValuesOn, day: int, report: DriftReport | None
) -> None:  # fmt: skip
    p = one.served.model.predict_values(now.values, intervals=False).probability[:, -1]
    place = {"workspace_id": job.workspace_id, "model_id": one.entry.id, "day": date_of(day)}
    with workshop.store.begin_worker() as connection:
        connection.execute(
            delete(prediction_days).where(
                prediction_days.c.workspace_id == job.workspace_id, prediction_days.c.model_id == one.entry.id,
                prediction_days.c.day == date_of(day),
            )
        )  # fmt: skip
        for part, start in enumerate(range(0, len(p), PART)):
            some = slice(start, start + PART)
            connection.execute(insert(prediction_days).values(
                **place, part=part, is_shadow=one.entry.status == ModelStatus.SHADOW,
                account_ids=now.account_ids[some].tolist(), probability=np.round(p[some], 5).tolist(),
            ))  # fmt: skip
        if report is not None:
            row = {"is_alarm": bool(report.alarms), "report": msgspec.to_builtins(report)}
            said = upsert(drift_reports).values(**place, **row)
            connection.execute(said.on_conflict_do_update(index_elements=["model_id", "day"], set_=row))


def _train_anew(job: Job, workshop: Workshop, today: int) -> list[str]:
    """Enqueue trainings that are due; gives their purposes and reasons."""
    started = []
    with workshop.store.begin_worker() as connection:
        policy = policy_of(connection, job.workspace_id)
        for purpose, standing in _standings(connection, job.workspace_id, today):
            reason = reason_to_train(standing, policy)
            if reason is not None:
                jobs.enqueue(connection, job.workspace_id, "train", {"purpose": purpose, "because": reason})
                started.append(f"{purpose}: {reason}")
    if started:
        wake_jobs(workshop.settings)
    return started


def _standings(connection: Connection, workspace_id: int, today: int) -> list[tuple[str, Standing]]:
    mine = models.c.workspace_id == workspace_id
    newest = connection.execute(
        select(models.c.purpose, func.max(models.c.created_at).label("at"),
               func.bool_or(models.c.status == ModelStatus.LIVE).label("is_live"))
        .where(mine).group_by(models.c.purpose)
    )  # fmt: skip
    training = set(connection.scalars(
        select(jobs_table.c.params["purpose"].astext).where(
            jobs_table.c.workspace_id == workspace_id, jobs_table.c.kind == "train",
            jobs_table.c.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)),
        )
    ))  # fmt: skip
    drifted, asked = _drifted(connection, workspace_id), purposes_to_train(connection, workspace_id)
    return [
        (row.purpose, Standing(today, number_of(row.at.date()), bool(row.is_live), row.purpose in training,
                               row.purpose in drifted, row.purpose in asked))
        for row in newest
    ]  # fmt: skip


def _drifted(connection: Connection, workspace_id: int) -> set[str]:
    """Purposes whose live model's newest report asks for training."""
    rows = connection.execute(
        select(models.c.purpose, drift_reports.c.report)
        .distinct(models.c.id)
        .join(drift_reports, drift_reports.c.model_id == models.c.id)
        .where(models.c.workspace_id == workspace_id, models.c.status == ModelStatus.LIVE)
        .order_by(models.c.id, drift_reports.c.day.desc())
    )
    return {row.purpose for row in rows if msgspec.convert(row.report, DriftReport).asks_for_training}
