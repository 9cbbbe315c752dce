"""A measure's definition as a hash: a model knows by it whether a measure still means what it meant in training.

Gives: definition_hash(), definition_hashes()
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from forestay.measures.definition import DOCUMENT, Definition


def definition_hash(definition: Definition) -> str:
    """The first 16 digits of the SHA-256 of what the measure computes; its words do not count."""
    body = DOCUMENT.dump_python(definition, mode="json")
    meaning = {key: value for key, value in body.items() if key not in ("label", "description")}
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def definition_hashes(definitions: Iterable[Definition], names: Iterable[str]) -> dict[str, str]:
    """By measure, of those that a model's columns name ('measure.<key>')."""
    wanted = {name.removeprefix("measure.") for name in names if name.startswith("measure.")}
    return {one.key: definition_hash(one) for one in definitions if one.key in wanted}
