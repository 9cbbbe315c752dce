"""Which accounts a list, a group, a file or a piece of work on many is about: the same words in an address and in a body.

Gives: AccountQuestion, FromQuery, Selection, filter_of(), numbers_of(), chosen_numbers()
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import Field
from pydantic.fields import FieldInfo
from sqlalchemy import Connection, Select, select

from forestay.api.calls import Call
from forestay.api.owners import NOBODY, owner_number
from forestay.api.queries import accounts as queries
from forestay.api.queries.account_filter import AccountFilter
from forestay.api.queries.belonging import in_segment
from forestay.api.shapes import Ask
from forestay.customers.words import Band
from forestay.kit.errors import Invalid
from forestay.store.sets import within
from forestay.store.tables.customers import accounts

Texts = list[str] | None
MOST = 50_000
"""Accounts that one piece of work may be about."""


class AccountQuestion(Ask):
    """Everything left out: every account."""

    q: str | None = Field(None, max_length=200, description="Part of the name or external id.")
    band: list[Band] | None = Field(None, description="One or several.")
    owner: str | None = Field(
        None, max_length=320, description="E-mail address or number of a member, 'me', or 'none'."
    )
    lifecycle_stage: Texts = Field(None, description="One or several.")
    plan: Texts = Field(None, description="One or several.")
    country: Texts = Field(None, description="One or several.")
    industry: Texts = Field(None, description="One or several.")
    missing: list[Literal["lifecycle_stage", "plan", "country", "industry", "band", "renews_on", "arr", "churn", "readiness"]] | None = (
        Field(None, description="Accounts of which this is not known.")
    )  # fmt: skip
    arr_min: float | None = None
    arr_max: float | None = None
    score_min: float | None = None
    score_max: float | None = None
    trend_min: float | None = Field(None, description="Change of health in 30 days, points.")
    trend_max: float | None = None
    churn_min: float | None = None
    churn_max: float | None = None
    readiness_min: float | None = None
    readiness_max: float | None = None
    renews_after: date | None = Field(None, description="On this day or later.")
    renews_before: date | None = None
    signal: str | None = Field(None, max_length=100, description="Key of a trigger with an open signal.")
    has_task: bool | None = Field(None, description="Whether somebody still has a task to do there.")
    has_signal: bool | None = Field(None, description="Whether a signal is open.")
    include_churned: bool = True
    segment: str | None = Field(
        None, max_length=100, description="Key of a live segment; as of each account's last tick."
    )


def _from_query() -> Callable[..., AccountQuestion]:
    """The fields of the question as parameters of an address, so that both ways in can never differ."""

    def asked(**given: Any) -> AccountQuestion:
        return AccountQuestion.model_validate(given)

    asked.__signature__ = Signature([_parameter(name, field) for name, field in AccountQuestion.model_fields.items()])  # type: ignore[attr-defined]
    return asked


def _parameter(name: str, field: FieldInfo) -> Parameter:
    query = Query(description=field.description)
    annotation = Annotated.__class_getitem__((field.annotation, *field.metadata, query))  # type: ignore[attr-defined]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=field.default, annotation=annotation)


FromQuery = Annotated[AccountQuestion, Depends(_from_query())]


class Selection(Ask):
    """Accounts that were picked one by one, or all that a question finds but for some."""

    accounts: list[str] | None = Field(None, max_length=MOST, description="External ids.")
    matching: AccountQuestion | None = None
    leave_out: list[str] = Field(default_factory=list, max_length=MOST, description="External ids, of those matching.")


def filter_of(conn: Connection, call: Call, asked: AccountQuestion) -> AccountFilter:
    """The question with names turned into numbers."""
    given = asked.model_dump()
    owner = given.pop("owner")
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items() if value is not None
    }
    return AccountFilter(owner_id=owner_number(conn, call, owner), unowned=owner == NOBODY, **known)


def numbers_of(conn: Connection, call: Call, asked: AccountQuestion, sort: str = "name") -> Select[Any]:
    """Numbers of the accounts found, unordered."""
    wanted = filter_of(conn, call, asked)
    among = (
        in_segment(conn, call.workspace_id, asked.segment, call.now()).tolist() if asked.segment is not None else None
    )
    return queries.page_numbers(call.workspace_id, wanted, sort, among)


def chosen_numbers(conn: Connection, call: Call, chosen: Selection) -> list[int]:
    """Numbers of the accounts of a selection, by number. Raises Invalid for none, and for too many."""
    if (chosen.accounts is None) == (chosen.matching is None):
        raise Invalid("say either 'accounts' or 'matching'", place="accounts")
    if chosen.matching is not None:
        wanted = numbers_of(conn, call, chosen.matching)
        if chosen.leave_out:
            wanted = wanted.where(~within(accounts.c.external_id, chosen.leave_out))
    else:
        mine = (accounts.c.workspace_id == call.workspace_id) & accounts.c.merged_into.is_(None)
        wanted = select(accounts.c.id).where(mine, within(accounts.c.external_id, chosen.accounts or []))
    found = list(conn.execute(wanted.order_by(accounts.c.id).limit(MOST + 1)).scalars())
    if len(found) > MOST:
        raise Invalid(f"these are more than {MOST:,} accounts; narrow the filter", place="matching", code="too_many")
    return found
