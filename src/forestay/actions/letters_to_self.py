"""A letter sent to the one who wrote it, to see it in a real mailbox: through the ledger and the workspace's own channel.

Reads : a template filled in for a customer
Gives : send_test()

It is internal, so caps, quiet hours and consent do not hold it; the customer is never written to. It is taken down as a
request that is settled already, whose one effect the worker carries out like any other.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, insert, select

from forestay.actions.ledger import Entry, effect_key, enter
from forestay.actions.letters import Letter
from forestay.customers.requests import MessageRequest, encode
from forestay.customers.words import ChannelKind
from forestay.governance.consent import Purpose
from forestay.store.tables.actions import effects
from forestay.store.tables.signals import requests

SLOT = "test"


def send_test(
    conn: Connection, workspace_id: int, account_id: int, letter: Letter, address: str, cause: str, at: datetime
) -> int:
    """Ask for the letter to be sent to `address`; gives the effect's number. cause: unique, such as 'test:4f2a'."""
    body = json.loads(
        encode(MessageRequest(
            channel=ChannelKind.EMAIL.value, template=letter.template_key, to="all", purpose=Purpose.INTERNAL.value,
            subject=letter.subject, text=letter.text,
        ))
    )  # fmt: skip
    values = {"workspace_id": workspace_id, "account_id": account_id, "cause": cause, "slot": SLOT, "body": body}
    made = insert(requests).values(**values, created_at=at, drained_at=at).returning(requests.c.id)
    number = int(conn.execute(made).scalar_one())
    key = effect_key(workspace_id, cause, SLOT, address, Purpose.INTERNAL.value)
    entry = Entry(workspace_id, key, number, ChannelKind.EMAIL, Purpose.INTERNAL.value, address, account_id=account_id)
    enter(conn, [entry], at)
    mine = (effects.c.workspace_id == workspace_id) & (effects.c.effect_key == key)
    return int(conn.execute(select(effects.c.id).where(mine)).scalar_one())
