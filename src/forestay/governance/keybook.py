"""The keys this process has seen: a look-up costs a hash, and known keys work while PostgreSQL is away.

Reads : Store
Gives : KeyBook

A key is asked for again after TTL, so that a revocation elsewhere is seen by then (one made through this
process at once). While the store cannot be reached, what was known stays valid: collection must go on.
Write keys are also remembered on disk (their sha256 only), so that a restart without PostgreSQL can still
let them in. Unknown keys are remembered briefly, so that a wrong key costs the store little.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Connection, or_, update

from forestay.governance.keys import KeyFacts, KeyKind, fingerprint, look_up
from forestay.kit import clock
from forestay.kit.logs import get_logger
from forestay.store.database import Store, StoreUnavailable
from forestay.store.tables.governance import api_keys

TTL_SECONDS = 10.0
UNKNOWN_SECONDS = 3.0
_KEPT = 20_000
_TOUCH_EVERY = timedelta(minutes=5)
_LOG = get_logger(__name__)


class _Kept(msgspec.Struct):
    """A write key on disk: the sha256 of it and whose it is."""

    hash: str
    key_id: int
    workspace_id: int


@dataclass(slots=True)
class _Entry:
    facts: KeyFacts | None
    until: float


class KeyBook:
    """Thread-safe. path: file for the write keys, None to keep none on disk."""

    def __init__(self, store: Store, path: Path | None = None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._store, self._path, self._seconds = store, path, seconds
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._load()

    def known(self, secret: str) -> KeyFacts | None:
        """The key if this process knows it freshly; never asks the store, so it may run in an event loop."""
        entry = self._entries.get(fingerprint(secret))
        return entry.facts if entry is not None and entry.until > self._seconds() else None

    def find(self, secret: str) -> KeyFacts | None:
        """The live key, or None. Asks the store when the memory of it is old; blocks meanwhile."""
        key_hash = fingerprint(secret)
        entry = self._entries.get(key_hash)
        if entry is not None and entry.until > self._seconds():
            return entry.facts
        try:
            facts = self._ask(key_hash)
        except StoreUnavailable as error:
            if entry is None or entry.facts is None:
                raise
            _LOG.warning("store unavailable; a known key is let in", key_id=entry.facts.key_id, why=error.code)
            facts = entry.facts
        self._remember(key_hash, facts)
        return facts

    def forget(self, key_hash: bytes) -> None:
        """Drop what is known of a key that was just revoked, on disk too."""
        with self._lock:
            self._entries.pop(key_hash, None)
        self._save()

    def _ask(self, key_hash: bytes) -> KeyFacts | None:
        with self._store.begin_worker() as conn:
            facts = look_up(conn, key_hash)
        if facts is not None:
            with self._store.begin(facts.workspace_id) as conn:
                _touch(conn, facts)
        return facts

    def _remember(self, key_hash: bytes, facts: KeyFacts | None) -> None:
        until = self._seconds() + (TTL_SECONDS if facts else UNKNOWN_SECONDS)
        with self._lock:
            before = self._entries.pop(key_hash, None)
            self._entries[key_hash] = _Entry(facts, until)
            while len(self._entries) > _KEPT:
                self._entries.popitem(last=False)
        if _is_write(facts) != _is_write(before.facts if before else None):
            self._save()

    def _load(self) -> None:
        if self._path is None or not self._path.exists():
            return
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=list[_Kept])
        except msgspec.MsgspecError:
            _LOG.warning("the file of known write keys cannot be read; it is made anew", path=str(self._path))
            return
        for one in kept:
            facts = KeyFacts(one.key_id, one.workspace_id, KeyKind.WRITE, ())
            self._entries[bytes.fromhex(one.hash)] = _Entry(facts, 0.0)

    def _save(self) -> None:
        if self._path is None:
            return
        with self._lock:
            kept = [
                _Kept(key_hash.hex(), entry.facts.key_id, entry.facts.workspace_id)
                for key_hash, entry in self._entries.items()
                if entry.facts is not None and _is_write(entry.facts)
            ]
            part = self._path.with_suffix(".part")
            part.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(kept))
            part.replace(self._path)


def _is_write(facts: KeyFacts | None) -> bool:
    return facts is not None and facts.kind is KeyKind.WRITE


def _touch(conn: Connection, facts: KeyFacts) -> None:
    """last_used_at is coarse: written at most every five minutes."""
    now = clock.now()
    stale = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < now - _TOUCH_EVERY)
    mine = (api_keys.c.workspace_id == facts.workspace_id) & (api_keys.c.id == facts.key_id)
    conn.execute(update(api_keys).where(mine, stale).values(last_used_at=now))
