"""Where an embedded PostgreSQL keeps its files, as whom it runs, and where its socket is.

Gives : Account, Home, settle(), recorded(), make_data_folder(), can_enter()
Reads : <data folder>/postgres.json, the record of both places
Source: DESIGN section 9. PostgreSQL refuses to run as root, so under root it runs as another user. That user
        must be able to walk down to its files; we never open folders that are not ours, so when the data folder
        lies behind a closed door (/root is 0700) the files go to /var/lib/forestay. A unix socket's path
        holds 107 bytes at most; a longer one goes to a short folder of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from forestay.kit.errors import ForestayError

PORT = 5432
"""Only a part of the socket's file name: PostgreSQL listens on no network port."""

LONGEST_SOCKET_PATH = 103
"""Bytes; Linux takes 107, macOS 103."""

_INSIDE = "pg"
"""Its folder in the data folder."""

_ELSEWHERE = Path("/var/lib/forestay")
_PREFERRED_ACCOUNTS = ("forestay", "nobody")


class HomeUnusable(ForestayError):
    """The data folder belongs to somebody else: run as its owner, or name another folder."""

    code = "data_folder_unusable"


@dataclass(frozen=True, slots=True)
class Account:
    """The machine's user that PostgreSQL runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one embedded PostgreSQL. account: None when it runs as ourselves."""

    folder: Path
    sockets: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        """What PostgreSQL says; warnings and worse."""
        return self.folder / "postgres.log"

    def grant_all(self) -> None:
        """The folder, and a cluster that was copied by root, who then owns every file of it."""
        self.grant(self.folder)
        if self.account is not None and self.cluster.exists() and self.cluster.stat().st_uid != self.account.uid:
            for path in (self.cluster, *self.cluster.rglob("*")):
                os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def grant(self, path: Path) -> None:
        """Make a file or folder of ours PostgreSQL's own."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)


def recorded(data_dir: Path) -> Home | None:
    """The places chosen at an earlier start, None before the first.

    A data folder may be moved or copied while it stands still: a database inside it goes with it.
    Raises HomeUnusable for the copy of a folder whose database lies elsewhere: there is one database only.
    """
    path = _record(data_dir)
    if not path.exists():
        return None
    places: dict[str, str] = json.loads(path.read_text())
    folder, sockets = Path(places["home"]), Path(places["sockets"])
    inside = data_dir.absolute() / _INSIDE
    was_moved = places.get("of", str(data_dir.absolute())) != str(data_dir.absolute())
    if (inside / "cluster").exists():
        sockets = inside / "sockets" if was_moved or sockets.parent == folder else sockets
        folder = inside
    elif was_moved:
        _refuse_copy(data_dir, places)
    return Home(folder, sockets, _account_of_owner(folder))


def settle(data_dir: Path) -> Home:
    """Choose the places, make the folders and record them; the same again at every later start."""
    data_dir = data_dir.absolute()
    make_data_folder(data_dir)
    before = recorded(data_dir)
    account = (before.account if before is not None and before.folder.exists() else None) or _account_for(data_dir)
    folder = before.folder if before is not None else _folder_for(data_dir, account)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = Home(folder, before.sockets if before is not None else folder / "sockets", account)
    home.grant_all()
    _refuse_foreign(folder, account)
    home = Home(folder, _sockets_for(home), account)
    _write_record(data_dir, home)
    return home


def make_data_folder(data_dir: Path) -> None:
    """Make it unless it is there: closed to others, except that root's can be walked through by PostgreSQL's user."""
    if not data_dir.exists():
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True)


def can_enter(path: Path, account: Account) -> bool:
    """Whether that user can walk from / down into the folder, by owner, group and mode."""
    return all(_may_pass(part.stat(), account) for part in (path, *path.parents))


def _may_pass(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _account_for(data_dir: Path) -> Account | None:
    """None for an ordinary user; under root the owner of the data folder, else 'forestay', else 'nobody'."""
    if os.geteuid() != 0:
        return None
    owner = _account_of_owner(data_dir)
    if owner is not None:
        return owner
    for name in _PREFERRED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise HomeUnusable(
        "PostgreSQL may not run as root and there is no user 'forestay' or 'nobody' to run it as: "
        "run Forestay as an ordinary user, or add a user named 'forestay'"
    )


def _account_of_owner(folder: Path) -> Account | None:
    """The owner of a folder when we are root and it is somebody else whom the machine knows."""
    if os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == 0:
        return None
    try:
        entry = pwd.getpwuid(folder.stat().st_uid)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _folder_for(data_dir: Path, account: Account | None) -> Path:
    if account is None or can_enter(data_dir, account):
        return data_dir / _INSIDE
    _ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
    return _ELSEWHERE / hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]


def _refuse_foreign(folder: Path, account: Account | None) -> None:
    if account is None and folder.stat().st_uid != os.geteuid():
        raise HomeUnusable(
            f"the database in {folder} belongs to another user of this machine (number {folder.stat().st_uid}): "
            "run Forestay as that user or as root, or name another data folder"
        )


def _refuse_copy(data_dir: Path, places: dict[str, str]) -> None:
    first = Path(places["of"])
    if _record(first).exists():
        raise HomeUnusable(
            f"{data_dir} is a copy of {first}, whose database lies in {places['home']} and serves that one: "
            "make a copy with `forestay backup` and `forestay restore`"
        )


def _sockets_for(home: Home) -> Path:
    """The recorded folder if it is still there and ours, else one in the home, else a short one elsewhere."""
    wanted = home.sockets
    if wanted.parent != home.folder and wanted.is_dir() and not wanted.is_symlink() and _owned(wanted, home.account):
        return wanted
    inside = home.folder / "sockets"
    if _fits(inside):
        inside.mkdir(mode=0o700, exist_ok=True)
        home.grant(inside)
        return inside
    outside = _short_folder(home.account)
    home.grant(outside)
    return outside


def _short_folder(account: Account | None) -> Path:
    for root in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - mkdtemp makes a private folder there
        if root.is_dir() and _fits(root / "forestay-12345678") and (account is None or can_enter(root, account)):
            return Path(tempfile.mkdtemp(prefix="forestay-", dir=root))
    raise HomeUnusable("there is no folder with a path short enough for PostgreSQL's socket: set TMPDIR to a short one")


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH


def _owned(folder: Path, account: Account | None) -> bool:
    return folder.stat().st_uid == (os.geteuid() if account is None else account.uid)


def _record(data_dir: Path) -> Path:
    return data_dir / "postgres.json"


def _write_record(data_dir: Path, home: Home) -> None:
    path = _record(data_dir)
    half = path.with_suffix(".half")
    half.write_text(json.dumps({"home": str(home.folder), "sockets": str(home.sockets), "of": str(data_dir)}))
    half.rename(path)
