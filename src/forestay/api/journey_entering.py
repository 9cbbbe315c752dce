"""`/api/journeys/{key}/enter...`: customers put in by hand or by a call, one or everybody who matches now.

Writes: journey_inbox; the worker takes entries in within a second, and the re-entry rule decides
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Header, Query
from pydantic import Field, field_validator
from sqlalchemy import BigInteger, Connection, any_, cast, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from forestay.api.calls import Call, needs
from forestay.api.configuration import segments_of
from forestay.api.documents import Key
from forestay.api.journeys import DOCUMENTS
from forestay.api.once import HEADER, OnceRoute
from forestay.api.queries import accounts as account_queries
from forestay.api.queries.columns import stored_columns
from forestay.api.queries.journeys import Mark, one_mark
from forestay.api.shapes import Ask, Shape
from forestay.conditions.document import Condition, InSegment
from forestay.conditions.evaluate import evaluate
from forestay.conditions.needs import events_of
from forestay.governance.permissions import Permission
from forestay.journeys import inbox
from forestay.journeys.document import Journey
from forestay.journeys.entries import ApiEntry, ConditionEntry, ManualEntry, SegmentEntry, SignalEntry
from forestay.journeys.fields import GivenName
from forestay.journeys.inbox import Entry
from forestay.journeys.read import journey_of_body
from forestay.journeys.words import LIVE, ReEntry, SubjectKind
from forestay.kit.clock import day_of
from forestay.kit.errors import Conflict, Invalid, NotFound
from forestay.signals.trigger import read_trigger
from forestay.store import documents as store
from forestay.store.documents import DocumentKind
from forestay.store.shapes import Json
from forestay.store.tables.customers import accounts, contacts, memberships
from forestay.store.tables.governance import workspaces
from forestay.store.tables.journeys import journey_runs

router = APIRouter(prefix="/api/journeys/{key}", tags=["journeys"], route_class=OnceRoute)
_SHOWN = 100
_VALUES_BYTES = 8192


class NoWayIn(Conflict):
    """The journey takes nobody in this way now; publish a version that does, or resume it."""

    code = "no_way_in"


class EnterAsk(Ask):
    """Who comes in. values: of the run, as run.<name>."""

    account: str = Field(max_length=500, description="External id of the account.")
    contact: str | None = Field(
        None, max_length=500, description="External id of the contact; a journey about contacts takes all if left out."
    )
    entry_key: str | None = Field(
        None, min_length=1, max_length=200,
        description="For journeys that run in parallel by key: one run for each. The Idempotency-Key if left out.",
    )  # fmt: skip
    values: dict[GivenName, Any] = Field(
        default_factory=dict,
        max_length=50,
        description="At most 8 kB of JSON. Names that begin with '_' are the product's.",
    )

    @field_validator("values")
    @classmethod
    def _is_small(cls, values: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(values, separators=(",", ":")).encode()) > _VALUES_BYTES:
            raise ValueError(f"the values are more than {_VALUES_BYTES} bytes of JSON; keep what is large elsewhere")
        return values


class EnteredShape(Shape):
    """It is in the inbox; whether it enters is decided by the journey's re-entry rule within a second or so."""

    accepted: int


class MatchAsk(Ask):
    """Whom to take in. segment: one; all for whom an entry by condition, segment or trigger holds now if left out."""

    segment: str | None = Field(None, max_length=120)


class MatchShape(Shape):
    """matching: accounts for which it holds now; running: of them in a run of this journey already; entering: entries
    that were or would be made."""

    matching: int
    running: int
    entering: int
    account_ids: list[str] = Field(description=f"External ids of the first {_SHOWN} that enter.")
    account_names: list[str] = Field(description="Their names, in the same order.")
    done: bool


@router.post("/enter", status_code=202)
def enter(
    key: Key, body: EnterAsk, call: Annotated[Call, needs(Permission.JOURNEYS_OPERATE)],
    idempotency_key: Annotated[str | None, Header(alias=HEADER, include_in_schema=False)] = None,
) -> EnteredShape:  # fmt: skip
    """Put one customer in. The journey needs an entry by hand or by API."""
    with call.begin() as conn:
        mark, journey = open_journey(conn, call, key)
        if not any(isinstance(entry, ManualEntry | ApiEntry) for entry in journey.entry):
            raise NoWayIn(
                f"'{key}' has no entry by hand or by API; add {{manual: true}} or {{api: true}} to its entries"
            )
        account = account_queries.account_number(conn, call.workspace_id, body.account)
        contact = _contact(conn, call, body.contact, account) if body.contact else None
        if contact is not None and journey.subject is SubjectKind.ACCOUNT:
            raise Invalid(f"'{key}' is about accounts; leave the contact out", place="contact")
        by = "api" if call.principal.member_id is None else "manual"
        said: dict[str, Json] = {"values": body.values}
        entry = Entry(mark.id, account, call.now(), contact, None, body.entry_key or idempotency_key, by, said)
        inbox.enter_many(conn, call.workspace_id, [entry])
        call.audit(conn, "journey.entered", f"journey:{key}", {"account": body.account})
    return EnteredShape(accepted=1)


@router.post("/enter-matching")
def enter_matching(
    key: Key, call: Annotated[Call, needs(Permission.JOURNEYS_PUBLISH)], body: MatchAsk | None = None,
    preview: Annotated[bool, Query(description="Count, and do nothing.")] = False,
) -> MatchShape:  # fmt: skip
    """Take in everybody for whom an entry holds now: what publishing does not do by itself."""
    with call.begin() as conn:
        mark, journey = open_journey(conn, call, key)
        matching = _matching(conn, call, journey, (body or MatchAsk()).segment)
        busy = busy_accounts(conn, call, mark, matching, ever=journey.re_entry.rule is ReEntry.NEVER)
        entering = np.setdiff1d(matching, busy)
        if not preview:
            at = call.now()
            inbox.enter_many(
                conn, call.workspace_id, [Entry(mark.id, account, at, by="manual") for account in entering.tolist()]
            )
            call.audit(conn, "journey.entered_matching", f"journey:{key}", {"accounts": len(entering)})
        names = _names(conn, call, entering[:_SHOWN].tolist())
    return MatchShape(
        matching=len(matching),
        running=len(busy),
        entering=len(entering),
        account_ids=[one for one, _ in names],
        account_names=[name for _, name in names],
        done=not preview,
    )


def open_journey(conn: Connection, call: Call, key: str) -> tuple[Mark, Journey]:
    """The journey, if anybody may come in now."""
    seen = DOCUMENTS.one_seen(conn, call, key)
    mark = one_mark(conn, call.workspace_id, key)
    if seen.live is None or mark is None:
        raise NoWayIn(f"'{key}' is not published, so nobody can enter")
    if mark.status == "stopped":
        raise NoWayIn(f"'{key}' is stopped; resume or publish it first")
    return mark, journey_of_body(seen.live.body)


def _contact(conn: Connection, call: Call, external_id: str, account: int) -> int:
    belongs = (memberships.c.contact_id == contacts.c.id) & (memberships.c.account_id == account)
    mine = (contacts.c.workspace_id == call.workspace_id) & (contacts.c.external_id == external_id)
    found = conn.execute(select(contacts.c.id).join(memberships, belongs).where(mine)).scalars().first()
    if found is None:
        raise NotFound("contact of the account", external_id)
    return int(found)


def _matching(conn: Connection, call: Call, journey: Journey, segment: str | None) -> npt.NDArray[np.int64]:
    """Accounts for which any of the conditions holds, by what the last tick stored."""
    segments = {name: one.condition for name, one in segments_of(conn, call.workspace_id).items()}
    conditions = [_segment(segment, segments)] if segment else list(_conditions(conn, call, journey, segments))
    if not conditions:
        raise Invalid("no entry of this journey can be asked whom it holds for now; name a segment", place="segment")
    if any(events_of(condition, segments) for condition in conditions):
        raise Invalid(
            "an entry counts events, which are not stored an account, so nobody can say for whom it holds now: name a segment",
            place="segment", code="not_countable_now",
        )  # fmt: skip
    zone = str(conn.execute(select(workspaces.c.zone).where(workspaces.c.id == call.workspace_id)).scalar_one())
    columns = stored_columns(conn, call.workspace_id, day_of(call.now(), zone), segments=segments)
    true = np.zeros(len(columns.ids), bool)
    for condition in conditions:
        true |= evaluate(condition, columns.table)
    return columns.ids[true]


def _conditions(
    conn: Connection, call: Call, journey: Journey, segments: Mapping[str, Condition]
) -> Iterator[Condition]:  # fmt: skip
    """Of entries by condition, by coming into a segment and by signal, the trigger's own."""
    triggers = {one.key: one for one in store.list_live(conn, call.workspace_id, DocumentKind.TRIGGER)}
    for entry in journey.entry:
        if isinstance(entry, ConditionEntry):
            yield entry.condition
        elif isinstance(entry, SegmentEntry) and entry.when == "enters":
            yield _segment(entry.segment, segments)
        elif isinstance(entry, SignalEntry) and entry.signal in triggers:
            yield read_trigger(triggers[entry.signal].body).condition


def _segment(key: str, segments: Mapping[str, Condition]) -> Condition:
    if key not in segments:
        raise Invalid(f"there is no segment '{key}'", place="segment")
    return InSegment(segment=key)


def busy_accounts(
    conn: Connection, call: Call, mark: Mark, matching: npt.NDArray[np.int64], *, ever: bool
) -> npt.NDArray[np.int64]:  # fmt: skip
    """Of these, accounts with a run under way; with any run at all where the journey takes each in once."""
    table = journey_runs.c
    mine = (table.workspace_id == call.workspace_id) & (table.journey_id == mark.id)
    if not ever:
        mine &= table.status.in_([int(status) for status in LIVE])
    wanted = any_(cast(literal(matching.tolist(), ARRAY(BigInteger)), ARRAY(BigInteger)))
    found = conn.execute(select(table.account_id).where(mine, table.account_id == wanted).distinct())
    return np.array(found.scalars().all(), np.int64)


def _names(conn: Connection, call: Call, numbers: list[int]) -> list[tuple[str, str]]:
    """External id and name."""
    mine = (accounts.c.workspace_id == call.workspace_id) & accounts.c.id.in_(numbers)
    rows = conn.execute(select(accounts.c.external_id, accounts.c.name).where(mine).order_by(accounts.c.id))
    return [(row.external_id, row.name or row.external_id) for row in rows]
