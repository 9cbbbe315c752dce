"""`/api/conditions`: conditions as words, read and written; what they may name, and for whom one holds now.

Reads: what the last tick stored of every account
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection, select

from forestay.api.calls import Call, needs
from forestay.api.configuration import segments_of
from forestay.api.documents import pairs_of
from forestay.api.paging import Page
from forestay.api.queries.asking import Asked, answered, ask, everybody
from forestay.api.queries.columns import StoredColumns
from forestay.api.queries.fields import event_names_of, fields_of
from forestay.api.queries.naming import Naming, naming_segments
from forestay.api.shapes import Ask, Shape
from forestay.conditions.columns import UnknownColumn
from forestay.conditions.document import Condition, read_condition, write_condition
from forestay.conditions.in_words import condition_spelled_out, spelled_out
from forestay.conditions.needs import columns_of
from forestay.conditions.parse import LONGEST_TEXT, parse
from forestay.conditions.segments import read_segment
from forestay.conditions.text import describe
from forestay.customers.words import Band
from forestay.governance.permissions import Permission
from forestay.store.documents import DocumentKind
from forestay.store.sets import within
from forestay.store.tables.customers import accounts
from forestay.store.tables.scores import account_states as states

router = APIRouter(prefix="/api/conditions", tags=["conditions"])
Reader = Annotated[Call, needs(Permission.CONFIG_READ)]
_SHOWN_COLUMNS = 6


class WordsAsk(Ask):
    """A condition in words."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, examples=["health.score < 60 and account.arr >= 50000"])


class ConditionAsk(Ask):
    """A condition as a document; parts of it may be words."""

    condition: dict[str, Any]


class ConditionShape(Shape):
    """A condition as a document: `GET /api/schemas/condition` has its schema."""

    condition: dict[str, Any]


class WordsShape(Shape):
    """A condition in words; read back it is the same condition."""

    text: str


class FieldShape(Shape):
    """A column that a condition may name."""

    column: str
    label: str
    unit: str = Field(description="As measures say it; '' where there is none.")
    type: str = Field(description="number, yes_no (1 or 0), text or day (YYYY-MM-DD).")
    group: str = Field(description="health, churn, early_warning, expansion, account, measure or trait.")
    description: str
    values: list[str] = Field(description="Texts that occur, the most frequent first, at most 100.")


class EventShape(Shape):
    """A name that an event part may count; any other of the customer's events may be named too."""

    name: str
    label: str
    kind: str = Field(description="role, features, feature or event.")


class SegmentName(Shape):
    """A live segment."""

    key: str
    name: str


class Vocabulary(Shape):
    """All that a condition may name in this workspace."""

    fields: list[FieldShape]
    events: list[EventShape]
    segments: list[SegmentName]


class MatchingAsk(Ask):
    """A condition as a document or in words, kept or not; and how many of the accounts to show."""

    condition: dict[str, Any] | str
    sample: int = Field(10, ge=0, le=100)


class ColumnValue(Shape):
    """What an account has in a column that the condition reads; null = missing."""

    column: str
    value: float | str | None


class MatchedAccount(Shape):
    """One account for which the condition holds."""

    external_id: str
    name: str | None
    arr: float | None
    currency: str | None
    score: float | None
    band: Band | None
    values: list[ColumnValue] = Field(description="Of the first columns that the condition itself names.")


class ConditionMatching(Shape):
    """For whom a condition holds, by what the last tick stored."""

    accounts: int
    unknown: int = Field(description="Accounts of which it cannot be said: a value is missing, or it hangs on events.")
    scored: int = Field(description="Accounts that could be asked.")
    events: list[str] = Field(
        description="Series that it counts. Events are not stored by account: `unknown` may match."
    )
    sample: list[MatchedAccount] = Field(description="The largest by ARR.")


class SegmentUser(Shape):
    """A document that names a segment. is_draft: only a draft does."""

    kind: DocumentKind
    key: str
    name: str
    is_draft: bool


class SegmentStanding(Shape):
    """Who belongs to a segment now (its newest state, draft or live), and what uses it. accounts null: it cannot be asked."""

    key: str
    accounts: int | None
    unknown: int | None
    scored: int | None
    events: list[str]
    problem: str | None = Field(None, description="Why it cannot be asked.")
    used_by: list[SegmentUser]


@router.post("/parse")
def parse_condition(body: WordsAsk, call: Reader) -> ConditionShape:
    """The document of a condition in words; a fault is told with its character."""
    return ConditionShape(condition=write_condition(parse(body.text)))


@router.post("/describe")
def describe_condition(body: ConditionAsk, call: Reader) -> WordsShape:
    """The words of a condition."""
    full = spelled_out({"condition": body.condition})
    return WordsShape(text=describe(read_condition(full["condition"])))


@router.get("/vocabulary")
def get_vocabulary(call: Reader) -> Vocabulary:
    """Every column, event and segment that a condition may name, in words."""
    with call.begin() as conn:
        live = segments_of(conn, call.workspace_id)
        return Vocabulary(
            fields=[FieldShape.model_validate(one) for one in fields_of(conn, call.workspace_id)],
            events=[EventShape.model_validate(one) for one in event_names_of(conn, call.workspace_id)],
            segments=[SegmentName(key=key, name=segment.name) for key, segment in sorted(live.items())],
        )


@router.post("/matching")
def matching_of_condition(
    body: MatchingAsk, call: Annotated[Call, needs(Permission.ACCOUNTS_READ)]
) -> ConditionMatching:
    """For how many accounts a condition holds now, with some of them; nothing has to be kept for that."""
    condition = read_condition(condition_spelled_out(body.condition))
    with call.begin() as conn:
        segments = {key: segment.condition for key, segment in segments_of(conn, call.workspace_id).items()}
        asked = ask(conn, call.workspace_id, condition, segments, call.now())
        shown = sorted(columns_of(condition))[:_SHOWN_COLUMNS]
        return ConditionMatching(
            accounts=int(np.count_nonzero(asked.yes)),
            unknown=int(np.count_nonzero(~(asked.yes | asked.no))),
            scored=len(asked.columns.ids),
            events=list(asked.events),
            sample=_sample(conn, call, asked, shown, body.sample),
        )


@router.get("/segments")
def standing_of_segments(call: Annotated[Call, needs(Permission.CONFIG_READ)]) -> Page[SegmentStanding]:
    """Of every segment how many accounts belong to it now, and which documents name it."""
    with call.begin() as conn:
        named = naming_segments(conn, call.workspace_id)
        pairs = pairs_of(conn, call.workspace_id, DocumentKind.SEGMENT)
        live = {key: segment.condition for key, segment in segments_of(conn, call.workspace_id).items()}
        newest = {key: pair[1] or pair[0] for key, pair in sorted(pairs.items())}
        conditions = {key: read_segment(one.body).condition for key, one in newest.items() if one is not None}
        stored = everybody(conn, call.workspace_id, conditions.values(), live, call.now())
    standing = [_standing(stored, key, one, live, named.get(key, [])) for key, one in conditions.items()]
    return Page(items=standing, next=None)


def _standing(
    stored: StoredColumns, key: str, condition: Condition, live: Mapping[str, Condition], named: Sequence[Naming]
) -> SegmentStanding:
    users = [SegmentUser.model_validate(one) for one in named]
    try:
        asked = answered(stored, condition, live)
    except UnknownColumn as unknown:
        return SegmentStanding(
            key=key, accounts=None, unknown=None, scored=None, events=[], problem=str(unknown), used_by=users
        )
    return SegmentStanding(
        key=key, accounts=int(np.count_nonzero(asked.yes)), unknown=int(np.count_nonzero(~(asked.yes | asked.no))),
        scored=len(asked.columns.ids), events=list(asked.events), used_by=users,
    )  # fmt: skip


def _sample(conn: Connection, call: Call, asked: Asked, shown: Sequence[str], most: int) -> list[MatchedAccount]:
    numbers = asked.columns.ids[asked.yes]
    rows = conn.execute(
        select(accounts, states.c.score, states.c.band)
        .join(states, states.c.account_id == accounts.c.id)
        .where(accounts.c.workspace_id == call.workspace_id, within(accounts.c.id, numbers.tolist()))
        .order_by(accounts.c.arr.desc().nulls_last(), accounts.c.id)
        .limit(most)
    ).all()
    table = asked.columns.table
    places = np.searchsorted(asked.columns.ids, [row.id for row in rows])
    return [
        MatchedAccount(
            external_id=row.external_id, name=row.name, arr=row.arr, currency=row.currency, score=row.score, band=row.band,
            values=[ColumnValue(column=name, value=_value(table[name], int(place))) for name in shown],
        )
        for row, place in zip(rows, places, strict=True)
    ]  # fmt: skip


def _value(values: npt.NDArray[Any], at: int) -> float | str | None:
    value = values[at] if values.shape else values[()]
    if value is None or isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)
