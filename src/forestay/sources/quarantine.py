"""The quarantine: what could not be accepted, kept to be read, mended and replayed, or thrown away.

Gives : Rejection, rejection_of_body(), write() for the tick;
        Quarantined, QuarantineStatus, listing(), get(), replay(), discard() for people
Reads : table quarantine

Collection puts bad items into the log, so that they survive what events survive; the tick writes them here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from forestay.kit.clock import moment_of
from forestay.kit.errors import Conflict, NotFound
from forestay.sources.columns import BadBody
from forestay.sources.quarantine_replay import StillBad, body_to_replay
from forestay.store.tables.ingest import quarantine

_FROM_THE_LOG = "log"
"""Source of a body that was accepted and could not be used afterwards."""


class QuarantineStatus(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item on its way into the quarantine. (position, part): its place in the log; received_at: microseconds UTC."""

    workspace_id: int
    position: int
    part: int
    received_at: int
    source: str
    reason_code: str
    reason: str
    item: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item in the quarantine. source: the route it came by; settled_at: when it was replayed or discarded."""

    id: int
    received_at: datetime
    source: str
    reason_code: str
    reason: str
    item: str
    status: QuarantineStatus
    settled_at: datetime | None


class AlreadySettled(Conflict):
    """Somebody replayed or discarded it meanwhile; there is nothing left to do."""

    code = "already_settled"

    def __init__(self, item_id: int, status: str) -> None:
        super().__init__(f"quarantine item {item_id} is already {status}")


def rejection_of_body(bad: BadBody) -> Rejection:
    """An accepted body that the tick could not use."""
    place = (bad.workspace_id, bad.position, 0, bad.received)
    return Rejection(*place, _FROM_THE_LOG, bad.reason_code, bad.reason, bad.item)


def write(conn: Connection, rejections: Sequence[Rejection]) -> None:
    """Keep them; those that are already there (the tick that is done again after a crash) stay as they are."""
    if not rejections:
        return
    values = [
        {
            "workspace_id": one.workspace_id,
            "position": one.position,
            "part": one.part,
            "received_at": moment_of(one.received_at),
            "source": _storable(one.source),
            "reason_code": one.reason_code,
            "reason": _storable(one.reason),
            "item": _storable(one.item),
        }
        for one in rejections
    ]
    place = [quarantine.c.workspace_id, quarantine.c.position, quarantine.c.part]
    conn.execute(insert(quarantine).on_conflict_do_nothing(index_elements=place), values)


def listing(
    conn: Connection,
    workspace_id: int,
    *,
    status: QuarantineStatus | None = QuarantineStatus.WAITING,
    reason_code: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Quarantined]:
    """Items, the newest first. before_id: the last id of the page before; status None: all."""
    query = select(quarantine).where(quarantine.c.workspace_id == workspace_id).order_by(quarantine.c.id.desc())
    if status is not None:
        query = query.where(quarantine.c.status == status.value)
    if reason_code is not None:
        query = query.where(quarantine.c.reason_code == reason_code)
    if before_id is not None:
        query = query.where(quarantine.c.id < before_id)
    return [_quarantined(row) for row in conn.execute(query.limit(limit)).mappings()]


def get(conn: Connection, workspace_id: int, item_id: int) -> Quarantined:
    """One item. Raises NotFound."""
    mine = (quarantine.c.workspace_id == workspace_id) & (quarantine.c.id == item_id)
    row = conn.execute(select(quarantine).where(mine)).mappings().one_or_none()
    if row is None:
        raise NotFound("quarantine item", str(item_id))
    return _quarantined(row)


def replay(
    conn: Connection, workspace_id: int, item_ids: Sequence[int], now: datetime, fixed: Mapping[int, str] | None = None
) -> list[bytes]:
    """Mark the items replayed and give the bodies to append with Codec.SEGMENT, in the same order.

    fixed: mended texts by id; an item without one is tried as it is. All or none: raises NotFound, AlreadySettled or
    StillBad (its place is the item's id). Append before the transaction commits: when the commit is lost after all, the
    items can be replayed again, and their messageIds make the second time a duplicate.
    """
    texts = fixed or {}
    bodies = []
    for row in _waiting(conn, workspace_id, item_ids):
        stable_id = f"quarantine.{row['position']}.{row['part']}"
        text = texts.get(row["id"], row["item"])
        try:
            bodies.append(body_to_replay(text, row["source"], row["received_at"], stable_id))
        except StillBad as error:
            raise StillBad(str(error), place=str(row["id"])) from error
    _settle(conn, workspace_id, item_ids, QuarantineStatus.REPLAYED, now)
    return bodies


def discard(conn: Connection, workspace_id: int, item_ids: Sequence[int], now: datetime) -> None:
    """Mark the items as not wanted; they stay readable. Raises NotFound or AlreadySettled."""
    _waiting(conn, workspace_id, item_ids)
    _settle(conn, workspace_id, item_ids, QuarantineStatus.DISCARDED, now)


def _waiting(conn: Connection, workspace_id: int, item_ids: Sequence[int]) -> list[RowMapping]:
    """The rows, locked, in the order asked for."""
    mine = (quarantine.c.workspace_id == workspace_id) & quarantine.c.id.in_(item_ids)
    found = conn.execute(select(quarantine).where(mine).order_by(quarantine.c.id).with_for_update()).mappings()
    rows = {row["id"]: row for row in found}
    for item_id in item_ids:
        if item_id not in rows:
            raise NotFound("quarantine item", str(item_id))
        if rows[item_id]["status"] != QuarantineStatus.WAITING:
            raise AlreadySettled(item_id, rows[item_id]["status"])
    return [rows[item_id] for item_id in dict.fromkeys(item_ids)]


def _settle(
    conn: Connection, workspace_id: int, item_ids: Sequence[int], status: QuarantineStatus, now: datetime
) -> None:
    mine = (quarantine.c.workspace_id == workspace_id) & quarantine.c.id.in_(item_ids)
    conn.execute(update(quarantine).where(mine).values(status=status.value, settled_at=now))


def _quarantined(row: RowMapping) -> Quarantined:
    return Quarantined(
        row["id"], row["received_at"], row["source"], row["reason_code"], row["reason"], row["item"],
        QuarantineStatus(row["status"]), row["settled_at"],
    )  # fmt: skip


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL in text; it is written as JSON writes it."""
    return text.replace("\x00", "\\u0000")
