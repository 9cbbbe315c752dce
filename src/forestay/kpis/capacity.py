"""What each CSM carries, beside what a member can do.

Reads : members, accounts, account_states, tasks
Gives : loads(), Load
Source: REQUIREMENTS J (team capacity)

load = (tasks overdue + tasks due within 7 days) / (tasks a day of the member x 5 working days). 1 is a full week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from forestay.customers.words import Band, Role, TaskStatus
from forestay.kpis.kpi import Period
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import members
from forestay.store.tables.scores import account_states as states

WORKING_DAYS = 5
_WEEK = timedelta(days=7)
_LASTING = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value, TaskStatus.SNOOZED.value)


@dataclass(frozen=True, slots=True)
class Load:
    """One member, or what nobody owns (member None). arr: of the accounts, in any currency, as it is stored.
    done, median_hours (opening to done): of the period. tasks_a_week: what the member can do; load: see the module."""

    member: str | None
    name: str | None
    role: str | None
    accounts: int
    arr: float
    red: int
    yellow: int
    open: int
    overdue: int
    due_soon: int
    done: int
    median_hours: float | None
    tasks_a_week: int | None
    load: float | None


def loads(conn: Connection, workspace_id: int, period: Period, now: datetime) -> list[Load]:
    """Members who own accounts or tasks, and every active CSM, the most loaded first; what nobody owns last."""
    books = _books(conn, workspace_id, now)
    work = _work(conn, workspace_id, period, now)
    people = conn.execute(
        select(members.c.id, members.c.email, members.c.name, members.c.role, members.c.tasks_per_day)
        .where(members.c.workspace_id == workspace_id)
        .where(or_(and_(members.c.role == Role.CSM.value, members.c.disabled_at.is_(None)),
                   members.c.id.in_([key for key in {*books, *work} if key is not None])))
    ).all()  # fmt: skip
    found = [
        _load(books.get(one.id), work.get(one.id), (one.email, one.name, one.role), one.tasks_per_day * WORKING_DAYS)
        for one in people
    ]
    found.sort(key=lambda one: (-(one.load or 0.0), one.name or ""))
    if None in books or None in work:
        found.append(_load(books.get(None), work.get(None), (None, None, None), None))
    return found


_Book = tuple[int, float, int, int]
_Work = tuple[int, int, int, int, float | None]


def _load(
    book: _Book | None, work: _Work | None, who: tuple[str | None, str | None, str | None], week: int | None
) -> Load:
    many, arr, red, yellow = book or (0, 0.0, 0, 0)
    standing, overdue, soon, done, hours = work or (0, 0, 0, 0, None)
    load = (overdue + soon) / week if week else None
    return Load(*who, many, arr, red, yellow, standing, overdue, soon, done, hours, week, load)


def _books(conn: Connection, workspace_id: int, now: datetime) -> dict[int | None, _Book]:
    table = accounts.c
    rows = conn.execute(
        select(
            table.owner_id, func.count(), func.coalesce(func.sum(table.arr), 0),
            func.count().filter(states.c.band == Band.RED.value), func.count().filter(states.c.band == Band.YELLOW.value),
        )
        .select_from(accounts.outerjoin(states, states.c.account_id == table.id))
        .where(table.workspace_id == workspace_id, table.merged_into.is_(None),
               or_(table.churned_on.is_(None), table.churned_on > now.date()))
        .group_by(table.owner_id)
    ).all()  # fmt: skip
    return {row[0]: (int(row[1]), float(row[2]), int(row[3]), int(row[4])) for row in rows}


def _work(conn: Connection, workspace_id: int, period: Period, now: datetime) -> dict[int | None, _Work]:
    table = tasks.c
    stands = table.status.in_(_LASTING)
    late = and_(stands, table.due_at < now)
    soon = and_(stands, table.due_at >= now, table.due_at < now + _WEEK)
    done = and_(table.status == TaskStatus.DONE.value, table.done_at >= period.since, table.done_at < period.until)
    hours = func.extract("epoch", table.done_at - table.created_at) / 3600
    rows = conn.execute(
        select(
            table.owner_id, func.count().filter(stands), func.count().filter(late), func.count().filter(soon),
            func.count().filter(done), func.percentile_cont(0.5).within_group(hours).filter(done),
        )
        .where(table.workspace_id == workspace_id, or_(stands, done))
        .group_by(table.owner_id)
    ).all()  # fmt: skip
    return {row[0]: (int(row[1]), int(row[2]), int(row[3]), int(row[4]), None if row[5] is None else float(row[5]))
            for row in rows}  # fmt: skip
