"""Modules tell one story and functions fit the eye; what does not yet is listed, and the list only shrinks."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RATCHET = json.loads((Path(__file__).parent / "ratchet.json").read_text())
LONGEST_MODULE, LONGEST_FUNCTION = 400, 50


def modules() -> Iterator[Path]:
    yield from sorted((ROOT / "src").rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def long_functions(path: Path) -> dict[str, int]:
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1 for node in ast.walk(tree) if isinstance(node, kinds)
    }
    return {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}


def generated(path: Path) -> bool:
    return "migrations/versions" in relative(path)


HAND_WRITTEN = [path for path in modules() if not generated(path)]


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=relative)
def test_a_module_tells_one_story(path: Path) -> None:
    limit = RATCHET["modules"].get(relative(path), LONGEST_MODULE)
    assert len(path.read_text().splitlines()) <= limit


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=relative)
def test_a_function_fits_the_eye(path: Path) -> None:
    allowed = RATCHET["functions"].get(relative(path), {})
    assert {name: size for name, size in long_functions(path).items() if size > allowed.get(name, 0)} == {}


def test_the_ratchet_names_only_what_is_still_too_long() -> None:
    too_long = {relative(p) for p in HAND_WRITTEN if len(p.read_text().splitlines()) > LONGEST_MODULE}
    assert set(RATCHET["modules"]) <= too_long
    named = {(path, name) for path, names in RATCHET["functions"].items() for name in names}
    assert named <= {(relative(p), name) for p in HAND_WRITTEN for name in long_functions(p)}
