"""The workspace's own sources: types agree with the API, logic with its tests."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from hatch_build import WEB, npm

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tools() -> None:
    """What only development needs, beside what a build needs."""
    if not (WEB / "node_modules" / "vitest").exists():
        _npm("ci", "--no-audit", "--no-fund", "--no-progress")


def _npm(*arguments: str) -> str:
    command, environment = npm()
    done = subprocess.run([*command, *arguments], cwd=WEB, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_types_are_those_of_the_api_as_it_is(tools: None, tmp_path: Path) -> None:
    made = tmp_path / "schema.d.ts"
    _npm("exec", "--", "openapi-typescript", str(ROOT / "docs" / "openapi.json"), "-o", str(made))
    assert made.read_text() == (WEB / "src" / "api" / "schema.d.ts").read_text(), "in web/: npm run types"


def test_the_sources_are_sound(tools: None) -> None:
    _npm("run", "check")


def test_the_logic_holds(tools: None) -> None:
    _npm("run", "test")


def test_every_package_of_the_lock_is_pinned_by_its_hash_and_names_no_address() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert [name for name, one in packages.items() if "integrity" not in one or "resolved" in one] == []


_BUILDERS = ("Journey", "Run")


_LISTS = ("Today", "Inbox", "Accounts", "Account", "Journeys", "Triggers", "Trigger", "Segments", "Segment", "Insights",
          "Health", "Models", "Messages", "Settings", "Audit", "Setup")  # fmt: skip


@pytest.mark.parametrize("page", [*_LISTS, *_BUILDERS])
def test_the_first_load_of_a_page_stays_small(page: str) -> None:
    """What the page and the frame import, with the page itself and its styles, packed: 190 kB, 250 kB for the builder."""
    dist = ROOT / "src" / "forestay" / "web_dist"
    assets = dist / "assets"
    entry = re.findall(r'(?:src|href)="/assets/([\w-]+\.js)"', (dist / "index.html").read_text())
    wanted, seen = [*entry, *(path.name for path in assets.glob(f"{page}-*.js"))], set[str]()
    assert len(wanted) > len(entry)
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            wanted += re.findall(r"(?:from|import)\s*[\"`']\./([\w-]+\.js)[\"`']", (assets / name).read_text())
    packed = sum((assets / f"{name}.gz").stat().st_size for name in seen)
    drawing = assets.glob("Canvas-*.css.gz") if page in _BUILDERS else ()
    packed += sum(path.stat().st_size for path in (dist / "index.html.gz", *drawing))
    assert 60_000 < packed <= (250_000 if page in _BUILDERS else 190_000)
