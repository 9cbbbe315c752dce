"""Lists in pages: an opaque cursor says after which row the next page begins.

Gives : Page, Limit, Cursor, Number, Sorting, page_of()

A cursor holds the sort value and number of the last row, and a checksum over them and over the question
(route, filters, sort). A cursor that was altered, or that belongs to another question, is refused (400)
rather than answered with a page that means nothing. It gives no access: rows are filtered as ever.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Column, ColumnElement, Select, String, and_, cast, literal, null, or_
from sqlalchemy.types import TypeEngine

from forestay.kit.errors import ForestayError

T = TypeVar("T")
R = TypeVar("R")
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` of the page before.")]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A row's own number in an address."""
Scalar = str | int | float | bool | None


class BadCursor(ForestayError):
    """The cursor is not one that we gave for this question: begin again without it."""

    code = "bad_cursor"
    http_status = 400

    def __init__(self) -> None:
        self.place = "cursor"
        super().__init__("this cursor was not given for this question; begin again without it")


class Page(BaseModel, Generic[T]):
    """Some rows, and the cursor of the page after them (null on the last)."""

    items: list[T]
    next: str | None = Field(None, description="Give it as `cursor` for the next page; null on the last.")


@dataclass(frozen=True, slots=True)
class Sorting:
    """By what a list is sorted. column may be null: such rows come last. number breaks ties, ascending."""

    column: ColumnElement[Any]
    number: ColumnElement[Any]
    descending: bool = False

    def of(self, select: Select[Any], cursor: str | None, question: Sequence[object], limit: int) -> Select[Any]:
        """The statement for one page, with one row more than the page so that the end is known."""
        if cursor is not None:
            value, number = decode(cursor, question)
            select = select.where(self._after(value, number))
        order = self.column.desc() if self.descending else self.column.asc()
        orders = [order if self._never_missing else order.nulls_last()]
        if self.column is not self.number:
            orders.append(self.number.asc())
        return select.order_by(*orders).limit(limit + 1)

    @property
    def _never_missing(self) -> bool:
        """Where nothing can be missing nothing is said of it: an index is read from its end only for the plain order."""
        return isinstance(self.column, Column) and not self.column.nullable

    def _after(self, value: Scalar, number: Scalar) -> ColumnElement[bool]:
        later_number = self.number > _bound(number, self.number.type)
        if value is None:
            return and_(self.column.is_(null()), later_number)
        bound = _bound(value, self.column.type)
        beyond = self.column < bound if self.descending else self.column > bound
        if self.column is self.number:
            return beyond
        if self._never_missing:  # the first part is where an index begins
            at_most = self.column <= bound if self.descending else self.column >= bound
            return and_(at_most, or_(beyond, later_number))
        return or_(beyond, and_(self.column == bound, later_number), self.column.is_(null()))


def page_of(
    rows: Sequence[R],
    limit: int,
    question: Sequence[object],
    place: Callable[[R], tuple[object, object]],
    build: Callable[[R], T],
) -> Page[T]:
    """A page out of rows selected by Sorting.of; place gives a row's sort value and number."""
    shown = rows[:limit]
    more = encode(*place(shown[-1]), question) if len(rows) > limit else None
    return Page(items=[build(row) for row in shown], next=more)


def encode(value: object, number: object, question: Sequence[object]) -> str:
    """The cursor after a row."""
    body = json.dumps([_plain(value), _plain(number)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_checksum(body, question) + body).decode().rstrip("=")


def decode(cursor: str, question: Sequence[object]) -> tuple[Scalar, Scalar]:
    """Sort value and number out of a cursor. Raises BadCursor."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        check, body = raw[:_CHECK], raw[_CHECK:]
        if check != _checksum(body, question):
            raise BadCursor
        value, number = json.loads(body)
    except (ValueError, binascii.Error) as error:
        raise BadCursor from error
    return value, number


_CHECK = 9


def _checksum(body: bytes, question: Sequence[object]) -> bytes:
    asked = json.dumps([str(part) for part in question]).encode()
    return hashlib.blake2b(body + b"\x00" + asked, digest_size=_CHECK, person=b"forestay-cursor").digest()


def _plain(value: object) -> Scalar:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a list cannot be sorted by {type(value).__name__}")


def _bound(value: Scalar, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    """The value as a bound parameter of the column's type (text is cast by PostgreSQL)."""
    if value is None:
        raise BadCursor
    return cast(literal(str(value), String()), type_)
