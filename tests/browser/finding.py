"""Finds a Chromium for the browser tests, and says how to get one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MISSING = (
    "the browser tests need Chromium. As root: apt-get install -y chromium; or: .venv/bin/playwright install chromium"
)


def find_browser() -> str | None:
    """$BROWSER_BIN, then PATH; None where Playwright has one of its own; else installed by apt-get, where we are root."""
    if given := os.environ.get("BROWSER_BIN"):
        return given
    if found := _on_path():
        return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    if any(cache.glob("chromium*-*/")):
        return None
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", "chromium")
        if found := _on_path():
            return found
    raise RuntimeError(MISSING)


def _on_path() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", "-q", *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{MISSING}\n{done.stderr[-600:]}")
