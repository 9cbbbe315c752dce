"""Accounts as lists show them: filtered, sorted and cut into pages by the store.

Reads: accounts, account_states, members, signals, tasks
Gives: page_numbers(), details_of(), sorting(), one_account()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Table,
    Text,
    and_,
    any_,
    func,
    literal,
    select,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.visitors import iterate

from forestay.api.paging import Sorting
from forestay.api.queries.account_filter import LASTING, TREND_30D, AccountFilter, conditions_of
from forestay.customers.words import SignalStatus
from forestay.kit.errors import Invalid, NotFound
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members
from forestay.store.tables.scores import account_states as states
from forestay.store.tables.signals import signals

SORTS: Mapping[str, ColumnElement[Any]] = {
    "name": func.lower(accounts.c.name, type_=Text()),
    "arr": accounts.c.arr,
    "score": states.c.score,
    "trend": TREND_30D,
    "churn": states.c.churn_score,
    "readiness": states.c.readiness,
    "renews_on": accounts.c.renews_on,
}
"""By what a list of accounts can be sorted; '-' before the word turns it round."""


def base(workspace_id: int) -> Select[Any]:
    """Every column that an account's row in a list needs; merged accounts are left out."""
    same_signal = and_(signals.c.account_id == accounts.c.id, signals.c.status == SignalStatus.OPEN.value)
    same_task = and_(tasks.c.account_id == accounts.c.id, tasks.c.status.in_(LASTING))
    return (
        select(
            accounts,
            states.c.as_of,
            states.c.scorecard_key,
            states.c.score,
            states.c.band,
            states.c.confidence,
            states.c.band_confidence,
            states.c.dimensions,
            states.c.trends,
            states.c.churn_score,
            states.c.churn_model,
            states.c.readiness,
            states.c.measures,
            states.c.measure_set,
            states.c.anomalies,
            members.c.name.label("owner_name"),
            members.c.email.label("member_email"),
            SORTS["name"].label("sort_name"),
            TREND_30D.label("sort_trend"),
            select(func.count()).where(same_signal).scalar_subquery().label("open_signals"),
            select(func.count()).where(same_task).scalar_subquery().label("open_tasks"),
        )
        .outerjoin(states, states.c.account_id == accounts.c.id)
        .outerjoin(members, members.c.id == accounts.c.owner_id)
        .where(accounts.c.workspace_id == workspace_id)
    )


def page_numbers(
    workspace_id: int, wanted: AccountFilter, order: str, among: Sequence[int] | None = None
) -> Select[Any]:
    """Numbers of the accounts asked for, slim, since the store sorts all that fit: details come for a page only.

    States are joined where a filter or the order asks for them. among: only of these numbers.
    """
    conditions = conditions_of(wanted)
    asked = [*conditions, SORTS[order.removeprefix("-")]]
    source: FromClause = accounts
    if any(_reads(part, states) for part in asked):
        source = source.outerjoin(states, states.c.account_id == accounts.c.id)
    mine = (accounts.c.workspace_id == workspace_id) & accounts.c.merged_into.is_(None)
    if among is not None:
        conditions.append(accounts.c.id == any_(literal(list(among), ARRAY(BigInteger))))
    return select(accounts.c.id).select_from(source).where(mine, *conditions)


def details_of(conn: Connection, workspace_id: int, numbers: Sequence[int]) -> list[Row[Any]]:
    """The rows of these accounts, in this order."""
    rows = {row.id: row for row in conn.execute(base(workspace_id).where(accounts.c.id.in_(numbers)))}
    return [rows[number] for number in numbers if number in rows]


def in_order(workspace_id: int, numbers: Sequence[int], order: str) -> Select[Any]:
    """These accounts, sorted."""
    place = sorting(order)
    column = place.column.desc() if place.descending else place.column.asc()
    return page_numbers(workspace_id, AccountFilter(), order, numbers).order_by(column.nulls_last(), accounts.c.id)


def _reads(part: ColumnElement[Any], table: Table) -> bool:
    return any(isinstance(one, Column) and one.table is table for one in iterate(part))


def sorting(word: str) -> Sorting:
    """The order that a word such as 'name' or '-arr' names. Raises Invalid with the allowed words."""
    column = SORTS.get(word.removeprefix("-"))
    if column is None:
        allowed = ", ".join(f"{name}, -{name}" for name in SORTS)
        raise Invalid(f"'{word}' is no order of accounts; allowed are {allowed}", place="sort", code="unknown_sort")
    return Sorting(column, accounts.c.id, descending=word.startswith("-"))


def sort_value(row: Row[Any], word: str) -> object:
    """What a row is sorted by."""
    names = {"name": "sort_name", "trend": "sort_trend", "churn": "churn_score"}
    plain = word.removeprefix("-")
    return getattr(row, names.get(plain, plain))


def one_account(conn: Connection, workspace_id: int, external_id: str) -> Row[Any]:
    """An account, merged ones too, so that old ids still lead somewhere. Raises NotFound."""
    row = conn.execute(base(workspace_id).where(accounts.c.external_id == external_id)).one_or_none()
    if row is None:
        raise NotFound("account", external_id)
    return row


def account_number(conn: Connection, workspace_id: int, external_id: str) -> int:
    """The number of an account. Raises NotFound."""
    mine = (accounts.c.workspace_id == workspace_id) & (accounts.c.external_id == external_id)
    found = conn.execute(select(accounts.c.id).where(mine)).scalar_one_or_none()
    if found is None:
        raise NotFound("account", external_id)
    return int(found)
