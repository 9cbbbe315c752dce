"""The filters a sandboxed template may use: each one's cost is bounded before it runs.

Gives : FILTERS (name -> callable), TooMuch, SIZE_LIMIT
Source: the standard Liquid filters of python-liquid without those that reach beyond the text (`safe` would
        turn escaping off, `strip_html` is quadratic on hostile input), each wrapped in a measure of what
        goes in and what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from decimal import Decimal
from functools import wraps
from typing import Any

from liquid import Environment

from forestay.kit.money import amount_text

SIZE_LIMIT = 65_536
"""Characters of one text that a filter takes or gives."""
ITEM_LIMIT = 1_000
"""Elements of one list that a filter takes or gives."""
NUMBER_BITS = 256
_REPEATING = frozenset(("replace", "join"))
"""Filters whose output can be the product of their inputs."""
_WANTED = [
    "abs",
    "at_most",
    "at_least",
    "ceil",
    "divided_by",
    "floor",
    "minus",
    "plus",
    "round",
    "times",
    "modulo",
    "capitalize",
    "append",
    "downcase",
    "escape",
    "escape_once",
    "lstrip",
    "newline_to_br",
    "prepend",
    "remove",
    "remove_first",
    "remove_last",
    "replace",
    "replace_first",
    "replace_last",
    "slice",
    "split",
    "upcase",
    "strip",
    "rstrip",
    "strip_newlines",
    "truncate",
    "truncatewords",
    "url_encode",
    "find",
    "find_index",
    "join",
    "first",
    "has",
    "last",
    "concat",
    "map",
    "reject",
    "reverse",
    "sort",
    "sort_natural",
    "sum",
    "where",
    "uniq",
    "compact",
    "size",
    "default",
    "date",
    "squish",
]


class TooMuch(Exception):
    """A template asked for more than the sandbox gives; templates.render turns it into TemplateRefused."""


def money(value: object, currency: str = "USD") -> str:
    """`{{ account.arr | money: account.currency }}`: whole amount with sign and thousands; empty stays empty."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return amount_text(Decimal(str(value)), str(currency), whole=True)


def _bounded(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """The filter behind a door that weighs what goes in and out; keeps the library's marks on the function."""

    @wraps(original)
    def weighed(*values: Any, **settings: Any) -> Any:
        for value in values:
            _weigh(name, value)
        if name in _REPEATING and _size(values[0]) * max(map(_size, values[1:]), default=0) > 16 * SIZE_LIMIT:
            raise TooMuch(f"'{name}' would make a text that is too long")
        result = original(*values, **settings)
        _weigh(name, result)
        return result

    return weighed


def _weigh(name: str, value: object) -> None:
    limit = SIZE_LIMIT if isinstance(value, str) else ITEM_LIMIT
    if isinstance(value, Sized) and len(value) > limit:
        raise TooMuch(f"'{name}' got or gave more than {limit:,} {'characters' if limit == SIZE_LIMIT else 'items'}")
    if isinstance(value, int) and value.bit_length() > NUMBER_BITS:
        raise TooMuch(f"'{name}' computes with too large numbers")


def _size(value: object) -> int:
    if isinstance(value, list | tuple):
        return sum(_size(item) for item in value) + len(value)
    return len(value) if isinstance(value, Sized) else 16


def _standard() -> dict[str, Callable[..., Any]]:
    shipped = Environment().filters
    return {name: _bounded(name, shipped[name]) for name in _WANTED}


FILTERS: dict[str, Callable[..., Any]] = {**_standard(), "money": money}
