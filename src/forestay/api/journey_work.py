"""Journeys as a whole: runs moved to another version, and the sweeper's report and repair.

Reads: journeys.runtime.migration, journeys.runtime.sweep
Every change has a look beforehand: `?preview=true` says what would become of whom and does nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection

from forestay.api.calls import Call, needs
from forestay.api.documents import Key
from forestay.api.journeys import DOCUMENTS
from forestay.api.once import OnceRoute
from forestay.api.queries.journeys import marks_of
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.journeys.compiled import Compiled
from forestay.journeys.runtime import aside, migration
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.counting import recount
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.sweep import Found, Sweeper
from forestay.journeys.runtime.whole import hold
from forestay.journeys.runtime.wire import Driver
from forestay.kit.errors import Invalid, NotFound
from forestay.store.database import raw

router = APIRouter(tags=["journeys"], route_class=OnceRoute)
Publisher = Annotated[Call, needs(Permission.JOURNEYS_PUBLISH)]
Reader = Annotated[Call, needs(Permission.JOURNEYS_READ)]
PreviewOnly = Annotated[bool, Query(alias="preview", description="Say what it would do, and do nothing.")]
_SHOWN = 100


class MigrateAsk(Ask):
    """Which runs, and where to. plan: id of a step -> id of a step of the new version, or '$exit': those leave."""

    version: int = Field(ge=1, description="The version that the runs are pinned to now.")
    to: int | None = Field(None, ge=1, description="The live version if left out.")
    plan: dict[str, str] = Field(default_factory=dict)


class FateShape(Shape):
    """What becomes of those that wait at a step. what: stays, looks_again (its settings are others), moves, leaves, or
    unclear: the plan must say."""

    step: str
    waiting: int
    what: str
    to: str | None


class MigrationShape(Shape):
    """What becomes of whom. runs: how many were moved; null for a preview."""

    version: int
    to: int
    fates: list[FateShape]
    runs: int | None


class SweepShape(Shape):
    """Runs without exactly one way to go on; there should be none. Of each kind at most 100 numbers are shown.

    lost: without a place (they become failed); left_over: places of ended runs (taken away); asleep: that nothing would
    ever wake (woken); still: paused places of runs that are not (let go on); joins: that never complete (completed);
    unanswered: that wait for what nobody would tell them (told, or asking again).
    """

    total: int
    lost: list[int]
    left_over: list[int]
    asleep: list[int]
    still: list[int]
    joins: list[int]
    unanswered: list[int]
    repaired: bool


class AsideShape(Shape):
    """One row. kind: enter, event, outcome, child, merge, join; name: of the event or the outcome, or what brought the entry."""

    id: int
    kind: str
    journey_id: int | None
    account_id: int | None
    name: str | None
    at: datetime
    reason: str


class AsideList(Shape):
    """At most 100 rows are shown, the oldest first."""

    total: int
    items: list[AsideShape]


class AsideAsk(Ask):
    """Which rows; all of them if left out."""

    rows: list[int] | None = Field(None, max_length=10_000)


class TakenUp(Shape):
    """How many rows; done: false for a preview."""

    rows: int
    done: bool


@router.post("/api/journeys/{key}/migrate")
def migrate(key: Key, body: MigrateAsk, call: Publisher, preview: PreviewOnly = False) -> MigrationShape:
    """Move every run of one version to another; `preview` says step by step what becomes of those that wait there."""
    with call.begin() as conn:
        driver = raw(conn)
        number = DOCUMENTS.number(driver, call, key)
        target = body.to or _live_version(conn, call, key)
        if target == body.version:
            raise Invalid(f"the runs are at version {target} already", place="version")
        old, new = (_version(driver, call, key, number, version) for version in (body.version, target))
        told = migration.fates(driver, old, new, body.plan)
        moved = None
        if not preview:
            moved = migration.migrate(driver, old, new, body.plan, call.now())
            call.audit(
                conn, "journey.migrated", f"journey:{key}", {"from": body.version, "to": target, "runs": moved}
            )  # fmt: skip
    fates = [FateShape.model_validate(one) for one in told]
    return MigrationShape(version=body.version, to=target, fates=fates, runs=moved)


@router.get("/api/runs/aside")
def list_aside(call: Reader) -> AsideList:
    """What came in and was put aside, since a turn failed for it; nothing of it is lost."""
    with call.begin() as conn:
        found = aside.put_aside(raw(conn), call.workspace_id, _SHOWN)
        total = aside.count_aside(raw(conn), call.workspace_id)
    return AsideList(total=total, items=[AsideShape.model_validate(one) for one in found])


@router.post("/api/runs/aside")
def take_up_again(body: AsideAsk, call: Publisher, preview: PreviewOnly = False) -> TakenUp:
    """Take in once more what was put aside, after its cause was mended; what fails again is put aside again."""
    with call.begin() as conn, conn.begin_nested() as look:
        count = aside.take_up_again(raw(conn), call.workspace_id, body.rows)
        if preview:
            look.rollback()
        else:
            call.audit(conn, "journey_inbox.taken_up", "journey_inbox", {"rows": count})
    return TakenUp(rows=count, done=not preview)


@router.get("/api/runs/sweep")
def sweep(call: Reader) -> SweepShape:
    """Look through all runs for any without exactly one way to go on; nothing is changed."""
    with call.begin() as conn, conn.begin_nested() as look:
        found = _sweeper(raw(conn)).whole(raw(conn), call.now())
        look.rollback()
    return _swept(found, repaired=False)


@router.post("/api/runs/repair")
def repair(call: Publisher) -> SweepShape:
    """The same, and mend what is found; the numbers of runs are counted anew. The worker mends by itself, some stretches every
    half minute."""
    with call.begin() as conn:
        found = _sweeper(raw(conn)).whole(raw(conn), call.now())
        numbers = sorted(mark.id for mark in marks_of(conn, call.workspace_id).values())
        for number in numbers:
            hold(raw(conn), number)
        recount(raw(conn), numbers)
        counts = {name: len(getattr(found, name)) for name in Found.__slots__}
        call.audit(conn, "runs.repaired", "runs:*", dict(counts))
    return _swept(found, repaired=True)


def _live_version(conn: Connection, call: Call, key: str) -> int:
    live = DOCUMENTS.one_seen(conn, call, key).live
    if live is None:
        raise NotFound("live journey", key)
    return live.version


def _version(driver: Driver, call: Call, key: str, number: int, version: int) -> Compiled:
    found = Book().version(driver, Place(call.workspace_id, number, version))
    if found is None:
        raise NotFound("published journey version", f"{key} {version}")
    return found


def _sweeper(driver: Driver) -> Sweeper:
    book = Book()
    book.refresh(driver)
    return Sweeper(book)


def _swept(found: Found, *, repaired: bool) -> SweepShape:
    kinds = {name: getattr(found, name) for name in Found.__slots__}
    shown = {name: list(runs[:_SHOWN]) for name, runs in kinds.items()}
    return SweepShape(total=sum(map(len, kinds.values())), repaired=repaired, **shown)
