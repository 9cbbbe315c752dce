"""Whose work or accounts a list is asked for: one word with one meaning on every list.

Gives : OwnerWord, owner_number(), NOBODY
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection, select

from forestay.api.calls import Call
from forestay.kit.errors import Invalid
from forestay.store.tables.governance import members

OwnerWord = Annotated[
    str | None, Query(max_length=320, description="E-mail address or number of a member, 'me', or 'none'.")
]
NOBODY = "none"
_NO_MEMBER = 0


def owner_number(conn: Connection, call: Call, word: str | None) -> int | None:
    """The member's number; None for no word and for 'none'; 0, which nobody has, for an address nobody has.

    Raises Invalid for 'me' from a key, which is nobody, and for any other word.
    """
    if word in (None, NOBODY):
        return None
    if word == "me":
        if call.principal.member_id is None:
            raise Invalid("a key is nobody: name a member's e-mail address or number", place="owner")
        return call.principal.member_id
    assert word is not None
    if "@" in word:
        mine = (members.c.workspace_id == call.workspace_id) & (members.c.email == word.strip().lower())
        return conn.execute(select(members.c.id).where(mine)).scalar_one_or_none() or _NO_MEMBER
    if not (word.isascii() and word.isdigit() and len(word) < 19):
        raise Invalid("owner is a member's e-mail address or number, 'me' or 'none'", place="owner")
    return int(word)
