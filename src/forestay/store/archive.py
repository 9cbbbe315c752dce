"""A backup's file: a tar whose last member is a manifest with the size and sha256 of every other one.

Gives : Manifest, TableRows, ArchiveWriter, check_archive(), members_of(), ArchiveDamaged
Source: the tar format, so that any tool can look inside; `.tar.gz` and `.tgz` are compressed.

An archive that was cut off has no manifest; one that was changed does not fit it. Both are refused before
anything is written.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from forestay.kit.errors import ForestayError

FORMAT = 1
_MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class ArchiveDamaged(ForestayError):
    """The backup cannot be used: take another copy of it."""

    code = "backup_damaged"
    http_status = 422

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"the backup {path} {what}; nothing was restored, take another copy of it")


class Sum(msgspec.Struct, frozen=True):
    """What a member must be. bytes: its size; sha256: in hex."""

    bytes: int
    sha256: str


class TableRows(msgspec.Struct, frozen=True):
    """A table in the backup, parents before children. last_number: of its own numbers, None when it gives none."""

    table: str
    columns: list[str]
    last_number: int | None


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. positions: log position of the store by shard; left_out: what it does not hold."""

    version: str
    schema: str
    made_at: str
    positions: dict[str, int]
    tables: list[TableRows]
    left_out: list[str]
    files: dict[str, Sum] = {}
    format: int = FORMAT


class ArchiveWriter:
    """Writes beside the target and puts it in its place when it is whole and on disk; readable by its owner only."""

    def __init__(self, target: Path) -> None:
        self._target, self._half = target, target.with_name(f"{target.name}.half")
        descriptor = os.open(self._half, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        if target.suffix in {".gz", ".tgz"}:
            self._tar = tarfile.open(fileobj=self._file, mode="w:gz", compresslevel=1)  # noqa: SIM115 - closed by finish()
        else:
            self._tar = tarfile.open(fileobj=self._file, mode="w")  # noqa: SIM115
        self._sums: dict[str, Sum] = {}

    def add(self, name: str, file: IO[bytes]) -> None:
        """Add an open file as it is now; what is appended to it meanwhile stays out."""
        size = os.fstat(file.fileno()).st_size
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        reader = _Hashing(file)
        self._tar.addfile(head, reader)
        self._sums[name] = Sum(size, reader.hash.hexdigest())

    def finish(self, manifest: Manifest) -> Manifest:
        """Add the manifest, sync, and give the archive its name."""
        whole = msgspec.structs.replace(manifest, files=self._sums)
        text = msgspec.json.format(msgspec.json.encode(whole))
        head = tarfile.TarInfo(_MANIFEST)
        head.size, head.mode = len(text), 0o600
        self._tar.addfile(head, io.BytesIO(text))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._half.replace(self._target)
        return whole

    def abandon(self) -> None:
        """Remove what was written so far."""
        self._file.close()
        self._half.unlink(missing_ok=True)


def check_archive(path: Path) -> Manifest:
    """Read all of it and compare with its manifest; ArchiveDamaged names what is wrong."""
    found: dict[str, Sum] = {}
    text = b""
    with _damage_named(path):
        for name, file in members_of(path):
            if name == _MANIFEST:
                text = file.read()
            else:
                found[name] = _sum_of(file)
    manifest = _manifest(path, text)
    wrong = sorted(name for name in manifest.files.keys() | found.keys() if manifest.files.get(name) != found.get(name))
    if wrong:
        raise ArchiveDamaged(path, f"is damaged: {wrong[0]} is not what was written")
    return manifest


def members_of(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of every member in order; names that would leave the folder are refused."""
    with _damage_named(path), tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member)
            parts = PurePosixPath(member.name).parts
            if file is None or ".." in parts or member.name.startswith("/"):
                raise ArchiveDamaged(path, f"holds something that no backup holds: {member.name}")
            yield member.name, file


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ArchiveDamaged(path, f"cannot be read to its end ({error})") from error


def _sum_of(file: IO[bytes]) -> Sum:
    reader = _Hashing(file)
    size = sum(len(part) for part in iter(lambda: reader.read(_CHUNK), b""))
    return Sum(size, reader.hash.hexdigest())


def _manifest(path: Path, text: bytes) -> Manifest:
    if not text:
        raise ArchiveDamaged(path, "has no manifest at its end: it is incomplete, or it is no backup")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ArchiveDamaged(path, f"has a manifest that cannot be read ({error})") from error
    if manifest.format != FORMAT:
        raise ArchiveDamaged(path, f"has format {manifest.format}, this Forestay reads {FORMAT}")
    return manifest


class _Hashing(io.RawIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        part = self._file.read(size)
        self.hash.update(part)
        return part
