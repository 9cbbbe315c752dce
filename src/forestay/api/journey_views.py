"""`/api/journeys`: looking at journeys: the list, one of them, its steps, its versions, its tests.

Reads: documents of kind journey, queries/journeys.py, journeys.experiments
"""

from __future__ import annotations

import difflib
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from forestay.api.calls import Call, needs
from forestay.api.documents import DocumentShape, Key, etag, pair_shape
from forestay.api.journey_shapes import (
    AlarmShape,
    DiffLine,
    DiffShape,
    Entered,
    FindingShape,
    JourneyItem,
    JourneyStatus,
    JourneyView,
    LedgerShape,
    LiveRuns,
    PaceShape,
    StepView,
    VersionShape,
    WorkShape,
)
from forestay.api.journey_tests import TestShape, test_shape
from forestay.api.journeys import DOCUMENTS, Seen, checking_of
from forestay.api.paging import Page
from forestay.api.queries import journeys as queries
from forestay.api.queries.journeys import Mark, StepCounts, Tally
from forestay.api.queries.pace import runs_behind
from forestay.governance.permissions import Permission
from forestay.journeys.document import Journey
from forestay.journeys.experiments.evaluate import report_tests
from forestay.journeys.order import steps_in_order
from forestay.journeys.read import inspect_shape, text_of_body
from forestay.journeys.validation import has_errors, inspect
from forestay.journeys.words import LIVE, RunStatus
from forestay.kit.errors import NotFound
from forestay.store import documents as store
from forestay.store.documents import Document, DocumentKind, DocumentStatus

router = APIRouter(prefix="/api/journeys", tags=["journeys"])
Reader = Annotated[Call, needs(Permission.JOURNEYS_READ)]
Since = Annotated[date | None, Query(description="Count from this day (UTC) on; 30 days ago if left out.")]
_MONTH, _FRESH = timedelta(days=30), timedelta(days=2)
_AROUND = 3


@router.get("")
def list_journeys(
    call: Reader,
    status: Annotated[JourneyStatus | None, Query(description="Only these.")] = None,
) -> Page[JourneyItem]:
    """Every journey with who is in it now and how the last 30 days ended."""
    with call.begin() as conn:
        items = _items(conn, call, DOCUMENTS.seen(conn, call))
    return Page(items=[item for item in items if status in (None, item.status)])


@router.get("/{key}")
def get_journey(key: Key, call: Reader, response: Response) -> JourneyView:
    """One journey: documents, findings of the newest, versions, runs. The ETag is the newest document's."""
    with call.begin() as conn:
        seen = DOCUMENTS.one_seen(conn, call, key)
        newest = seen.newest
        (item,) = _items(conn, call, {key: seen})
        _, found = inspect(newest.body["document"], checking_of(conn, call.workspace_id))
        mark = queries.one_mark(conn, call.workspace_id, key)
        versions = _versions(conn, call, key, mark)
        alarms = queries.alarms_of(conn, call.workspace_id, (call.now() - _MONTH).date())
    response.headers["ETag"] = etag(newest)
    return JourneyView(
        **item.model_dump(),
        source=text_of_body(newest.body),
        findings=[FindingShape.model_validate(one) for one in found],
        valid=not has_errors(found),
        versions=versions,
        alarms=[AlarmShape.model_validate(one) for one in alarms.get(mark.id if mark else 0, [])],
    )


@router.get("/{key}/versions")
def list_versions(key: Key, call: Reader) -> Page[DocumentShape]:
    """Every version with its document, the newest first."""
    return DOCUMENTS.list_versions(key, call)


@router.get("/{key}/diff")
def diff_versions(
    key: Key, call: Reader,
    old: Annotated[int | None, Query(ge=1, description="The live one if left out.")] = None,
    new: Annotated[int | None, Query(ge=1, description="The newest one if left out.")] = None,
) -> DiffShape:  # fmt: skip
    """What is different between two versions: steps by their ids, and lines of the YAML."""
    with call.begin() as conn:
        known = {one.version: one for one in store.versions(conn, call.workspace_id, DocumentKind.JOURNEY, key)}
    if not known:
        raise NotFound("journey", key)
    live = next((one.version for one in known.values() if one.published_at and _is_live(one)), min(known))
    before, after = _known(known, key, old or live), _known(known, key, new or max(known))
    return _difference(before, after)


@router.get("/{key}/steps")
def list_steps(
    key: Key, call: Reader, since: Since = None,
    version: Annotated[int | None, Query(ge=1, description="Only runs of this version.")] = None,
) -> Page[StepView]:  # fmt: skip
    """Live counts by step, with each step's ledger: every effect is in exactly one state."""
    with call.begin() as conn:
        seen = DOCUMENTS.one_seen(conn, call, key)
        mark = queries.one_mark(conn, call.workspace_id, key)
        start = since or (call.now() - _MONTH).date()
        counts = queries.step_counts(conn, call.workspace_id, mark.id, start, version, call.now()) if mark else {}
    journey = _journey(seen.main)
    names = steps_in_order(journey) if journey is not None else []
    return Page(
        items=[
            _step(name, journey, counts.get(name, StepCounts())) for name in [*names, *sorted(set(counts) - set(names))]
        ]
    )


@router.get("/{key}/entries")
def count_entries(key: Key, call: Reader, since: Since = None) -> Entered:
    """How many entered and by what, who was turned away and why, how runs ended and why."""
    start = since or (call.now() - _MONTH).date()
    with call.begin() as conn:
        DOCUMENTS.one_seen(conn, call, key)
        mark = queries.one_mark(conn, call.workspace_id, key)
        found = queries.tallies(conn, call.workspace_id, start, mark.id) if mark else {}
    return _entered(start, found.get(mark.id if mark else 0, Tally()))


@router.get("/{key}/tests")
def list_tests(key: Key, call: Reader) -> Page[TestShape]:
    """What the journey's A/B tests and its holdout say, as of the last look; true at every look."""
    with call.begin() as conn:
        DOCUMENTS.one_seen(conn, call, key)
        reports = report_tests(conn, call.workspace_id, key)
    return Page(items=[test_shape(report) for report in reports])


def _items(conn: Connection, call: Call, found: dict[str, Seen]) -> list[JourneyItem]:
    """Items by key. Runs of one journey alone are counted where there is one."""
    today = call.now().date()
    marks = queries.marks_of(conn, call.workspace_id)
    one = next(iter(found), "") if len(found) == 1 else ""
    number = marks[one].id if one in marks else None
    live = queries.live_runs(conn, call.workspace_id, number)
    tallies = queries.tallies(conn, call.workspace_id, today - _MONTH, number)
    alarms = queries.alarms_of(conn, call.workspace_id, today - _FRESH)
    behind = runs_behind(conn, call.workspace_id, call.now())
    made = []
    for key, seen in sorted(found.items()):
        mark = marks.get(key)
        at = mark.id if mark else 0
        alarm = next(iter(alarms.get(at, [])), None)
        made.append(
            JourneyItem(
                **pair_shape(key, seen.live, seen.draft).model_dump(),
                **_described(key, seen),
                status=status_of(seen, mark),
                version=seen.live.version if seen.live else None,
                runs=LiveRuns.of(live.get(at, {})),
                pace=_pace(live.get(at, {}), behind.get(at, 0)),
                last_30d=_entered(today - _MONTH, tallies.get(at, Tally())),
                alarm=AlarmShape.model_validate(alarm) if alarm else None,
                work=WorkShape.model_validate(mark.work) if mark and mark.work else None,
            )
        )
    return made


def _pace(live: dict[RunStatus, int], behind: int) -> PaceShape:
    running, paused, held, failed = (live.get(status, 0) for status in (*LIVE, RunStatus.FAILED))
    late = min(behind, running)
    return PaceShape(on_track=running - late, behind=late, stuck=held + failed, paused=paused)


def status_of(seen: Seen, mark: Mark | None) -> JourneyStatus:
    """Whether it acts."""
    if seen.live is None:
        return JourneyStatus.DRAFT if seen.draft is not None else JourneyStatus.RETIRED
    if mark is not None and mark.status != "active":
        return JourneyStatus(mark.status)
    return JourneyStatus.PAUSED if seen.live.status is DocumentStatus.PAUSED else JourneyStatus.ACTIVE


def _described(key: str, seen: Seen) -> dict[str, str | None]:
    """Name and the like of what is live, of the draft where nothing is; a half-drawn one may have no name yet."""
    journey = _journey(seen.main)
    if journey is None:
        return {"name": key, "description": "", "category": "other", "subject": "account", "owner": None}
    return {
        "name": journey.name, "description": journey.description, "category": journey.category.value,
        "subject": journey.subject.value, "owner": journey.owner,
    }  # fmt: skip


def _journey(document: Document) -> Journey | None:
    return inspect_shape(document.body.get("document"))[0]


def _versions(conn: Connection, call: Call, key: str, mark: Mark | None) -> list[VersionShape]:
    runs = queries.runs_by_version(conn, call.workspace_id, mark.id) if mark else {}
    return [
        VersionShape(
            version=one.version, status=one.status, note=one.note, author_id=one.author_id, created_at=one.created_at,
            published_at=one.published_at, runs=runs.get(one.version, 0),
        )
        for one in store.versions(conn, call.workspace_id, DocumentKind.JOURNEY, key)
    ]  # fmt: skip


def _entered(since: date, tally: Tally) -> Entered:
    return Entered(
        since=since, entered=tally.entered, entered_by=tally.entered_by, refused=tally.refused, ended=tally.ended
    )


def _step(name: str, journey: Journey | None, counts: StepCounts) -> StepView:
    step = journey.steps.get(name) if journey is not None else None
    return StepView(
        step=name, kind=step.kind if step else None, label=(step.name if step else "") or name, is_gone=step is None,
        standing=counts.standing, paused=counts.paused, pace=PaceShape(**counts.pace), arrived=counts.arrived, ports=counts.ports,
        asked=counts.asked, waiting=counts.waiting, effects=LedgerShape.of(counts.ledger),
    )  # fmt: skip


def _is_live(document: Document) -> bool:
    return document.status in (DocumentStatus.PUBLISHED, DocumentStatus.PAUSED)


def _known(known: dict[int, Document], key: str, version: int) -> Document:
    if version not in known:
        raise NotFound("journey version", f"{key} {version}")
    return known[version]


def _difference(before: Document, after: Document) -> DiffShape:
    old, new = (_steps(one) for one in (before, after))
    lines = difflib.unified_diff(
        text_of_body(before.body).splitlines(), text_of_body(after.body).splitlines(), lineterm="", n=_AROUND
    )
    return DiffShape(
        old=before.version,
        new=after.version,
        steps_added=[step for step in new if step not in old],
        steps_removed=[step for step in old if step not in new],
        steps_changed=[step for step in new if step in old and new[step] != old[step]],
        lines=[DiffLine(sign=line[0], text=line[1:]) for line in list(lines)[2:] if not line.startswith("@@")],
    )


def _steps(document: Document) -> dict[str, object]:
    body = document.body["document"]
    steps = body.get("steps", {}) if isinstance(body, dict) else {}
    return dict(steps) if isinstance(steps, dict) else {}
