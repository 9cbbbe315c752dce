"""'One of these' as one array: the statement's text stays the same however many there are.

Gives : within()
Source: with a place for each value a statement of another length is parsed and prepared anew; one array never is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, literal


def within(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """column = ANY(values); nothing of it is true for no values."""
    return column == any_(literal(list(values), ARRAY(column.type)))
