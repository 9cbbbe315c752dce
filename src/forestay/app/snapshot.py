"""The worker's memory on disk, as of one log position: what recovery begins from.

Gives : save_snapshot(), load_snapshot(), SavedWorkspace
Writes: <data folder>/snapshot/at-<position>/ (numpy files, JSON, MessagePack; never pickle), replaced whole by a
        rename; <data folder>/snapshot/hashes/<workspace>/ holds the runs of message hashes, which never change

What the store knows for certain (trigger states, scores as written, facts) is read from the store again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from forestay.app.configuration import Configuration
from forestay.app.feeds import FeedClock
from forestay.app.settling import Settling
from forestay.app.shard import Shard, WorkspaceMemory
from forestay.app.standing import Standing
from forestay.health.history import ScoreHistory
from forestay.kit.logs import get_logger
from forestay.measures.online import Memory
from forestay.measures.series import SeriesBook
from forestay.signals.states import TriggerStates
from forestay.sources.dedup import MessageHashes
from forestay.sources.growing import Growing, Pairs
from forestay.sources.identity import NOBODY, Identities
from forestay.sources.orphans import Orphans
from forestay.sources.subjects import NEVER_TOLD, LastWords

_log = get_logger(__name__)
_FORMAT = 2
_HASHES = "hashes"


class SavedWorkspace(msgspec.Struct):
    """What of one workspace is no array. feeding: series -> event names that fed it when it was saved."""

    workspace_id: int
    zone: str
    series: list[str]
    feeding: dict[str, list[str]]
    users: dict[str, int]
    keys: list[str]
    contact_keys: list[str]
    further_keys: dict[int, list[str]]
    accounts: dict[str, int]
    account_keys: list[str]
    hashes: dict[str, list[str]]
    feeds: list[tuple[str, int, int, float, int]]


class _Saved(msgspec.Struct):
    format: int
    position: int
    workspaces: list[int]
    marks: list[tuple[int, int]] = []


@dataclass(frozen=True, slots=True)
class _Column:
    """A growing column of identities and where it stands."""

    name: str
    dtype: str
    fill: int


_COLUMNS = (
    _Column("canonical", "i4", NOBODY), _Column("primary", "i4", NOBODY), _Column("named_at", "i8", NOBODY),
    _Column("contact_ids", "i8", 0), _Column("merged", "i4", NOBODY), _Column("account_ids", "i8", 0),
    _Column("seen", "u1", 0),
)  # fmt: skip


def save_snapshot(shard: Shard, folder: Path) -> Path:
    """Write everything as of the shard's position; the one before goes when the new one is whole."""
    half = folder / f"half-{shard.position}"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    files = {number: _save_workspace(space, half / str(number)) for number, space in shard.workspaces.items()}
    saved = _Saved(_FORMAT, shard.position, list(shard.workspaces), shard.marks)
    (half / "snapshot.json").write_bytes(msgspec.json.encode(saved))
    _make_durable(half)
    whole = folder / f"at-{shard.position}"
    shutil.rmtree(whole, ignore_errors=True)
    half.rename(whole)
    _make_durable(folder)
    for older in folder.glob("at-*"):
        if older != whole:
            shutil.rmtree(older)
    for number, space in shard.workspaces.items():
        space.hashes.prune(files[number])
    return whole


def newest_position(folder: Path) -> int | None:
    """Log position of the snapshot that is there, None without one."""
    found = _newest(folder)
    return None if found is None else found[1].position


def load_snapshot(folder: Path, configurations: Mapping[int, Configuration], only: Sequence[int] = ()) -> Shard | None:
    """The memory of the snapshot, None when there is none that can be read. only: these workspaces, all if empty."""
    found = _newest(folder)
    if found is None:
        return None
    path, saved = found
    shard = Shard(saved.position, marks=saved.marks)
    for number in saved.workspaces:
        if number in configurations and (not only or number in only):
            hashes = folder / _HASHES / str(number)
            shard.workspaces[number] = _load_workspace(path / str(number), configurations[number], hashes)
    return shard


def hashes_folder(folder: Path, workspace_id: int) -> Path:
    """Where a workspace's message hashes are spilled."""
    return folder / _HASHES / str(workspace_id)


def _newest(folder: Path) -> tuple[Path, _Saved] | None:
    whole = sorted(folder.glob("at-*"), key=lambda path: int(path.name.removeprefix("at-")), reverse=True)
    for path in whole:
        try:
            saved = msgspec.json.decode((path / "snapshot.json").read_bytes(), type=_Saved)
        except (OSError, msgspec.MsgspecError) as reason:
            _log.warning("snapshot_unreadable", path=path.name, reason=str(reason))
            continue
        if saved.format == _FORMAT:
            return path, saved
    return None


def _save_workspace(space: WorkspaceMemory, folder: Path) -> Mapping[str, Sequence[str]]:
    folder.mkdir()
    known, book = space.known, space.memory.book
    for part in (space.memory, space.orphans, space.scores, space.standing, space.states, space.settling):
        part.dump(folder)
    for column in _COLUMNS:
        np.save(folder / f"identity-{column.name}.npy", getattr(known, column.name).values, allow_pickle=False)
    np.save(folder / "identity-members.npy", known.members.packed(), allow_pickle=False)
    np.save(folder / "homes.npy", space.homes.values, allow_pickle=False)
    np.save(folder / "words-users.npy", space.last_words.users.values, allow_pickle=False)
    np.save(folder / "words-accounts.npy", space.last_words.accounts.values, allow_pickle=False)
    files = space.hashes.save()
    saved = SavedWorkspace(
        space.workspace_id, space.configuration.zone, list(book.names),
        {name: list(book.events_of(name)) for name in book.names}, known.users, known.keys, known.contact_keys,
        known.further_keys, known.accounts, known.account_keys, {day: list(names) for day, names in files.items()},
        space.feeds.rows(),
    )  # fmt: skip
    (folder / "workspace.msgpack").write_bytes(msgspec.msgpack.encode(saved))
    return files


def _load_workspace(folder: Path, configuration: Configuration, hashes: Path) -> WorkspaceMemory:
    saved = msgspec.msgpack.decode((folder / "workspace.msgpack").read_bytes(), type=SavedWorkspace)
    book = configuration.book(SeriesBook(saved.series, {}))
    memory = Memory.load(folder, book)
    memory.cube.widen(len(book))
    space = WorkspaceMemory(
        saved.workspace_id, configuration, memory, MessageHashes.load(hashes, saved.hashes), ScoreHistory.load(folder),
        known=_load_identities(folder, saved), orphans=Orphans.load(folder), states=TriggerStates.load(folder),
        standing=Standing.load(folder), feeds=FeedClock.of(saved.feeds),
        settling=Settling.load(folder),
    )  # fmt: skip
    space.homes = Growing(np.int32, NOBODY, np.load(folder / "homes.npy"))
    space.last_words = LastWords()
    space.last_words.users = Growing(np.int64, int(NEVER_TOLD), np.load(folder / "words-users.npy"))
    space.last_words.accounts = Growing(np.int64, int(NEVER_TOLD), np.load(folder / "words-accounts.npy"))
    space.rows_by_id = {int(number): row for row, number in enumerate(space.known.account_ids.values) if number}
    fed_before = {name: set(events) for name, events in saved.feeding.items()}
    space.refilled = {name for name in book.names if set(book.events_of(name)) != fed_before.get(name, set())}
    return space


def _load_identities(folder: Path, saved: SavedWorkspace) -> Identities:
    known = Identities()
    known.users, known.keys, known.contact_keys = saved.users, saved.keys, saved.contact_keys
    known.accounts, known.account_keys, known.further_keys = saved.accounts, saved.account_keys, saved.further_keys
    for column in _COLUMNS:
        values = np.load(folder / f"identity-{column.name}.npy")
        setattr(known, column.name, Growing(np.dtype(column.dtype), column.fill, values))
    known.members = Pairs(np.load(folder / "identity-members.npy"))
    known.remember_followers()
    return known


def _make_durable(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
