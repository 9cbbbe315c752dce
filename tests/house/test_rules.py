"""Rules said twice in review: each is a check, with the reason beside it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
VAGUE = {"utils", "helpers", "common", "misc", "manager", "data", "info", "process", "handle"}


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if path.stem in VAGUE] == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "raise NotImplementedError", "pickle.load", "datetime.utcnow"])
def test_words_that_mark_unfinished_or_unsafe_work_do_not_land(word: str) -> None:
    assert [path.name for path in SOURCES if word in path.read_text()] == []


def test_no_lock_or_source_names_a_registry_host() -> None:
    """A lock without addresses installs from whatever registry the machine is set up for."""
    hosts = re.compile(r"https?://[^\s\"']*(?:pypi|pythonhosted|npmjs|debian)\.", re.I)
    texts = [p for p in tracked() if p.suffix in {".py", ".toml", ".lock", ".json", ".txt", ".yaml", ".yml", ".sh"}]
    assert [p.name for p in texts if hosts.search(p.read_text(errors="ignore"))] == []


def test_every_module_says_what_it_is() -> None:
    silent = [p for p in SOURCES if p.name != "__init__.py" and not p.read_text().lstrip().startswith('"""')]
    assert silent == []


def test_no_test_is_skipped_because_something_is_missing() -> None:
    skips = re.compile(r"pytest\.skip|mark\.skip|importorskip|xfail\(")
    here = Path(__file__).name
    assert [p.name for p in (ROOT / "tests").rglob("test_*.py") if p.name != here and skips.search(p.read_text())] == []


def test_nobody_passes_by_the_door_that_brings_lightgbm_what_a_bare_machine_lacks() -> None:
    loads = re.compile(r"^\s*(import|from) lightgbm", re.M)
    assert [path.name for path in SOURCES if loads.search(path.read_text())] == []


def test_the_licence_is_apache() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
