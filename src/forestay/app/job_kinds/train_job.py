"""The job 'train': a new version of a model out of the workspace's past, as a draft in the register.

Gives : carry_out(), KIND
Reads : params {purpose, because: 'asked' | 'schedule' | 'drift', until: day or nothing}; the lake; the live model
Writes: models; measures_before (trajectory); while it runs, training/<job>/ in the data folder, so that an interrupted training goes on
Source: issue 'The predictive engine' 1, 2, 8

Nothing goes live by it. A version that was trained because of its age or of drift shadows the live one until a person
decides; one that somebody asked for waits as a draft, and so does a trajectory or a signature.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, text

from forestay.app.job_kinds.past import OpenPast, open_past
from forestay.app.job_kinds.quarter_ago import keep_quarter_ago
from forestay.app.job_kinds.training_past import TrainingPast, gather, reference_of
from forestay.app.job_kinds.workshop import Workshop
from forestay.kit.clock import SystemClock, number_of
from forestay.predictions import registry
from forestay.predictions.definition_hashes import definition_hashes
from forestay.predictions.model_document import Document, Purpose, State
from forestay.predictions.policy import ModelPolicy, policy_of
from forestay.predictions.registry import ModelEntry, NewModel
from forestay.predictions.serving import Served, load_serving
from forestay.store.jobs import Job
from forestay.store.shapes import Json

if TYPE_CHECKING:
    from forestay.predictions.recipe import Trained
    from forestay.predictions.signature import Segments

KIND = "train"
_OF_HEALTH = frozenset({Purpose.TRAJECTORY, Purpose.SIGNATURE})
"""They foresee no event; what left is known by the label of churn."""
_GROUPS = text("SELECT id, plan, lifecycle_stage, industry FROM accounts WHERE workspace_id = :workspace")
READING_SHARE = 30.0
"""Percent of the progress that reading the past stands for."""


@dataclass(frozen=True, slots=True)
class StepsOnDisk:
    """Keeps the fits of one training as JSON files; see recipe.Checkpoint."""

    folder: Path

    def get(self, step: str) -> Document | None:
        """What the step left."""
        path = self._path(step)
        if not path.exists():
            return None
        document: Document = json.loads(path.read_text())
        return document

    def put(self, step: str, result: Document) -> None:
        """Keep it, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        half = self.folder / "half"
        half.write_text(json.dumps(result))
        half.replace(self._path(step))

    def _path(self, step: str) -> Path:
        return self.folder / (step.replace("/", "-").replace(" ", "-") + ".json")


def carry_out(job: Job, workshop: Workshop) -> Mapping[str, Json]:
    """Train, judge against the live one, save; the answer names the version and says in words how good it is."""
    purpose = Purpose(str(job.params["purpose"]))
    folder = workshop.settings.data_dir / "training" / str(job.id)
    with workshop.store.begin_worker() as connection:
        policy = policy_of(connection, job.workspace_id)
        served = load_serving(connection, job.workspace_id).get(purpose)
    label = policy.label(Purpose.CHURN if purpose in _OF_HEALTH else purpose)
    tell = workshop.teller(job, 100, "past")
    with open_past(job, workshop) as past:
        accounts = max(len(past.history.account_ids), 1)
        last = _last_day(job, workshop, past)
        rows = gather(past, label, lambda read: tell(READING_SHARE * read / accounts), last, purpose=purpose)
        if purpose is Purpose.TRAJECTORY:
            keep_quarter_ago(workshop, job.workspace_id, past)
        hashes = definition_hashes(past.configuration.measures.by_key.values(), rows.snapshots.names)
    if purpose in _OF_HEALTH:
        return _of_health(job, workshop, rows, purpose, hashes)
    fitting = workshop.teller(job, 100, "training")
    trained = _trained(rows, purpose, policy, hashes, served, StepsOnDisk(folder), fitting)
    entry = _saved(job, workshop, rows, trained, served)
    shutil.rmtree(folder, ignore_errors=True)
    return _told(entry, trained)


def _of_health(
    job: Job, workshop: Workshop, rows: TrainingPast, purpose: Purpose, hashes: Mapping[str, str]
) -> Mapping[str, Json]:
    """A trajectory or a signature: quick enough to need no steps, and compared with 'nothing changes' alone."""
    from forestay.predictions.health_training import Origin, train_signature, train_trajectory

    with workshop.store.begin_worker() as connection:
        live = registry.live(connection, job.workspace_id, purpose)
    workshop.say(job, READING_SHARE, 100, "training")
    origin = Origin(rows.last_day, SystemClock().now(), hashes, None if live is None else live.hash)
    if purpose is Purpose.TRAJECTORY:
        trained = train_trajectory(rows.snapshots, rows.labels, origin)
    else:
        trained = train_signature(rows.snapshots, rows.labels, origin, _groups(job, workshop, rows))
    card: dict[str, Json] = {"words": trained.report.words, "because": str(job.params.get("because", "asked"))}
    new = NewModel(
        trained.document, card, parent=None if live is None else live.version, created_by=job.created_by, job_id=job.id
    )
    with workshop.store.begin_worker() as connection:
        return _told(registry.save(connection, job.workspace_id, new), trained)


def _groups(job: Job, workshop: Workshop, rows: TrainingPast) -> Mapping[str, Segments]:
    """By column that may part accounts, the segment of each row as it is now: the past of these is not kept."""
    with workshop.store.begin_worker() as connection:
        told = {row.id: row for row in connection.execute(_GROUPS, {"workspace": job.workspace_id})}
    return {
        f"account.{name}": np.array(
            [getattr(told.get(number), name, None) or "" for number in rows.snapshots.account_ids.tolist()], object
        )
        for name in ("plan", "lifecycle_stage", "industry")
    }


def _last_day(job: Job, workshop: Workshop, past: OpenPast) -> int:
    """The day up to which everything is known: asked for, as the attempt before had it, or yesterday."""
    kept = job.checkpoint.get("last_day")
    if isinstance(kept, int):
        return kept
    asked = job.params.get("until")
    last = past.history.last_day
    if isinstance(asked, str):
        last = min(last, number_of(date.fromisoformat(asked)))
    workshop.remember(job, {"last_day": last})
    return last


def _trained(
    rows: TrainingPast, purpose: Purpose, policy: ModelPolicy, hashes: Mapping[str, str], served: Served | None,
    steps: StepsOnDisk, tell: Callable[[float], None],
) -> Trained:  # fmt: skip
    from forestay.predictions.recipe import Recipe
    from forestay.predictions.training import train

    parent = None if served is None else served.model.document.signature
    recipe = Recipe(
        purpose, purpose.value, capacity=policy.capacity(), measure_hashes=dict(hashes), parent=parent
    )  # fmt: skip
    return train(
        rows.snapshots, rows.labels, recipe, created_at=SystemClock().now(), checkpoint=steps,
        progress=lambda share, _doing: tell(READING_SHARE + (99 - READING_SHARE) * share),
    )  # fmt: skip


def _saved(job: Job, workshop: Workshop, rows: TrainingPast, trained: Trained, served: Served | None) -> ModelEntry:
    from forestay.predictions.card import importance, model_card

    document = trained.document
    horizon = sorted(document.horizons)[len(document.horizons) // 2]
    live = None if served is None else served.model
    card = model_card(rows.snapshots, rows.labels, trained.late, horizon, live)
    report = trained.report
    card |= {
        "importance": importance(document, rows.snapshots, trained.late),
        "words": report.words, "warnings": list(report.warnings), "left_out": dict(report.left_out),
        "refused": [{"name": one.name, "reason": one.reason, "sentence": one.sentence} for one in report.refused],
        "seconds": {step: round(seconds, 2) for step, seconds in report.seconds.items()},
        "because": str(job.params.get("because", "asked")),
    }  # fmt: skip
    new = NewModel(
        document, card, reference_of(rows.snapshots, document.names), None if served is None else served.version,
        job.created_by, job.id,
    )  # fmt: skip
    with workshop.store.begin_worker() as connection:
        entry = registry.save(connection, job.workspace_id, new)
        return _shadowing(connection, job, entry) if document.state is State.OK else entry


def _shadowing(connection: Connection, job: Job, entry: ModelEntry) -> ModelEntry:
    """What nobody asked for shows beside the live one what it would say."""
    is_asked = job.params.get("because", "asked") == "asked"
    if is_asked or registry.live(connection, job.workspace_id, entry.purpose) is None:
        return entry
    return registry.shadow(connection, job.workspace_id, entry)


def _told(entry: ModelEntry, trained: Trained) -> Mapping[str, Json]:
    return {
        "model_id": entry.id,
        "purpose": entry.purpose,
        "version": entry.version,
        "status": entry.status,
        "candidate": entry.candidate,
        "state": trained.document.state.value,
        "words": trained.report.words,
        "metrics": dict(entry.metrics),
        "against_live": entry.card.get("against_live"),
    }
