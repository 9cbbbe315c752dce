"""The register of models: every version that was trained, which one is live, which one shadows it, who said so.

Gives : ModelEntry, ModelStatus, NewModel, RollBack, save(), find(), entries(), live_entries(), document_of(), promote(),
        approve(), shadow(), retire(), roll_back(), lineage()
Reads : table `models`
Source: issue 'The predictive engine' 8; REQUIREMENTS C6, I1, I2

A version is immutable; only its status moves: draft -> shadow -> live -> retired, and back to live by a roll-back. One
version a purpose is live, one shadows. Without a live one the rule score answers. Everything works inside the caller's
transaction; what people do there is written into the audit trail by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from forestay.customers.words import Role
from forestay.kit.clock import date_of
from forestay.kit.errors import Conflict, Forbidden, NotFound
from forestay.predictions.model_document import ModelDocument, Purpose, State
from forestay.predictions.policy import ModelPolicy
from forestay.store.shapes import Json
from forestay.store.tables.predictions import models

_SHOWN = tuple(column for column in models.c if column.name not in ("document", "reference", "workspace_id"))


class ModelStatus(StrEnum):
    """The life of a version."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One version as the register knows it, without what it computes with."""

    id: int
    purpose: str
    version: int
    status: str
    candidate: str
    hash: str
    trained_since: date | None
    trained_until: date | None
    measure_hashes: Mapping[str, str]
    metrics: Mapping[str, Json]
    card: Mapping[str, Json]
    signature: Mapping[str, Json]
    parent: int | None
    job_id: int | None
    created_by: str
    created_at: datetime
    asked_by: str | None
    approved_by: str | None
    live_since: datetime | None
    retired_at: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True)
class NewModel:
    """What a training came to. card: what the model's card shows beside the metrics; reference: a sample of the rows
    (predictions.reference); parent: the version it was compared with."""

    document: ModelDocument
    card: Mapping[str, Json] = field(default_factory=dict)
    reference: bytes | None = None
    parent: int | None = None
    created_by: str = "system"
    job_id: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RollBack:
    """gone: the version that was live; back: the one in its place, None when the rule answers again."""

    gone: ModelEntry
    back: ModelEntry | None


class NotPromotable(Conflict):
    """The version cannot go live: the sentence says why."""

    code = "model_not_promotable"


class WaitsForApproval(Conflict):
    """Nobody asked for this version to go live, so there is nothing to approve."""

    code = "model_not_asked_for"


class ApprovalRefused(Forbidden):
    """The workspace wants another member, of a certain role, to approve."""

    code = "approval_refused"


def save(connection: Connection, workspace_id: int, new: NewModel) -> ModelEntry:
    """Add a version as a draft; it computes nothing until it is promoted."""
    document = new.document.signed()
    purpose = document.purpose.value
    _lock(connection, workspace_id, purpose)
    newest = connection.scalar(select(func.max(models.c.version)).where(_of(workspace_id, purpose)))
    has_data = document.data.rows > 0
    row = insert(models).values(
        workspace_id=workspace_id, purpose=purpose, version=(newest or 0) + 1, status=ModelStatus.DRAFT,
        candidate=document.candidate or "prior", document=document.model_dump_json(), hash=document.signature,
        trained_since=date_of(document.data.first_day) if has_data else None,
        trained_until=date_of(document.data.known_until) if has_data else None,
        measure_hashes=document.measure_hashes, metrics=finite(document.metrics), card=new.card,
        signature={"features": list(document.names), "horizons": list(document.horizons)},
        reference=new.reference, parent=new.parent, job_id=new.job_id, created_by=new.created_by, note=new.note,
    )  # fmt: skip
    return _entry(connection.execute(row.returning(*_SHOWN)).one())


def find(connection: Connection, workspace_id: int, purpose: str, version: int) -> ModelEntry:
    """One version. Raises NotFound."""
    wanted = select(*_SHOWN).where(_of(workspace_id, purpose), models.c.version == version)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise NotFound("model", f"{purpose} {version}")
    return _entry(row)


def entries(connection: Connection, workspace_id: int, purpose: str | None = None) -> list[ModelEntry]:
    """Every version, the newest first."""
    mine = models.c.workspace_id == workspace_id if purpose is None else _of(workspace_id, purpose)
    rows = connection.execute(select(*_SHOWN).where(mine).order_by(models.c.id.desc()))
    return [_entry(row) for row in rows]


def live_entries(
    connection: Connection, workspace_id: int, statuses: Sequence[str] = (ModelStatus.LIVE,)
) -> list[ModelEntry]:
    """The versions at work, by purpose."""
    mine = and_(models.c.workspace_id == workspace_id, models.c.status.in_(statuses))
    return [_entry(row) for row in connection.execute(select(*_SHOWN).where(mine).order_by(models.c.purpose))]


def live_marks(connection: Connection, workspace_id: int) -> list[tuple[int, str, int, str]]:
    """(id, purpose, version, hash) of what is live: all that is needed to know whether it is in memory already."""
    mine = and_(models.c.workspace_id == workspace_id, models.c.status == ModelStatus.LIVE)
    rows = connection.execute(select(models.c.id, models.c.purpose, models.c.version, models.c.hash).where(mine))
    return [(row.id, row.purpose, row.version, row.hash) for row in rows]


def numbered(connection: Connection, workspace_id: int, model_id: int) -> ModelEntry:
    """The version with this number of its own. Raises NotFound."""
    mine = and_(models.c.workspace_id == workspace_id, models.c.id == model_id)
    row = connection.execute(select(*_SHOWN).where(mine)).one_or_none()
    if row is None:
        raise NotFound("model", str(model_id))
    return _entry(row)


def live(connection: Connection, workspace_id: int, purpose: str) -> ModelEntry | None:
    """The version that answers for a purpose, None while the rule does."""
    return next((one for one in live_entries(connection, workspace_id) if one.purpose == purpose), None)


def document_of(connection: Connection, workspace_id: int, model_id: int) -> ModelDocument:
    """The whole model. Raises NotFound, pydantic.ValidationError when it was written by another Forestay."""
    mine = and_(models.c.workspace_id == workspace_id, models.c.id == model_id)
    text = connection.scalar(select(models.c.document).where(mine))
    if text is None:
        raise NotFound("model", str(model_id))
    return ModelDocument.model_validate_json(text)


def reference_of(connection: Connection, workspace_id: int, model_id: int) -> bytes | None:
    """The sample of its training rows, None when none was kept."""
    mine = and_(models.c.workspace_id == workspace_id, models.c.id == model_id)
    found: bytes | None = connection.scalar(select(models.c.reference).where(mine))
    return found


def promote(
    connection: Connection, workspace_id: int, entry: ModelEntry, actor: str, policy: ModelPolicy, at: datetime, *,
    note: str | None = None,
) -> ModelEntry:  # fmt: skip
    """Let a draft or shadow answer from now on; where the workspace asks for approval it waits for that instead.
    note: why, in the words of whoever does it.

    Raises NotPromotable: it is live already or learned nothing.
    """
    _lock(connection, workspace_id, entry.purpose)
    entry = find(connection, workspace_id, entry.purpose, entry.version)
    _check_promotable(connection, workspace_id, entry)
    if policy.approval is not None:
        return _changed(connection, workspace_id, entry, {"asked_by": actor, **_why(note)})
    return _go_live(connection, workspace_id, entry, {"asked_by": actor, "approved_by": None, **_why(note)}, at)


def approve(
    connection: Connection, workspace_id: int, entry: ModelEntry, actor: str, role: Role | None, policy: ModelPolicy,
    at: datetime, *, note: str | None = None,
) -> ModelEntry:  # fmt: skip
    """Let a version that somebody asked for go live. role: of the member who approves, None for a key.

    Raises WaitsForApproval, ApprovalRefused (not another member of the role that the workspace names; an admin may
    always), NotPromotable.
    """
    _lock(connection, workspace_id, entry.purpose)
    entry = find(connection, workspace_id, entry.purpose, entry.version)
    if entry.asked_by is None:
        raise WaitsForApproval(f"nobody asked for {entry.purpose} {entry.version} to go live; promote it first")
    if actor == entry.asked_by:
        raise ApprovalRefused("whoever asked for a model to go live does not approve it; let another member do so")
    if policy.approval is not None and role not in (policy.approval, Role.ADMIN):
        raise ApprovalRefused(f"this workspace lets members of the role '{policy.approval.value}' approve models")
    _check_promotable(connection, workspace_id, entry)
    return _go_live(connection, workspace_id, entry, {"approved_by": actor, **_why(note)}, at)


def shadow(connection: Connection, workspace_id: int, entry: ModelEntry) -> ModelEntry:
    """Let a draft predict every day beside the live one, seen by nobody but its card. The shadow before ends."""
    _lock(connection, workspace_id, entry.purpose)
    entry = find(connection, workspace_id, entry.purpose, entry.version)
    if entry.status != ModelStatus.DRAFT:
        raise NotPromotable(f"{entry.purpose} {entry.version} is {entry.status}; only a draft can shadow")
    _check_promotable(connection, workspace_id, entry)
    ending = and_(_of(workspace_id, entry.purpose), models.c.status == ModelStatus.SHADOW)
    connection.execute(update(models).where(ending).values(status=ModelStatus.DRAFT))
    return _changed(connection, workspace_id, entry, {"status": ModelStatus.SHADOW})


def retire(
    connection: Connection, workspace_id: int, entry: ModelEntry, at: datetime, *, note: str | None = None
) -> ModelEntry:
    """Take a live, shadow or draft version out of service; without a live one the rule score answers again."""
    _lock(connection, workspace_id, entry.purpose)
    return _changed(connection, workspace_id, entry, {"status": ModelStatus.RETIRED, "retired_at": at, **_why(note)})


def roll_back(
    connection: Connection, workspace_id: int, purpose: str, actor: str, at: datetime, *, note: str | None = None
) -> RollBack:
    """Put the version that was live before in the live one's place.

    Needs no approval: it was approved when it went live. Raises NotPromotable when no version is live.
    """
    _lock(connection, workspace_id, purpose)
    present = live(connection, workspace_id, purpose)
    if present is None:
        raise NotPromotable(f"no model of the purpose '{purpose}' is live, so there is nothing to roll back")
    before = and_(
        _of(workspace_id, purpose), models.c.status == ModelStatus.RETIRED, models.c.live_since.is_not(None),
        models.c.live_since < present.live_since,
    )  # fmt: skip
    row = connection.execute(select(*_SHOWN).where(before).order_by(models.c.live_since.desc()).limit(1)).one_or_none()
    gone = retire(connection, workspace_id, present, at, note=note)
    if row is None:
        return RollBack(gone, None)
    said = f"back in service in the place of version {present.version}, by {actor}"
    # live_since stays: a second roll-back goes on
    values = {"status": ModelStatus.LIVE, "retired_at": None, "note": f"{said}: {note}" if note else said}
    return RollBack(gone, _changed(connection, workspace_id, _entry(row), values))


def lineage(connection: Connection, workspace_id: int, entry: ModelEntry) -> list[ModelEntry]:
    """The version, the one it was compared with, and so on to the first."""
    found = [entry]
    while found[-1].parent is not None and found[-1].parent < found[-1].version:
        found.append(find(connection, workspace_id, entry.purpose, found[-1].parent))
    return found


def finite(values: Mapping[str, float]) -> dict[str, Json]:
    """Numbers as JSON can hold them: what is none is null."""
    return {
        key: None if value != value or value in (float("inf"), float("-inf")) else value
        for key, value in values.items()
    }


def _why(note: str | None) -> dict[str, str]:
    """The reason, where one was given; an earlier one stays else."""
    return {"note": note} if note else {}


def _go_live(
    connection: Connection, workspace_id: int, entry: ModelEntry, values: Mapping[str, Any], at: datetime
) -> ModelEntry:
    before = and_(_of(workspace_id, entry.purpose), models.c.status == ModelStatus.LIVE)
    connection.execute(update(models).where(before).values(status=ModelStatus.RETIRED, retired_at=at))
    return _changed(connection, workspace_id, entry, {"status": ModelStatus.LIVE, "live_since": at, **values})


def _check_promotable(connection: Connection, workspace_id: int, entry: ModelEntry) -> None:
    if entry.status == ModelStatus.LIVE:
        raise NotPromotable(f"{entry.purpose} {entry.version} is live already")
    if document_of(connection, workspace_id, entry.id).state is not State.OK:
        raise NotPromotable(
            f"{entry.purpose} {entry.version} found not enough data to learn from; the rule score answers until there is more"
        )


def _of(workspace_id: int, purpose: str) -> ColumnElement[bool]:
    return and_(models.c.workspace_id == workspace_id, models.c.purpose == Purpose(purpose).value)


def _changed(connection: Connection, workspace_id: int, entry: ModelEntry, values: Mapping[str, Any]) -> ModelEntry:
    mine = and_(models.c.workspace_id == workspace_id, models.c.id == entry.id)
    return _entry(connection.execute(update(models).where(mine).values(**values).returning(*_SHOWN)).one())


def _lock(connection: Connection, workspace_id: int, purpose: str) -> None:
    """Two people who decide about one purpose take turns until the end of the transaction."""
    name = f"model:{workspace_id}:{purpose}"
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _entry(row: Row[Any]) -> ModelEntry:
    return ModelEntry(**{name: getattr(row, name) for name in ModelEntry.__slots__})
