"""What the guides and the code point to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"\bdocs/[\w/.-]*\.md\b")


def links() -> Iterator[tuple[str, str, Path]]:
    for page in PAGES:
        for target in LINK.findall(page.read_text()):
            if not re.match(r"[a-z]+:|#", target):
                yield page.name, target, page.parent / target.partition("#")[0]


def test_every_relative_link_of_a_guide_leads_somewhere() -> None:
    found = list(links())
    assert len(found) > 5
    assert [(page, target) for page, target, place in found if not place.exists()] == []


def test_every_guide_that_code_or_a_guide_names_exists() -> None:
    sources = [path for path in (ROOT / "src").rglob("*") if path.suffix in {".py", ".md", ".sql", ".yaml"}]
    named = {(path.name, name) for path in (*PAGES, *sources) for name in NAMED.findall(path.read_text())}
    assert len(named) > 3
    assert sorted((where, name) for where, name in named if not (ROOT / name).is_file()) == []
