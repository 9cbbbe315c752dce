"""Runs of journeys as lists and pages show them.

Reads: journey_runs, journey_tokens, journey_steps, journey_history, journeys, accounts, contacts, effects
Gives: RunFilter, numbers_of(), runs_of(), standing_of(), history_of(), effects_of(), step_names()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from forestay.api.queries.pace import Pace, has_pace, run_is_behind
from forestay.journeys.words import RunStatus
from forestay.store.documents import DocumentKind
from forestay.store.tables.actions import effects
from forestay.store.tables.config import documents
from forestay.store.tables.customers import accounts, contacts
from forestay.store.tables.governance import workspaces
from forestay.store.tables.journeys import journey_history, journey_runs, journey_steps, journey_tokens, journeys

HISTORY = 500
"""Lines of a run's history that are shown: the last ones."""
_EFFECTS = 200


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs. journey, account: their keys; step: id of a step where the run stands; account_id: number."""

    statuses: tuple[RunStatus, ...] = ()
    journey: str | None = None
    step: str | None = None
    account: str | None = None
    account_id: int | None = None
    reason: str | None = None
    version: int | None = None
    entered_since: datetime | None = None
    entered_until: datetime | None = None
    pace: Pace | None = None


def numbers_of(workspace_id: int, wanted: RunFilter, now: datetime) -> Select[Any]:
    """The runs that are wanted, by number alone: what a page shows of them is read for its own."""
    found = select(journey_runs.c.id).where(
        journey_runs.c.workspace_id == workspace_id, *_conditions(workspace_id, wanted)
    )
    return found if wanted.pace is None else found.where(has_pace(wanted.pace, workspace_id, now))


def runs_of(workspace_id: int, numbers: Sequence[int], now: datetime) -> Select[Any]:
    """These runs, the newest first, with their journey, account and contact; the steps where each stands, when it goes on,
    and whether it is behind; the zone is the subject's."""
    runs, tokens = journey_runs.c, journey_tokens.c
    stands = (
        select(
            func.array_agg(aggregate_order_by(journey_steps.c.step_id, tokens.id)).label("steps"),
            func.min(tokens.due_at).label("due_at"),
        )
        .join(
            journey_steps, and_(journey_steps.c.journey_id == tokens.journey_id, journey_steps.c.number == tokens.step)
        )
        .where(tokens.run_id == runs.id)
        .lateral("stands")
    )
    return (
        select(
            journey_runs, journeys.c.key.label("journey"),
            func.coalesce(documents.c.body[("document", "name")].astext, journeys.c.key).label("journey_name"), accounts.c.external_id.label("account"),
            accounts.c.name.label("account_name"), contacts.c.name.label("contact_name"), stands.c.steps, stands.c.due_at,
            run_is_behind(workspace_id, now).label("is_behind"),
            func.coalesce(contacts.c.zone, accounts.c.zone, workspaces.c.zone).label("zone"),
        )
        .join(workspaces, workspaces.c.id == runs.workspace_id)
        .join(journeys, journeys.c.id == runs.journey_id)
        .outerjoin(
            documents,
            and_(
                documents.c.workspace_id == runs.workspace_id, documents.c.kind == DocumentKind.JOURNEY,
                documents.c.key == journeys.c.key, documents.c.version == runs.version,
            ),
        )
        .outerjoin(accounts, accounts.c.id == runs.account_id)
        .outerjoin(contacts, contacts.c.id == runs.contact_id)
        .outerjoin(stands, stands.c.steps.is_not(None))
        .where(runs.workspace_id == workspace_id, runs.id.in_(numbers))
        .order_by(runs.id.desc())
    )  # fmt: skip


def _conditions(workspace_id: int, wanted: RunFilter) -> list[ColumnElement[bool]]:
    runs = journey_runs.c
    equal = ((runs.account_id, wanted.account_id), (runs.reason, wanted.reason), (runs.version, wanted.version))
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.journey is not None:
        named = select(journeys.c.id).where(journeys.c.workspace_id == workspace_id, journeys.c.key == wanted.journey)
        conditions.append(runs.journey_id == named.scalar_subquery())
    if wanted.account is not None:
        named = select(accounts.c.id).where(
            accounts.c.workspace_id == workspace_id, accounts.c.external_id == wanted.account
        )
        conditions.append(runs.account_id == named.scalar_subquery())
    if wanted.statuses:
        conditions.append(runs.status.in_([int(status) for status in wanted.statuses]))
    if wanted.entered_since is not None:
        conditions.append(runs.entered_at >= wanted.entered_since)
    if wanted.entered_until is not None:
        conditions.append(runs.entered_at < wanted.entered_until)
    if wanted.step is not None:
        conditions.append(_stands_at(wanted.step))
    return conditions


def _stands_at(step: str) -> ColumnElement[bool]:
    tokens = journey_tokens.c
    named = and_(
        journey_steps.c.journey_id == tokens.journey_id, journey_steps.c.number == tokens.step,
        journey_steps.c.step_id == step,
    )  # fmt: skip
    return exists(select(tokens.id).join(journey_steps, named).where(tokens.run_id == journey_runs.c.id))


def standing_of(conn: Connection, run_id: int) -> Sequence[Row[Any]]:
    """The tokens of a run with their steps' ids."""
    tokens = journey_tokens.c
    named = and_(journey_steps.c.journey_id == tokens.journey_id, journey_steps.c.number == tokens.step)
    return conn.execute(
        select(journey_tokens, journey_steps.c.step_id)
        .join(journey_steps, named)
        .where(tokens.run_id == run_id)
        .order_by(tokens.id)
    ).all()


def history_of(conn: Connection, workspace_id: int, run_id: int) -> Sequence[Row[Any]]:
    """The last lines of a run's history, in the order in which they happened."""
    table = journey_history.c
    rows = conn.execute(
        select(journey_history)
        .where(table.workspace_id == workspace_id, table.run_id == run_id)
        .order_by(table.at.desc())
        .limit(HISTORY)
    ).all()
    return rows[::-1]


def effects_of(conn: Connection, workspace_id: int, run_id: int, journey_id: int) -> Sequence[Any]:
    """What a run caused, the newest first."""
    table = effects.c
    return conn.execute(
        select(table.id, table.step, table.channel, table.recipient, table.status, table.reason, table.updated_at)
        .where(table.workspace_id == workspace_id, table.journey_id == journey_id, table.run_id == run_id)
        .order_by(table.id.desc())
        .limit(_EFFECTS)
    ).all()


def step_names(conn: Connection, workspace_id: int, journey_id: int) -> dict[int, str]:
    """Ids of a journey's steps by number."""
    mine = (journey_steps.c.workspace_id == workspace_id) & (journey_steps.c.journey_id == journey_id)
    rows = conn.execute(select(journey_steps.c.number, journey_steps.c.step_id).where(mine))
    return {int(number): str(step) for number, step in rows}
