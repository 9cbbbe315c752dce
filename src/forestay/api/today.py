"""`/api/today`: what a day begins with: whose health moved, what was won, and how the team stands.

Reads: queries/today.py
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field

from forestay.api.calls import Call, needs
from forestay.api.owners import NOBODY, OwnerWord, owner_number
from forestay.api.paging import Page
from forestay.api.queries import today as queries
from forestay.api.queries.today import Whose
from forestay.api.shapes import Shape
from forestay.customers.words import Band
from forestay.governance.permissions import Permission

router = APIRouter(prefix="/api/today", tags=["today"])
Reader = Annotated[Call, needs(Permission.ACCOUNTS_READ)]
Few = Annotated[int, Query(ge=1, le=50, description="How many at most.")]


class MoverShape(Shape):
    """An account whose health moved. half_width: a change within it is noise (95 %); null: not known."""

    account: str = Field(description="External id.")
    account_name: str | None
    score: float
    before: float
    change: float
    half_width: float | None
    band: Band
    arr: float | None
    currency: str | None
    owner_name: str | None


class WinShape(Shape):
    """Something that ended well. kind: saved, recovered, renewed or expanded; how: what was done."""

    at: datetime
    kind: Literal["saved", "recovered", "renewed", "expanded"]
    account: str
    account_name: str | None
    arr: float | None
    currency: str | None
    how: str
    who: str | None = Field(description="Name of the member, null where nobody is named.")


class MemberLoad(Shape):
    """One member's book and work. A null member: accounts and tasks of nobody."""

    member_id: int | None
    name: str | None
    email: str | None
    role: str | None
    accounts: int
    arr: float
    at_risk: int
    arr_at_risk: float
    open_tasks: int
    overdue: int
    due_today: int
    tasks_per_day: int | None


class TeamShape(Shape):
    """Everybody who owns accounts or tasks. currency: of the workspace; accounts in another are counted without ARR."""

    currency: str
    items: list[MemberLoad]


@router.get("/movers")
def movers(
    call: Reader,
    days: Annotated[Literal[1, 7, 30], BeforeValidator(int), Query(description="Over how many days.")] = 1,
    direction: Annotated[Literal["down", "up"], Query(description="Who fell, or who rose.")] = "down",
    owner: OwnerWord = None,
    limit: Few = 8,
) -> Page[MoverShape]:
    """The accounts whose health moved most, the largest move first."""
    with call.begin() as conn:
        whose = Whose(owner_number(conn, call, owner), owner == NOBODY)
        found = queries.movers(conn, call.workspace_id, whose, days, direction, limit, call.now())
    return Page(items=[MoverShape.model_validate(one) for one in found])


@router.get("/wins")
def wins(
    call: Reader,
    days: Annotated[int, Query(ge=1, le=365, description="Over how many days.")] = 30,
    owner: OwnerWord = None,
    limit: Few = 8,
) -> Page[WinShape]:
    """What ended well, the latest first: tasks with a good outcome, and interventions whose account recovered, renewed or
    expanded."""
    with call.begin() as conn:
        whose = Whose(owner_number(conn, call, owner), owner == NOBODY)
        found = queries.wins(conn, call.workspace_id, whose, days, limit, call.now())
    return Page(items=[WinShape.model_validate(one) for one in found])


@router.get("/team")
def team(call: Reader) -> TeamShape:
    """Who has how many accounts, how much of it is at risk, and how much work is waiting."""
    with call.begin() as conn:
        currency, found = queries.team(conn, call.workspace_id, call.now())
    return TeamShape(currency=currency, items=[MemberLoad.model_validate(one) for one in found])
