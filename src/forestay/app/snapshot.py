"""The worker's memory on disk, as of one log position: what recovery begins from.

Gives : save_snapshot(), load_snapshot(), newest_position(), safe_position(), SavedWorkspace
Writes: <data folder>/snapshot/at-<position>/ (numpy files, JSON, MessagePack; never pickle), made whole by a
        rename; <data folder>/snapshot/hashes/<workspace>/ holds the runs of message hashes, which never change

The last two snapshots are kept: when the newer cannot be read, recovery begins from the one before, and the log is
never forgotten beyond it.

What the store knows for certain (trigger states, scores as written, facts) is read from the store again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
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
_FORMAT = 3
_KEPT = 2
_HASHES = "hashes"


class SavedWorkspace(msgspec.Struct):
    """What of one workspace is no array.

    feeding: series -> event names that fed it when it was saved; none for one whose past waits to be counted.
    """

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


class _HashNames(msgspec.Struct):
    """The one part of SavedWorkspace that decides which hash files stay."""

    hashes: dict[str, list[str]]


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
    """Write everything as of the shard's position; older ones go when the new one is whole, but the one before stays.

    Raises:
        OSError: the disk is full or refuses; what was there before is untouched.
    """
    for left in folder.glob("half-*"):
        shutil.rmtree(left, ignore_errors=True)
    half = folder / f"half-{shard.position}"
    try:
        whole = _write_whole(shard, folder, half)
    except OSError:
        shutil.rmtree(half, ignore_errors=True)  # gives back the room it took
        raise
    _drop_older(shard, folder)
    return whole


def _write_whole(shard: Shard, folder: Path, half: Path) -> Path:
    half.mkdir(parents=True)
    for number, space in shard.workspaces.items():
        _save_workspace(space, half / str(number))
    saved = _Saved(_FORMAT, shard.position, list(shard.workspaces), shard.marks)
    (half / "snapshot.json").write_bytes(msgspec.json.encode(saved))
    _make_durable(half)
    whole = folder / f"at-{shard.position}"
    shutil.rmtree(whole, ignore_errors=True)
    half.rename(whole)
    _make_durable(folder)
    return whole


def newest_position(folder: Path) -> int | None:
    """Log position of the newest snapshot, None without one."""
    return next((saved.position for _, saved in _readable(folder)), None)


def safe_position(folder: Path) -> int | None:
    """Up to where the log may be forgotten: the oldest snapshot that is kept; None until there are two."""
    kept = [saved.position for _, saved in _readable(folder)]
    return min(kept) if len(kept) >= _KEPT else None


def load_snapshot(
    folder: Path, configurations: Mapping[int, Configuration], only: Sequence[int] = (), *, up_to: int | None = None
) -> Shard | None:
    """The newest memory that can be read whole, None when there is none.

    only: these workspaces, all if empty. up_to: snapshots of later log positions are passed over.
    """
    for path, saved in _readable(folder):
        if up_to is not None and saved.position > up_to:
            continue
        try:
            return _load(path, saved, folder, configurations, only)
        except (OSError, ValueError, KeyError, EOFError, msgspec.MsgspecError) as reason:  # a damaged file in it
            _log.error("snapshot_damaged", path=path.name, reason=str(reason)[:300])
    return None


def _load(
    path: Path, saved: _Saved, folder: Path, configurations: Mapping[int, Configuration], only: Sequence[int]
) -> Shard:
    shard = Shard(saved.position, marks=saved.marks)
    for number in saved.workspaces:
        if number in configurations and (not only or number in only):
            hashes = folder / _HASHES / str(number)
            shard.workspaces[number] = _load_workspace(path / str(number), configurations[number], hashes)
    return shard


def hashes_folder(folder: Path, workspace_id: int) -> Path:
    """Where a workspace's message hashes are spilled."""
    return folder / _HASHES / str(workspace_id)


def _drop_older(shard: Shard, folder: Path) -> None:
    """Snapshots before the last two, and hash files that neither of them stands on."""
    for older in _by_age(folder)[_KEPT:]:
        shutil.rmtree(older, ignore_errors=True)
    for number, space in shard.workspaces.items():
        space.hashes.prune(_hash_files(folder, number))


def _hash_files(folder: Path, number: int) -> Mapping[str, Sequence[str]]:
    """The hash files of a workspace on which the snapshots stand, by day of receipt."""
    files: dict[str, list[str]] = {}
    for path in _by_age(folder):
        packed = path / str(number) / "workspace.msgpack"
        if packed.exists():
            for day, names in msgspec.msgpack.decode(packed.read_bytes(), type=_HashNames).hashes.items():
                files.setdefault(day, []).extend(names)
    return files


def _by_age(folder: Path) -> list[Path]:
    """Snapshots, the newest first."""
    return sorted(folder.glob("at-*"), key=lambda path: int(path.name.removeprefix("at-")), reverse=True)


def _readable(folder: Path) -> Iterator[tuple[Path, _Saved]]:
    """Snapshots of this format, the newest first."""
    for path in _by_age(folder):
        try:
            saved = msgspec.json.decode((path / "snapshot.json").read_bytes(), type=_Saved)
        except (OSError, msgspec.MsgspecError) as reason:
            _log.warning("snapshot_unreadable", path=path.name, reason=str(reason))
            continue
        if saved.format == _FORMAT:
            yield path, saved


def _save_workspace(space: WorkspaceMemory, folder: Path) -> None:
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
        {name: [] if name in space.refilled else list(book.events_of(name)) for name in book.names}, known.users, known.keys, known.contact_keys,
        known.further_keys, known.accounts, known.account_keys, {day: list(names) for day, names in files.items()},
        space.feeds.rows(),
    )  # fmt: skip
    (folder / "workspace.msgpack").write_bytes(msgspec.msgpack.encode(saved))


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
