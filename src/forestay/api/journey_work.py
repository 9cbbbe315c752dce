"""Journeys as a whole: runs moved to another version, and the sweeper's report and repair.

Reads: journeys.runtime.migration, journeys.runtime.sweep
Every change has a look beforehand: `?preview=true` says what would become of whom and does nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import Connection

from forestay.api.calls import Call, needs
from forestay.api.documents import Key
from forestay.api.journeys import DOCUMENTS
from forestay.api.once import OnceRoute
from forestay.api.shapes import Ask, Shape
from forestay.governance.permissions import Permission
from forestay.journeys.compiled import Compiled
from forestay.journeys.runtime import migration
from forestay.journeys.runtime.book import Book
from forestay.journeys.runtime.rows import Place
from forestay.journeys.runtime.sweep import Found, Sweeper
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


@router.get("/api/runs/sweep")
def sweep(call: Reader) -> SweepShape:
    """Look through all runs for any without exactly one way to go on; nothing is changed."""
    with call.begin() as conn, conn.begin_nested() as look:
        found = _sweeper(raw(conn)).whole(raw(conn), call.now())
        look.rollback()
    return _swept(found, repaired=False)


@router.post("/api/runs/repair")
def repair(call: Publisher) -> SweepShape:
    """The same, and mend what is found. The worker does this by itself, a stretch every half minute."""
    with call.begin() as conn:
        found = _sweeper(raw(conn)).whole(raw(conn), call.now())
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
