"""A whole Forestay in one file, taken while it runs, and back again.

Gives : back_up(), restore(), RestoreRefused
Reads : the database, and of the data folder: snapshot, lake, log, uploads, secrets, and the files beside them
Source: DESIGN section 4, three positions. The parts are copied in an order in which what comes later covers what
        came before: the snapshot, then the store in one consistent view, the lake, and the log last. After a
        restore the worker does what it does after a crash: it reads the log from those positions on.

The archive holds secrets and personal data; it is readable by its owner only.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from forestay.kit import clock
from forestay.kit.errors import Conflict, ForestayError
from forestay.kit.settings import Settings
from forestay.store.archive import ArchiveWriter, Manifest, check_archive, members_of
from forestay.store.dsn import dsns_of
from forestay.store.dump import Dumped, dump, load
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.postgres_home import make_data_folder
from forestay.store.restored import Restored, settle_restored
from forestay.store.roles import DatabaseRole
from forestay.store.schema import HEAD, SchemaTooNew, current, upgrade

_TABLE, _FOLDER, _FILE = "tables/", "folders/", "files/"
_STEADY_TRIES = 20
_NOT_OURS_TO_KEEP = {"postgres.json"}


class BackupFailed(ForestayError):
    """The backup could not be taken; no file was left."""

    code = "backup_failed"
    http_status = 503
    retryable = True


class RestoreRefused(Conflict):
    """There is something where the backup should go: name an empty data folder and an empty database."""

    code = "restore_refused"

    def __init__(self, place: object) -> None:
        super().__init__(f"{place} is not empty; restore into a new data folder (--data) and an empty database")


def back_up(settings: Settings, target: Path) -> Manifest:
    """Write everything to `target` (.tar, .tar.gz), whether Forestay runs or not; an older file is replaced at the end."""
    with _database(settings) as owner_dsn:
        if current(owner_dsn) != HEAD:
            raise BackupFailed("the database has another schema version than this Forestay: run `forestay up` once")
        writer = ArchiveWriter(target)
        try:
            _add_steady(writer, settings.data_dir / "snapshot")
            dumped = dump(owner_dsn, target.parent, lambda table, rows: writer.add(f"{_TABLE}{table}", rows))
            left_out = _add_files(writer, settings)
            return writer.finish(_manifest(dumped, left_out))
        except BaseException:
            writer.abandon()
            raise


def restore(settings: Settings, source: Path) -> tuple[Manifest, Restored]:
    """Check the archive whole, then make a new data folder and database of it; nothing is left of a failed try. Gives
    besides what was held back, since it may have happened after the backup was taken."""
    _refuse_used(settings)
    manifest = check_archive(source)
    if manifest.schema > HEAD:
        raise SchemaTooNew(manifest.schema)
    make_data_folder(settings.data_dir)
    try:
        with tempfile.TemporaryDirectory(dir=settings.data_dir) as spool:
            _extract(settings, source, Path(spool))
            with _database(settings) as owner_dsn:
                if current(owner_dsn) is not None:
                    raise RestoreRefused("the database")
                upgrade(owner_dsn, to=manifest.schema)
                load(owner_dsn, manifest.tables, lambda table: (Path(spool) / table).open("rb"))
                upgrade(owner_dsn)
                held_back = settle_restored(owner_dsn, clock.now())
    except BaseException:
        _clear(settings)
        raise
    return manifest, held_back


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The owner's DSN of a running database: the embedded one is started for the time being when it is not running."""
    embedded = EmbeddedPostgres(settings.data_dir)
    if settings.database_url is not None or embedded.is_running():
        yield dsns_of(settings)[DatabaseRole.OWNER]
        return
    embedded.start()
    try:
        yield embedded.dsn(DatabaseRole.OWNER)
    finally:
        embedded.stop()


def _folders(settings: Settings) -> dict[str, Path]:
    """The folders of a backup by name, in the order in which they are copied after the database."""
    lake = {} if "://" in settings.lake_root else {"lake": Path(settings.lake_root)}
    beside = {name: settings.data_dir / name for name in ("uploads", "secrets")}
    return {**lake, "log": settings.log_dir, **beside}


def _add_files(writer: ArchiveWriter, settings: Settings) -> list[str]:
    for name, folder in _folders(settings).items():
        for path in _files_in(name, folder):
            _add_one(writer, f"{_FOLDER}{name}/{path.relative_to(folder).as_posix()}", path, may_vanish=name != "lake")
    for path in sorted(settings.data_dir.glob("*.json")):
        if path.name not in _NOT_OURS_TO_KEEP:
            _add_one(writer, f"{_FILE}{path.name}", path, may_vanish=True)
    return [f"lake: {settings.lake_root}"] if "lake" not in _folders(settings) else []


def _files_in(name: str, folder: Path) -> list[Path]:
    """Segments only of the log, oldest first; of the lake the Delta logs before the data that they name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    if name == "log":
        return [path for path in files if path.suffix == ".seg"]
    return sorted(files, key=lambda path: "_delta_log" not in path.parts)


def _add_one(writer: ArchiveWriter, name: str, path: Path, *, may_vanish: bool) -> None:
    """A log segment past its retention or a finished upload may go while we copy; a file of the lake may not."""
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        if may_vanish:
            return
        raise BackupFailed(f"{path} was removed while the lake was copied; try again") from error
    with file:
        writer.add(name, file)


def _add_steady(writer: ArchiveWriter, folder: Path) -> None:
    """All files of one moment: opened together, again when one was replaced meanwhile; an open file stays whole."""
    for _ in range(_STEADY_TRIES):
        with contextlib.ExitStack() as stack:
            before = _listing(folder)
            try:
                files = {name: stack.enter_context((folder / name).open("rb")) for name in before}
            except FileNotFoundError:
                continue
            if _listing(folder) == before:
                for name, file in files.items():
                    writer.add(f"{_FOLDER}snapshot/{name}", file)
                return
    raise BackupFailed(f"{folder} changes all the time; try again")


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    with contextlib.suppress(FileNotFoundError):
        return {path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}
    return {}


def _manifest(dumped: Dumped, left_out: list[str]) -> Manifest:
    made_at = clock.now().isoformat()
    return Manifest(version("forestay"), HEAD, made_at, dumped.positions, dumped.tables, left_out)


def _refuse_used(settings: Settings) -> None:
    for place in (settings.data_dir, *_folders(settings).values()):
        if place.exists() and any(place.iterdir()):
            raise RestoreRefused(place)


def _extract(settings: Settings, source: Path, spool: Path) -> None:
    folders = {**_folders(settings), "snapshot": settings.data_dir / "snapshot"}
    for name, file in members_of(source):
        target = _target(name, folders, settings.data_dir, spool)
        if target is not None:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("xb") as made:
                target.chmod(0o600)
                shutil.copyfileobj(file, made, 1 << 20)


def _target(name: str, folders: dict[str, Path], data_dir: Path, spool: Path) -> Path | None:
    if name.startswith(_TABLE):
        return spool / name.removeprefix(_TABLE)
    if name.startswith(_FILE):
        return data_dir / name.removeprefix(_FILE)
    folder, _, rest = name.removeprefix(_FOLDER).partition("/")
    return folders[folder] / rest if folder in folders and name.startswith(_FOLDER) else None


def _clear(settings: Settings) -> None:
    """Everything here is ours: the places were empty when we began."""
    embedded = EmbeddedPostgres(settings.data_dir)
    with contextlib.suppress(ForestayError):
        shutil.rmtree(embedded.home.folder, ignore_errors=True)
    for place in (settings.data_dir, *_folders(settings).values()):
        for path in place.iterdir() if place.exists() else ():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
