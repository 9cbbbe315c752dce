"""Secrets that the processes of one data folder share: made once, readable by their owner alone.

Gives: secret_in()
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_in(data_dir: Path, name: str) -> str:
    """The secret of that name in `secrets/`, made by whoever asks first (32 random bytes, URL-safe text)."""
    path = data_dir / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    """Two processes may ask at once: a hard link is made by exactly one of them, and whole."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(32))
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
