"""What a template may name: the account, the contact, the owner and the evidence, as plain values.

Reads : accounts, account_states, contacts, members
Gives : values_for(), preload(), People, Values
Source: REQUIREMENTS F4: only the account's facts; what is unknown is absent, and a template says nothing of it.

  workspace.name
  account.name .external_id .plan .industry .country .lifecycle_stage .arr .currency .seats .renews_on
          .days_to_renewal .customer_since .health .band
  contact.name .first_name .title .email            owner.name .first_name .email
  evidence[] .label .value .unit .sentence .baseline .threshold .as_of     sentences[]  (evidence in words)
  trigger.key  risk_level  now
  run.*  event.*  signal.*      of the journey's run that asks
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Select, select

from forestay.actions.channel import Workspace
from forestay.customers.requests import Evidence
from forestay.kit.errors import NotFound
from forestay.kit.local_time import local_of
from forestay.store.sets import within
from forestay.store.tables.customers import accounts, contacts
from forestay.store.tables.governance import members
from forestay.store.tables.scores import account_states

Values = dict[str, object]
_ACCOUNT = (
    "name",
    "external_id",
    "plan",
    "industry",
    "country",
    "lifecycle_stage",
    "seats",
    "renews_on",
    "customer_since",
)


@dataclass(frozen=True, slots=True)
class People:
    """Numbers of the account, of the contact written to and of the member who owns the work; None when there is none."""

    account_id: int
    contact_id: int | None = None
    owner_id: int | None = None


def values_for(connection: Connection, workspace: Workspace, people: People, evidence: Sequence[Evidence],
               now: datetime, *, trigger_key: str | None = None, risk_level: str | None = None,
               run: Mapping[str, object] | None = None) -> Values:  # fmt: skip
    """The values of one rendering. run: the asking run's own values. Raises NotFound when the account is gone."""
    run = run or {}
    return {
        "workspace": {"name": workspace.name},
        "account": workspace.once(
            ("account", people.account_id), lambda: _account(connection, workspace, people.account_id, now)
        ),
        "contact": workspace.once(
            ("contact", people.contact_id), lambda: _contact(connection, workspace.id, people.contact_id)
        ),
        "owner": workspace.once(("owner", people.owner_id), lambda: _owner(connection, workspace.id, people.owner_id)),
        "evidence": [msgspec.to_builtins(each) for each in evidence],
        "sentences": [each.sentence or f"{each.label}: {each.value}" for each in evidence],
        "trigger": {"key": trigger_key},
        "risk_level": risk_level,
        "now": now,
        "run": run,
        "event": run.get("event", {}),
        "signal": run.get("signal", {}),
    }


def preload(connection: Connection, workspace: Workspace, account_ids: Collection[int], contact_ids: Collection[int],
            now: datetime) -> None:  # fmt: skip
    """Read accounts, their owners and contacts for many renderings at once; who is gone is found out one by one."""
    new = {number for number in account_ids if not workspace.knows(("account", number))}
    for row in connection.execute(_accounts(workspace.id, new)).mappings() if new else ():
        workspace.put(("account", row["id"]), _account_values(row, workspace, now))
        workspace.put(("owner of", row["id"]), row["owner_id"])
    people = {number for number in contact_ids if not workspace.knows(("contact", number))}
    wanted = select(contacts).where(contacts.c.workspace_id == workspace.id, within(contacts.c.id, people))
    for row in connection.execute(wanted).mappings() if people else ():
        workspace.put(("contact", row["id"]), _contact_values(row))


def _accounts(workspace_id: int, numbers: Collection[int]) -> Select[Any]:
    return (
        select(accounts, account_states.c.score, account_states.c.band)
        .outerjoin(account_states, account_states.c.account_id == accounts.c.id)
        .where(accounts.c.workspace_id == workspace_id, within(accounts.c.id, numbers))
    )


def _account(connection: Connection, workspace: Workspace, account_id: int, now: datetime) -> Values:
    row = connection.execute(_accounts(workspace.id, [account_id])).mappings().one_or_none()
    if row is None:
        raise NotFound("account", str(account_id))
    return _account_values(row, workspace, now)


def _account_values(row: RowMapping, workspace: Workspace, now: datetime) -> Values:
    known: Values = {key: row[key] for key in _ACCOUNT if row[key] is not None}
    known["name"] = row["name"] or row["external_id"]
    known["currency"] = row["currency"] or workspace.currency
    if row["arr"] is not None:
        known["arr"] = float(row["arr"])
    if row["score"] is not None:
        known |= {"health": round(row["score"]), "band": row["band"]}
    if row["renews_on"] is not None:
        known["days_to_renewal"] = (row["renews_on"] - local_of(now, workspace.zone).date()).days
    return known


def _contact(connection: Connection, workspace_id: int, contact_id: int | None) -> Values:
    wanted = select(contacts).where(contacts.c.workspace_id == workspace_id, contacts.c.id == contact_id)
    row = connection.execute(wanted).mappings().one_or_none()
    return {} if row is None else _contact_values(row)


def _contact_values(row: RowMapping) -> Values:
    return {**_named(row), **({"title": row["title"]} if row["title"] else {})}


def _owner(connection: Connection, workspace_id: int, owner_id: int | None) -> Values:
    # Column by column: the worker's role may not read a member's password hash.
    columns = (members.c.name, members.c.email)
    wanted = select(*columns).where(members.c.workspace_id == workspace_id, members.c.id == owner_id)
    row = connection.execute(wanted).mappings().one_or_none()
    return {} if row is None else _named(row)


def _named(row: RowMapping) -> Values:
    named: Values = {key: row[key] for key in ("name", "email") if row[key]}
    if row["name"]:
        named["first_name"] = row["name"].split()[0] if row["name"].split() else row["name"]
    return named
