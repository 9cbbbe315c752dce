"""Keys: `fsk_...` for the management API with scopes, `fsw_...` for collection.

Gives : new_key(), fingerprint(), create(), revoke(), look_up(), KeyFacts, KeyKind
Source: REQUIREMENTS A5; DESIGN section 8 (hashed and scoped).

Only sha256 of a key is kept: it has 256 bits of chance, so that a slow hash would add nothing. A key is
shown once, when it is made.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import IntegrityError

from forestay.governance.permissions import granted_by_scopes
from forestay.kit import clock
from forestay.kit.errors import Conflict, Invalid, NotFound
from forestay.store.tables.governance import api_keys

_BYTES = 32
_SHOWN = 10
_SHORTEST = 16


class KeyKind(StrEnum):
    """Which door a key opens."""

    MANAGEMENT = "management"
    WRITE = "write"


PREFIX = {KeyKind.MANAGEMENT: "fsk_", KeyKind.WRITE: "fsw_"}


class KeyExists(Conflict):
    """The same secret is already a key: let Forestay make a new one."""

    code = "key_exists"

    def __init__(self) -> None:
        super().__init__("this secret is already a key; leave it out and a new one is made")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A live key as it was found by its fingerprint."""

    key_id: int
    workspace_id: int
    kind: KeyKind
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. secret: shown once and never again."""

    key_id: int
    secret: str
    prefix: str


def new_key(kind: KeyKind) -> str:
    """A fresh secret of 256 random bits with the prefix of its kind."""
    return PREFIX[kind] + secrets.token_urlsafe(_BYTES)


def fingerprint(secret: str) -> bytes:
    """What the store keeps of a key: sha256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def create(
    conn: Connection,
    workspace_id: int,
    kind: KeyKind,
    name: str,
    scopes: Iterable[str] = (),
    *,
    created_by: int | None = None,
    secret: str | None = None,
) -> NewKey:
    """Add a key. secret: a given one (first start only), else a fresh one is made.

    Raises Invalid for an unknown scope or a short secret, KeyExists for one that is taken.
    """
    wanted = tuple(dict.fromkeys(scopes))
    granted_by_scopes(wanted)
    if kind is KeyKind.WRITE and wanted:
        raise Invalid("a write key has no scopes: it opens collection and nothing else", place="scopes")
    key = secret or new_key(kind)
    if len(key) < _SHORTEST:
        raise Invalid(f"a key has at least {_SHORTEST} characters", place="secret", code="weak_key")
    values = {
        "workspace_id": workspace_id,
        "kind": kind.value,
        "name": name,
        "prefix": key[:_SHOWN],
        "key_hash": fingerprint(key),
        "scopes": list(wanted),
        "created_by": created_by,
    }
    try:
        with conn.begin_nested():
            key_id = int(conn.execute(insert(api_keys).values(values).returning(api_keys.c.id)).scalar_one())
    except IntegrityError as error:
        raise KeyExists from error
    return NewKey(key_id, key, key[:_SHOWN])


def revoke(conn: Connection, workspace_id: int, key_id: int) -> bytes:
    """Shut a key for good; gives its fingerprint, so that memories of it can be dropped. Raises NotFound."""
    live = (api_keys.c.workspace_id == workspace_id) & (api_keys.c.id == key_id) & api_keys.c.revoked_at.is_(None)
    found = conn.execute(update(api_keys).where(live).values(revoked_at=clock.now()).returning(api_keys.c.key_hash))
    row = found.one_or_none()
    if row is None:
        raise NotFound("live key", str(key_id))
    return bytes(row.key_hash)


_FIND = text("SELECT key_id, workspace_id, kind, scopes FROM forestay_find_key(:hash)")


def look_up(conn: Connection, key_hash: bytes) -> KeyFacts | None:
    """The live key with this fingerprint in any workspace, or None.

    It asks a function of the store that sees past row-level security and answers nothing but this, since
    the workspace is not known before the key is.
    """
    row = conn.execute(_FIND, {"hash": key_hash}).one_or_none()
    if row is None:
        return None
    return KeyFacts(row.key_id, row.workspace_id, KeyKind(row.kind), tuple(row.scopes))
