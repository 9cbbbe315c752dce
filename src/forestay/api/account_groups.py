"""`/api/account-groups`, `/api/account-export`: accounts counted and summed by what they share; the list as a file.

Gives: router
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field
from sqlalchemy import Connection

from forestay.api.account_question import FromQuery, Selection, chosen_numbers, numbers_of
from forestay.api.account_shapes import AccountItem, item_of
from forestay.api.calls import Call, needs
from forestay.api.queries import accounts as queries
from forestay.api.queries.groups import Group, GroupBy, groups_of
from forestay.api.shapes import Shape
from forestay.governance.permissions import Permission

router = APIRouter(prefix="/api", tags=["accounts"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 500


class SumShape(Shape):
    """ARR in one currency, and that of accounts in the red band."""

    currency: str | None
    arr: float
    arr_at_risk: float


class GroupShape(Shape):
    """Accounts that have something in common."""

    value: str | None = Field(description="The word by which lists find them again; null: it is not known of them.")
    label: str | None = Field(description="A name for people, where the word is none.")
    count: int
    at_risk: int = Field(description="Of these, accounts in the red band.")
    sums: list[SumShape]


class GroupsShape(Shape):
    """All that the filter finds, and the same by groups."""

    count: int
    at_risk: int
    sums: list[SumShape]
    groups: list[GroupShape] = Field(description="An account in several segments counts in each of them.")


class ExportAsk(Selection):
    """Which accounts, and in which order."""

    sort: str = Field("name", max_length=40)


@router.get("/account-groups")
def count_accounts(
    call: Reader, asked: FromQuery,
    by: Annotated[GroupBy | None, Query(description="Left out: only all together.")] = None,
) -> GroupsShape:  # fmt: skip
    """How many accounts the filter finds and what they are worth; the same words as for the list."""
    with call.begin() as conn:
        numbers = numbers_of(conn, call, asked)
        whole = next(iter(groups_of(conn, call.workspace_id, numbers, None, call.now())), Group(None, None))
        groups = groups_of(conn, call.workspace_id, numbers, by, call.now()) if by else []
    return GroupsShape(
        count=whole.count, at_risk=whole.at_risk, sums=[SumShape.model_validate(one) for one in whole.sums],
        groups=[GroupShape.model_validate(one) for one in groups],
    )  # fmt: skip


@router.post("/account-export", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
def export_accounts(body: ExportAsk, call: Reader) -> StreamingResponse:
    """Accounts as CSV (RFC 4180), the whole selection; a cell that a spreadsheet would run gets an apostrophe."""
    queries.sorting(body.sort)
    with call.begin() as conn:
        numbers = chosen_numbers(conn, call, body)
        lines = "".join(_lines(conn, call.workspace_id, numbers, body.sort))
    headers = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return StreamingResponse(iter((lines,)), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(conn: Connection, workspace_id: int, numbers: list[int], sort: str) -> Iterator[str]:
    yield _line(_HEAD)
    ordered = conn.execute(queries.in_order(workspace_id, numbers, sort)).scalars().all()
    for start in range(0, len(ordered), _CHUNK):
        for row in queries.details_of(conn, workspace_id, ordered[start : start + _CHUNK]):
            yield _line(_cells(item_of(row)))


_HEAD = (
    "external_id", "name", "health", "band", "confidence", "change_30d", "churn_probability", "readiness", "arr",
    "currency", "renews_on", "owner", "plan", "lifecycle_stage", "industry", "country", "seats", "customer_since",
    "churned_on", "open_tasks", "open_signals",
)  # fmt: skip


def _cells(one: AccountItem) -> tuple[object, ...]:
    health = one.health
    trend = next((each.change for each in health.trends if each.days == 30), None) if health else None
    return (
        one.external_id, one.name, health and health.score, health and health.band.value, health and health.confidence,
        trend, one.churn and one.churn.probability, one.readiness, one.arr, one.currency, one.renews_on, one.owner, one.plan,
        one.lifecycle_stage, one.industry, one.country, one.seats, one.customer_since, one.churned_on, one.open_tasks,
        one.open_signals,
    )  # fmt: skip


def _line(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
