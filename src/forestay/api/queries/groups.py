"""Accounts counted and summed, all together or by what they have in common.

Reads: accounts, account_states, members, live segments
Gives: GroupBy, Group, Sum, groups_of()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, cast, func, literal, null, select

from forestay.api.configuration import segments_of
from forestay.api.queries.belonging import members_of_segments
from forestay.customers.words import Band
from forestay.store.sets import within
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members
from forestay.store.tables.scores import account_states as states


class GroupBy(StrEnum):
    """What a list of accounts can be grouped by."""

    OWNER = "owner"
    BAND = "band"
    SEGMENT = "segment"
    PLAN = "plan"
    RENEWAL_MONTH = "renewal_month"
    LIFECYCLE_STAGE = "lifecycle_stage"
    INDUSTRY = "industry"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Sum:
    """ARR of the accounts in one currency, and of those whose band is red."""

    currency: str | None
    arr: float
    arr_at_risk: float


@dataclass(slots=True)
class Group:
    """value: the word that finds the group's accounts again; None: not known. at_risk: accounts in the red band."""

    value: str | None
    label: str | None
    count: int = 0
    at_risk: int = 0
    sums: list[Sum] = field(default_factory=list)


_KEYS: dict[GroupBy, ColumnElement[Any]] = {
    GroupBy.OWNER: members.c.email, GroupBy.BAND: states.c.band, GroupBy.PLAN: accounts.c.plan,
    GroupBy.RENEWAL_MONTH: func.to_char(accounts.c.renews_on, "YYYY-MM"),
    GroupBy.LIFECYCLE_STAGE: accounts.c.lifecycle_stage, GroupBy.INDUSTRY: accounts.c.industry,
    GroupBy.COUNTRY: accounts.c.country,
}  # fmt: skip


def groups_of(
    conn: Connection, workspace_id: int, numbers: Select[Any], by: GroupBy | None, now: datetime
) -> list[Group]:
    """The groups by their value, what is not known last; one group without value for no `by`.

    An account may belong to several segments, and then counts in each.
    """
    if by is GroupBy.SEGMENT:
        return list(_segments(conn, workspace_id, numbers, now))
    key = cast(null(), Text) if by is None else _KEYS[by]
    label = members.c.name if by is GroupBy.OWNER else cast(null(), Text)
    chosen = accounts.c.id.in_(numbers)
    return _folded(conn.execute(_counted(workspace_id, key, label).where(chosen)))


def _counted(workspace_id: int, key: ColumnElement[Any], label: ColumnElement[Any]) -> Select[Any]:
    red = states.c.band == Band.RED.value
    return (
        select(
            key.label("value"), label.label("label"), accounts.c.currency, func.count().label("n"),
            func.count().filter(red).label("at_risk"), func.coalesce(func.sum(accounts.c.arr), 0).label("arr"),
            func.coalesce(func.sum(accounts.c.arr).filter(red), 0).label("arr_at_risk"),
        )
        .select_from(accounts)
        .outerjoin(states, states.c.account_id == accounts.c.id)
        .outerjoin(members, members.c.id == accounts.c.owner_id)
        .where(accounts.c.workspace_id == workspace_id)
        .group_by(key, label, accounts.c.currency)
        .order_by(key.asc().nulls_last())
    )  # fmt: skip


def _folded(rows: Iterable[Row[Any]]) -> list[Group]:
    found: dict[str | None, Group] = {}
    for row in rows:
        group = found.setdefault(row.value, Group(row.value, row.label))
        group.count += row.n
        group.at_risk += row.at_risk
        if row.arr:
            group.sums.append(Sum(row.currency, float(row.arr), float(row.arr_at_risk)))
    return list(found.values())


def _segments(conn: Connection, workspace_id: int, numbers: Select[Any], now: datetime) -> Iterator[Group]:
    chosen: Sequence[int] = conn.execute(numbers).scalars().all()
    names = {key: one.name for key, one in segments_of(conn, workspace_id).items()}
    everybody = set(chosen)
    for key, belonging in members_of_segments(conn, workspace_id, now).items():
        inside = everybody & set(belonging.tolist())
        counted = _counted(workspace_id, cast(literal(key), Text), cast(literal(names.get(key, key)), Text))
        yield from _folded(conn.execute(counted.where(within(accounts.c.id, sorted(inside)))))
