"""Documents whose conditions, or parts of them, are written as words: spelled out before anything reads them.

Gives: spelled_out(), condition_spelled_out()
Places: `condition`, `until`, `applies_to`, and `when` of each of `exceptions`. Stored is always the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forestay.conditions.document import measure_document, write_condition
from forestay.conditions.parse import parse

_PLACES = ("condition", "until", "applies_to")


def spelled_out(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with each text that stands for a condition replaced by the condition's document.

    Raises BadCondition with the character of the fault.

    >>> spelled_out({"key": "low", "condition": "health.score < 60"})["condition"]
    {'column': 'health.score', 'is': 'below', 'value': 60.0}
    """
    measure_document(document, "document")
    made = {key: condition_spelled_out(part) if key in _PLACES else part for key, part in document.items()}
    rules = made.get("exceptions")
    if isinstance(rules, list | tuple):
        made["exceptions"] = [_rule(rule) for rule in rules]
    return made


def _rule(rule: Any) -> Any:
    return {**rule, "when": condition_spelled_out(rule["when"])} if isinstance(rule, dict) and "when" in rule else rule


def condition_spelled_out(part: Any) -> Any:
    """One condition with its texts replaced; what is neither text nor made of parts stays for the document's own
    reader to judge. Raises BadCondition with the character of the fault."""
    if isinstance(part, str):
        return write_condition(parse(part))
    if not isinstance(part, dict):
        return part
    return {key: _inner(key, inner) for key, inner in part.items()}


def _inner(key: str, inner: Any) -> Any:
    if key in ("all", "any") and isinstance(inner, list | tuple):
        return [condition_spelled_out(one) for one in inner]
    return condition_spelled_out(inner) if key == "not" else inner
