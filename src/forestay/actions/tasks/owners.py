"""Who does the work, and on whose calendar it is due.

Reads : accounts, members, tasks, calendars
Gives : owner_for(), assignee_for(), calendar_of()
Source: issue item 9 (tasks for the owning CSM); REQUIREMENTS H5 (workload): without an owner the least-loaded
        member of the first role that has one, measured as open tasks per task a day.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, or_, select

from forestay.actions.channel import Workspace
from forestay.customers.words import Role, TaskStatus
from forestay.kit.calendars import BusinessCalendar, CalendarDocument
from forestay.kit.local_time import zone_of
from forestay.store.tables.actions import tasks
from forestay.store.tables.customers import accounts
from forestay.store.tables.governance import calendars, members

DEFAULT_CALENDAR = "default"
_MANAGERS = (Role.OPS, Role.ADMIN)


def owner_for(connection: Connection, workspace_id: int, account_id: int, fallback_roles: Sequence[Role]) -> int | None:
    """The account's owner if still at work, else the least-loaded member of the roles in order; None with no member."""
    owner = connection.scalar(
        select(members.c.id)
        .join(
            accounts,
            or_(
                members.c.id == accounts.c.owner_id,
                and_(
                    accounts.c.owner_id.is_(None),
                    func.lower(members.c.email) == func.lower(accounts.c.owner_email),
                ),
            ),
        )
        .where(
            members.c.workspace_id == workspace_id,
            accounts.c.workspace_id == workspace_id,
            accounts.c.id == account_id,
            members.c.disabled_at.is_(None),
        )
        .limit(1)
    )
    if owner is not None:
        return int(owner)
    return next(filter(None, (_least_loaded(connection, workspace_id, role) for role in fallback_roles)), None)


def assignee_for(
    connection: Connection, workspace_id: int, account_id: int, assignee: str, fallback_roles: Sequence[Role]
) -> int | None:
    """Whom 'owner', 'manager' (whoever runs operations, for we keep no tree of managers), 'role:<role>' or an e-mail
    address means; who cannot be found is replaced by the account's owner."""
    found: int | None = None
    if assignee == "manager":
        found = next(filter(None, (_least_loaded(connection, workspace_id, role) for role in _MANAGERS)), None)
    elif assignee.startswith("role:"):
        word = assignee.removeprefix("role:")
        found = _least_loaded(connection, workspace_id, Role(word)) if word in list(Role) else None
    elif "@" in assignee:
        found = connection.scalar(
            select(members.c.id).where(
                members.c.workspace_id == workspace_id, func.lower(members.c.email) == assignee.lower(),
                members.c.disabled_at.is_(None),
            )
        )  # fmt: skip
    return found or owner_for(connection, workspace_id, account_id, fallback_roles)


def calendar_of(connection: Connection, workspace: Workspace, member_id: int | None) -> BusinessCalendar:
    """The member's calendar on the member's zone; the workspace's default calendar without a member."""
    member = connection.execute(
        select(members.c.calendar_key, members.c.zone).where(
            members.c.workspace_id == workspace.id, members.c.id == member_id
        )
    ).one_or_none()
    key, zone = (DEFAULT_CALENDAR, None) if member is None else (member.calendar_key, member.zone)
    body = connection.scalar(
        select(calendars.c.body)
        .where(calendars.c.workspace_id == workspace.id, calendars.c.key.in_((key, DEFAULT_CALENDAR)))
        .order_by(calendars.c.key != key)
        .limit(1)
    )
    document = CalendarDocument() if body is None else CalendarDocument.model_validate(body)
    return BusinessCalendar(document, zone_of(zone, workspace.zone))


def _least_loaded(connection: Connection, workspace_id: int, role: Role) -> int | None:
    load = func.count(tasks.c.id) * 1.0 / func.greatest(members.c.tasks_per_day, 1)
    return connection.scalar(
        select(members.c.id)
        .outerjoin(
            tasks,
            and_(
                tasks.c.owner_id == members.c.id,
                tasks.c.workspace_id == members.c.workspace_id,
                tasks.c.status.in_((TaskStatus.OPEN, TaskStatus.CLAIMED)),
            ),
        )
        .where(members.c.workspace_id == workspace_id, members.c.role == role, members.c.disabled_at.is_(None))
        .group_by(members.c.id, members.c.tasks_per_day)
        .order_by(load, members.c.id)
        .limit(1)
    )
